// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// A user or group as it was asked for: a number, or a name that the container's own files explain.
public enum Identity: Equatable, Sendable {
  /// 0 … 4294967294.
  case id(UInt32)
  case name(String)

  /// Parses a name or a number. Digits are a number and never looked up as a name: a line `0:x:1000:…` in an
  /// image's `/etc/passwd` must not turn user 0 into another. 4294967295 is refused, because setuid(2) and chown(2)
  /// take it for "leave as it is".
  ///
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  static func parse(_ text: String) throws(EngineError) -> Identity {
    if text.isEmpty { throw EngineError("a name or number is missing") }
    if text.utf8.allSatisfy(Byte.isDigit) {
      guard let id = UInt32(text), id != .max else {
        throw EngineError("\(text) is out of range: ids go from 0 to 4294967294")
      }
      return .id(id)
    }
    guard text.utf8.first != Byte.dash, !text.hasControlCharacter, !text.utf8.contains(Byte.space) else {
      throw EngineError("\(text.quoted) is neither a number nor a name")
    }
    return .name(text)
  }
}

/// The value of `--user`: `USER[:GROUP]`.
public struct UserRequest: Equatable, Sendable {
  public var user: Identity
  /// nil: the user's own group.
  public var group: Identity?

  /// Parses `USER`, `USER:GROUP` or `:GROUP` (user 0).
  ///
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  public static func parse(_ text: String) throws(EngineError) -> UserRequest {
    let (user, group) = text.cut(at: Byte.colon)
    if user.isEmpty, group?.isEmpty ?? true { throw EngineError("expected USER[:GROUP]") }
    return UserRequest(
      user: user.isEmpty ? .id(0) : try Identity.parse(user),
      group: try group.map { (group) throws(EngineError) in try Identity.parse(group) })
  }
}
