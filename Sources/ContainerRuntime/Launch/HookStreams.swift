// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
internal import OCI

/// Files that get what hooks print, where annotations name some.
final class HookStreams {
  private let output: OwnedDescriptor?
  private let errors: OwnedDescriptor?

  init(_ annotations: [KeyValue]) throws(StepFailure) {
    output = try HookStreams.open(.hookOutput, annotations)
    errors = try HookStreams.open(.hookErrors, annotations)
  }

  /// What stays open for hooks that are yet to run.
  var descriptors: [FD] { [output, errors].compactMap { $0?.fd } }

  /// - Returns: nil without the annotation.
  private static func open(
    _ annotation: RuntimeAnnotation, _ annotations: [KeyValue]
  ) throws(StepFailure) -> OwnedDescriptor? {
    guard let path = annotations.value(of: annotation) else { return nil }
    return try step("output of hooks (config.json: /annotations/\(annotation.rawValue))") {
      () throws(SyscallError) in
      // path: a file on the host, named by the caller's annotation
      OwnedDescriptor(
        try openat(
          .workingDirectory, path, [.writeOnly, .create, .append, .noControllingTerminal], mode: 0o600))
    }
  }

  /// Takes them as standard streams; `other` where there is none.
  func take(instead other: FD) throws(SyscallError) {
    try dup3(output?.fd ?? other, onto: 1)
    try dup3(errors?.fd ?? other, onto: 2)
  }
}
