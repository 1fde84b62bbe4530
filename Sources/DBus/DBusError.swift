// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Linux

/// Why a conversation over D-Bus failed.
public enum DBusError: Error, Equatable, Sendable {
  /// A system call on the socket.
  case transport(SyscallError)
  /// The other side does not accept who we are; what it offered instead.
  case refusedIdentity(String)
  /// An answer that the protocol does not allow, or a value that it cannot carry.
  case malformed(String)
  /// The peer answered a call with an error: its name, such as `org.freedesktop.systemd1.NoSuchUnit`, and its words.
  case answered(name: String, message: String)
  /// Nobody answered in time.
  case timedOut(String)
  /// The peer closed the connection.
  case closed
}

extension DBusError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .transport(let error): "\(error)"
    case .refusedIdentity(let offer): "D-Bus: the peer does not accept our user id (it offers: \(offer))"
    case .malformed(let what): "D-Bus: \(what)"
    case .answered(let name, let message): message.isEmpty ? name : "\(message) (\(name))"
    case .timedOut(let what): "D-Bus: \(what) was not answered in time"
    case .closed: "D-Bus: the peer closed the connection"
    }
  }
}
