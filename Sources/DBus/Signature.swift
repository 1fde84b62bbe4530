// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A walk over the one-letter codes of a type (D-Bus specification, "Valid Signatures").
struct Signature {
  private let bytes: [UInt8]
  private var position = 0

  /// What the specification allows: 32 arrays and 32 structures inside one another.
  static let deepest = 32
  static let longest = 255

  init(_ text: String) { bytes = Array(text.utf8) }

  var isAtEnd: Bool { position == bytes.count }

  /// The next complete type; nil for text that is none.
  mutating func next() -> String? {
    let start = position
    guard skip(arrays: 0, structures: 0, inArray: false) else { return nil }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// The complete types in a signature; nil where it is not one.
  static func types(_ text: String) -> [String]? {
    if text.utf8.count > longest { return nil }
    var walk = Signature(text)
    var result: [String] = []
    while !walk.isAtEnd {
      guard let type = walk.next() else { return nil }
      result.append(type)
    }
    return result
  }

  /// How values of a type are aligned, in bytes; 1 for what is none.
  static func alignment(_ type: String) -> Int {
    switch type.utf8.first {
    case UInt8(ascii: "n"), UInt8(ascii: "q"): 2
    case UInt8(ascii: "b"), UInt8(ascii: "i"), UInt8(ascii: "u"), UInt8(ascii: "h"), UInt8(ascii: "s"),
      UInt8(ascii: "o"), UInt8(ascii: "a"):
      4
    case UInt8(ascii: "x"), UInt8(ascii: "t"), UInt8(ascii: "d"), UInt8(ascii: "("), UInt8(ascii: "{"): 8
    default: 1
    }
  }

  private mutating func skip(arrays: Int, structures: Int, inArray: Bool) -> Bool {
    guard position < bytes.count else { return false }
    let code = bytes[position]
    position += 1
    switch code {
    case UInt8(ascii: "a"):
      return arrays < Self.deepest && skip(arrays: arrays + 1, structures: structures, inArray: true)
    case UInt8(ascii: "("):
      guard structures < Self.deepest else { return false }
      var count = 0
      while position < bytes.count, bytes[position] != UInt8(ascii: ")") {
        guard skip(arrays: arrays, structures: structures + 1, inArray: false) else { return false }
        count += 1
      }
      return close(UInt8(ascii: ")")) && count > 0
    case UInt8(ascii: "{"):
      guard inArray, structures < Self.deepest, position < bytes.count else { return false }
      guard Self.isBasic(bytes[position]) else { return false }
      position += 1
      return skip(arrays: arrays, structures: structures + 1, inArray: false) && close(UInt8(ascii: "}"))
    default:
      return code == UInt8(ascii: "v") || Self.isBasic(code)
    }
  }

  private mutating func close(_ code: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == code else { return false }
    position += 1
    return true
  }

  static func isBasic(_ code: UInt8) -> Bool { "ybnqiuxtdsogh".utf8.contains(code) }
}
