// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// Small text tools over UTF-8 bytes. `roost run` parses its command line before anything else happens, so these
// stay clear of grapheme breaking and of Foundation.

/// Names for the bytes that the grammars of the command line are made of.
enum Byte {
  static let newline = UInt8(ascii: "\n")
  static let space = UInt8(ascii: " ")
  static let tab = UInt8(ascii: "\t")
  static let quote = UInt8(ascii: "\"")
  static let hash = UInt8(ascii: "#")
  static let comma = UInt8(ascii: ",")
  static let dash = UInt8(ascii: "-")
  static let dot = UInt8(ascii: ".")
  static let slash = UInt8(ascii: "/")
  static let colon = UInt8(ascii: ":")
  static let equals = UInt8(ascii: "=")
  static let underscore = UInt8(ascii: "_")

  static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  static func isLetter(_ byte: UInt8) -> Bool {
    let lower = byte | 0x20
    return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
  }

  static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }

  static func isSpace(_ byte: UInt8) -> Bool {
    byte == space || (byte >= 0x09 && byte <= 0x0d)
  }

  static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7f }
}

extension String {
  /// The pieces between separators, empty ones kept; at most `limit` pieces, the last holding the rest.
  func pieces(separatedBy separator: UInt8, limit: Int = .max) -> [String] {
    var result: [String] = []
    var start = utf8.startIndex
    var index = start
    while index != utf8.endIndex, result.count < limit - 1 {
      if utf8[index] == separator {
        result.append(String(self[start..<index]))
        start = utf8.index(after: index)
      }
      index = utf8.index(after: index)
    }
    result.append(String(self[start...]))
    return result
  }

  /// The parts before and after the first separator; `after` is nil when there is none.
  func cut(at separator: UInt8) -> (before: String, after: String?) {
    guard let index = utf8.firstIndex(of: separator) else { return (self, nil) }
    return (String(self[..<index]), String(self[utf8.index(after: index)...]))
  }

  /// ASCII letters in lower case; other bytes unchanged.
  var asciiLowercased: String {
    String(decoding: utf8.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }, as: UTF8.self)
  }

  /// ASCII letters in upper case; other bytes unchanged.
  var asciiUppercased: String {
    String(decoding: utf8.map { $0 >= 0x61 && $0 <= 0x7a ? $0 & ~0x20 : $0 }, as: UTF8.self)
  }

  /// Without white space at both ends.
  var trimmed: String {
    var bytes = utf8[...]
    while let first = bytes.first, Byte.isSpace(first) { bytes.removeFirst() }
    while let last = bytes.last, Byte.isSpace(last) { bytes.removeLast() }
    return String(bytes) ?? ""
  }

  /// True when a byte below 0x20, or DEL, occurs. Such bytes in names and keys reach terminals and line-based files.
  var hasControlCharacter: Bool { utf8.contains(where: Byte.isControl) }
}

/// Two lower-case hexadecimal digits.
func hexadecimal(_ byte: UInt8) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: [digits[Int(byte >> 4)], digits[Int(byte & 15)]], as: UTF8.self)
}

/// Strict decimal: digits only (a leading `-` where negative numbers make sense), no sign `+`, no spaces.
func decimal<T: FixedWidthInteger>(_ text: String, as type: T.Type = T.self) -> T? {
  var bytes = text.utf8[...]
  if T.isSigned, bytes.first == Byte.dash { bytes.removeFirst() }
  guard !bytes.isEmpty, bytes.allSatisfy(Byte.isDigit) else { return nil }
  return T(text)
}

/// A boolean as Docker's flags take it (Go's `strconv.ParseBool`).
func boolean(_ text: String) -> Bool? {
  switch text {
  case "1", "t", "T", "true", "TRUE", "True": true
  case "0", "f", "F", "false", "FALSE", "False": false
  default: nil
  }
}

/// A path with `.`, `..` and doubled slashes resolved as text; `absolute` must start with a slash.
func cleaned(absolutePath absolute: String) -> String {
  var parts: [String] = []
  for part in absolute.pieces(separatedBy: Byte.slash) {
    switch part {
    case "", ".": continue
    case "..": _ = parts.popLast()
    default: parts.append(part)
    }
  }
  return "/" + parts.joined(separator: "/")
}
