// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Texts of a configuration in forms that a terminal and a shell take as they are meant.
package enum Quoting {
  /// A string literal of C. Control characters, which could drive a terminal, are escaped.
  package static func c(_ text: String) -> String { "\"" + escaped(text, quote: 0x22) + "\"" }

  /// The text as it is, with control characters escaped.
  package static func plain(_ text: String) -> String { escaped(text, quote: nil) }

  /// One word for a POSIX shell; with control characters, for bash.
  package static func shell(_ text: String) -> String {
    if !text.isEmpty && text.utf8.allSatisfy(isSafe) { return text }
    if plain(text) != text { return "$'" + escaped(text, quote: 0x27) + "'" }
    let parts = text.utf8.split(separator: 0x27, omittingEmptySubsequences: false)
    return "'" + parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "'\\''") + "'"
  }

  package static func shell(_ texts: [String]) -> String { texts.map { shell($0) }.joined(separator: " ") }

  private static func isSafe(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "_-./:=@,+%".utf8.contains(byte)
    }
  }

  /// - Parameter quote: the delimiter, which is escaped together with backslashes; nil for neither.
  private static func escaped(_ text: String, quote: UInt8?) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      let value = scalar.value
      if value == 0x0A {
        result += "\\n"
      } else if value < 0x20 || value == 0x7F {
        result += hexadecimal("\\x", value)
      } else if (0x80..<0xA0).contains(value) {
        result += hexadecimal("\\u00", value)
      } else {
        if let quote, value == UInt32(quote) || value == 0x5C { result += "\\" }
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func hexadecimal(_ prefix: String, _ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return prefix + (digits.utf8.count < 2 ? "0" : "") + digits
  }
}
