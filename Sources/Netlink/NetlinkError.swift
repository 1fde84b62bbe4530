// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Linux

/// A request that the kernel refused, or an answer that makes no sense.
public struct NetlinkError: Error, Equatable, Sendable {
  /// The message's name in the kernel's headers, such as `RTM_NEWLINK`, or a system call's.
  public var request: String
  public var errno: Errno
  /// The kernel's own words (`NLMSGERR_ATTR_MSG`); empty when it gave none.
  public var reason: String
  /// What the request was about, such as an interface's name; may be empty.
  public var object: String

  public init(_ request: String, _ errno: Errno, reason: String = "", object: String = "") {
    self.request = request
    self.errno = errno
    self.reason = reason
    self.object = object
  }

  init(_ error: SyscallError) {
    self.init(error.call, error.errno, object: error.detail)
  }

  /// An answer that is shorter than it says, or that lacks what it must have.
  static func malformed(_ request: String, _ problem: String) -> NetlinkError {
    NetlinkError(request, .badMessage, reason: problem)
  }
}

extension NetlinkError: CustomStringConvertible {
  /// "RTM_NEWLINK eth0: file exists (the kernel's words)".
  public var description: String {
    var text = object.isEmpty ? request : "\(request) \(object)"
    text += ": \(errno)"
    if !reason.isEmpty { text += " (\(reason))" }
    return text
  }
}
