// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A SHA-256 digest: the name under which a tree is stored.
///
/// The value is 32 bytes and nothing else, so that a digest can become a directory name without further checks.
public struct RootFSDigest: Sendable, Hashable, CustomStringConvertible {
  /// The 32 bytes of the digest.
  public let bytes: [UInt8]

  /// Parses 64 lower-case hexadecimal digits, with or without a leading `sha256:`.
  ///
  /// - Returns: nil for every other text: other lengths, upper case, other algorithms, path separators.
  public init?(_ text: String) {
    var digits = Array(text.utf8)
    let prefix = Array("sha256:".utf8)
    if digits.starts(with: prefix) { digits.removeFirst(prefix.count) }
    guard digits.count == 64 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for index in stride(from: 0, to: 64, by: 2) {
      guard let high = Self.value(digits[index]), let low = Self.value(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    self.bytes = bytes
  }

  /// The digest that a hash function hands over, 32 bytes.
  init(bytes: [UInt8]) {
    precondition(bytes.count == 32)
    self.bytes = bytes
  }

  /// The digest of `data`.
  init(hashing data: [UInt8]) {
    var hash = SHA256()
    data.withUnsafeBytes { hash.update($0) }
    self = hash.digest()
  }

  /// The 64 hexadecimal digits, in lower case.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  public var description: String { "sha256:" + hex }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
