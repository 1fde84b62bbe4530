// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The tokens whose inside has a grammar: texts and numbers.
extension JSONParser {
  /// Scans a text from after its opening to after its closing quotation mark, and says whether it has escapes.
  mutating func scanText(_ text: Span<UInt8>) throws(Failure) -> Bool {
    var isEscaped = false
    var offset = position
    while offset < text.count {
      offset = Self.plainEnd(text, from: offset)
      guard offset < text.count else { break }
      let byte = text[offset]
      if byte >= 0x80 {
        offset += try scalarLength(text, at: offset)
      } else if byte == UInt8(ascii: "\"") {
        position = offset + 1
        return isEscaped
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
        offset += try escapeLength(text, at: offset)
      } else if byte < 0x20 {
        throw failure("\(Self.name(of: text, at: offset)) inside a string must be escaped", at: offset)
      } else {
        offset += 1
      }
    }
    throw failure("the document ends inside a string", at: text.count)
  }

  /// Skips what is neither a quotation mark, a backslash, a control character nor beyond ASCII, eight bytes at a time:
  /// where the next one is, or one of the last seven bytes.
  private static func plainEnd(_ text: Span<UInt8>, from start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops = ones &* 0x80
    let bytes = text.bytes
    var offset = start
    while offset + 8 <= text.count {
      let word = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
      let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
      let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
      // A byte's top bit becomes set where the subtraction borrows: at zero, and below 0x20. A borrow may also mark bytes
      // after such a one, but only the first counts.
      let special = ((quotes &- ones) | (backslashes &- ones) | (word &- ones &* 0x20) | word) & tops
      if special != 0 { return offset + special.trailingZeroBitCount / 8 }
      offset += 8
    }
    return offset
  }

  /// The number of bytes of a well-formed non-ASCII sequence (Unicode 16, table 3-7).
  private func scalarLength(_ text: Span<UInt8>, at offset: Int) throws(Failure) -> Int {
    let lead = text[offset]
    let count: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0xC2...0xDF: count = 2
    case 0xE0...0xEF:
      count = 3
      if lead == 0xE0 { second = 0xA0...0xBF }
      if lead == 0xED { second = 0x80...0x9F }
    case 0xF0...0xF4:
      count = 4
      if lead == 0xF0 { second = 0x90...0xBF }
      if lead == 0xF4 { second = 0x80...0x8F }
    default: count = 0
    }
    var isValid = count > 0 && offset + count <= text.count && second.contains(text[offset + 1])
    var index = 2
    while isValid, index < count {
      isValid = text[offset + index] & 0xC0 == 0x80
      index += 1
    }
    guard isValid else { throw failure("\(Self.name(of: text, at: offset)) is not valid UTF-8", at: offset) }
    return count
  }

  private func escapeLength(_ text: Span<UInt8>, at offset: Int) throws(Failure) -> Int {
    guard offset + 1 < text.count else { throw failure("the document ends inside a string", at: text.count) }
    switch text[offset + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return 2
    case UInt8(ascii: "u"):
      break
    default:
      throw failure("unknown escape: a backslash and \(Self.name(of: text, at: offset + 1))", at: offset)
    }
    guard let unit = Self.hexUnit(text, at: offset + 2) else {
      throw failure("\\u must be followed by four hexadecimal digits", at: offset)
    }
    switch unit {
    case 0:
      throw failure("a string must not contain NUL", at: offset)
    case 0xD800...0xDBFF:
      let isPaired =
        offset + 7 < text.count && text[offset + 6] == UInt8(ascii: "\\")
        && text[offset + 7] == UInt8(ascii: "u")
      guard isPaired, let low = Self.hexUnit(text, at: offset + 8), 0xDC00...0xDFFF ~= low else {
        throw failure("half of a surrogate pair", at: offset)
      }
      return 12
    case 0xDC00...0xDFFF:
      throw failure("half of a surrogate pair", at: offset)
    default:
      return 6
    }
  }

  /// The value of four hexadecimal digits.
  static func hexUnit(_ text: Span<UInt8>, at offset: Int) -> UInt32? {
    guard offset + 4 <= text.count else { return nil }
    var value: UInt32 = 0
    for index in offset..<offset + 4 {
      let digit: UInt8
      switch text[index] {
      case let byte where UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte: digit = byte - UInt8(ascii: "0")
      case let byte where UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte: digit = byte - UInt8(ascii: "a") + 10
      case let byte where UInt8(ascii: "A")...UInt8(ascii: "F") ~= byte: digit = byte - UInt8(ascii: "A") + 10
      default: return nil
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  /// Scans a number, and says whether it has neither fraction nor exponent.
  mutating func scanNumber(_ text: Span<UInt8>) throws(Failure) -> Bool {
    if text[position] == UInt8(ascii: "-") { position += 1 }
    let integerStart = position
    try scanDigits(text)
    if text[integerStart] == UInt8(ascii: "0"), position > integerStart + 1 {
      throw failure("a number must not start with a zero", at: integerStart)
    }
    var isInteger = true
    if position < text.count, text[position] == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      try scanDigits(text)
    }
    if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      position += 1
      if position < text.count, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
        position += 1
      }
      try scanDigits(text)
    }
    return isInteger
  }

  private mutating func scanDigits(_ text: Span<UInt8>) throws(Failure) {
    let start = position
    while position < text.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= text[position] {
      position += 1
    }
    if position == start {
      throw failure("expected a digit, found \(Self.name(of: text, at: position))")
    }
  }
}
