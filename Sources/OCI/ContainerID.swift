// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A container's name: 1 to 1024 letters, digits and `_`, `+`, `-`, `.`, but not `.` and `..`.
///
/// It becomes a directory's name, part of cgroup and socket paths, and an argument of programs, so it is checked once,
/// where it enters, and carried as a type.
public struct ContainerID: Hashable, Sendable, CustomStringConvertible {
  /// Most bytes of an id.
  public static let maximumLength = 1024

  public let text: String

  /// - Throws: An error that starts with runc's phrase, for which callers search.
  public init(_ text: String) throws(SpecError) {
    let bytes = text.utf8
    let isValid =
      !bytes.isEmpty && bytes.count <= Self.maximumLength && text != "." && text != ".."
      && bytes.allSatisfy(Self.isAllowed)
    guard isValid else {
      throw SpecError(pointer: "", problem: "invalid container ID format: \(Self.problem(of: text))")
    }
    self.text = text
  }

  public var description: String { text }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "."):
      true
    default:
      false
    }
  }

  private static func problem(of text: String) -> String {
    if text.isEmpty { return "it is empty" }
    let length = text.utf8.count
    if length > maximumLength { return "it has \(length) bytes, the limit is \(maximumLength)" }
    return "\(quoted(text)) is not made of letters, digits and _+-. (nor . or .. alone)"
  }
}
