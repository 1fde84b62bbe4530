// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Annotations of a configuration that change what the runtime does (`config.md`, "Annotations").
///
/// The rest of `annotations` is kept and shown, and means nothing here. `features` lists these as
/// `potentiallyUnsafeConfigAnnotations`: who writes a configuration from somebody else's words must look at them.
public enum RuntimeAnnotation: String, CaseIterable, Sendable {
  /// The signal of `kill` when the command line names none (image-spec, "annotations").
  case stopSignal = "org.opencontainers.image.stopSignal"
}

extension Array where Element == KeyValue {
  /// The value of an annotation that the runtime knows.
  public func value(of annotation: RuntimeAnnotation) -> String? { value(forKey: annotation.rawValue) }
}
