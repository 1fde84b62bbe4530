// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

extension String {
  /// On one line, whatever a container, an archive or a command line has put into it: control characters, which could
  /// forge a second line or drive a terminal, become visible escapes (`\n`, `\x1b`).
  public var oneLine: String {
    if isPlain { return self }
    var result = ""
    for scalar in unicodeScalars { result.append(visible: scalar) }
    return result
  }

  /// The same between double quotes, with quotes and backslashes escaped, too.
  public var quoted: String {
    var result = "\""
    for scalar in unicodeScalars {
      if scalar == "\"" || scalar == "\\" { result += "\\" }
      result.append(visible: scalar)
    }
    return result + "\""
  }

  private var isPlain: Bool {
    // The controls from U+0080 to U+009F start with 0xC2, as some others do.
    utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0xC2 }
  }

  private mutating func append(visible scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0x0A: self += "\\n"
    case 0x0D: self += "\\r"
    case 0x09: self += "\\t"
    case 0..<0x20, 0x7F..<0xA0:
      let digits = String(scalar.value, radix: 16)
      self += digits.utf8.count < 2 ? "\\x0\(digits)" : "\\x\(digits)"
    default: unicodeScalars.append(scalar)
    }
  }
}
