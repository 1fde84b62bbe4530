// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import JSON
public import Linux

/// Why a cgroup could not be planned, made, changed or removed.
public struct CgroupError: Error, Equatable, Sendable {
  public enum Reason: Sendable {
    /// A value that no kernel accepts, or that contradicts another.
    case invalidValue
    /// The field has no counterpart on this version of cgroups or on this kernel.
    case unsupported
    /// The controller that the field needs is not there.
    case controllerAbsent
    /// A cgroup path that cannot be used.
    case invalidPath
    /// The cgroup of the container exists and has processes.
    case notEmpty
    /// The cgroup of the container exists and is frozen, or lies in a frozen one.
    case frozen
    /// A state was not reached in time.
    case timedOut
    /// The kernel refused a call; ``CgroupError/errno`` says why.
    case refused
  }

  public var reason: Reason
  /// The JSON pointer of the configuration's field at fault, such as `/linux/resources/memory/limit`; may be empty.
  public var field: String
  /// What happened, to which file or path, and the remedy where one is known.
  public var message: String
  /// What the kernel answered.
  public var errno: Errno?
  /// What could not be undone after the failure; empty when nothing was left behind.
  public var cleanUpFailures: [String] = []

  public init(_ reason: Reason, field: String = "", _ message: String, errno: Errno? = nil) {
    self.reason = reason
    self.field = field
    self.message = message
    self.errno = errno
  }

  /// A failed call on a file or directory of a cgroup.
  static func refused(
    _ what: String, _ error: SyscallError, field: String = "", remedy: String? = nil
  ) -> CgroupError {
    // An old kernel, or a filter that does not know the call: then the call is what the reader needs.
    let missing = error.errno == .noSystemCall ? "\(error.call)(2) is needed" : nil
    let hint = (remedy ?? missing).map { ": \($0)" } ?? ""
    return CgroupError(.refused, field: field, "\(what): \(error.errno)\(hint)", errno: error.errno)
  }
}

extension CgroupError: CustomStringConvertible {
  public var description: String {
    var text = field.isEmpty ? message : "\(field): \(message)"
    if !cleanUpFailures.isEmpty {
      text += " (left behind: \(cleanUpFailures.joined(separator: "; ")))"
    }
    // Paths and keys may come from anybody.
    return JSONWriter.printable(text)
  }
}
