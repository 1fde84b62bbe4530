// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// One `--env`, or one line of an `--env-file`.
public enum EnvironmentEntry: Equatable, Sendable {
  /// `KEY=VALUE`.
  case assignment(key: String, value: String)
  /// `KEY` alone: taken from the caller's environment, left out when it is not set there.
  case passThrough(key: String)

  public var key: String {
    switch self {
    case .assignment(let key, _), .passThrough(let key): key
    }
  }

  /// Parses `KEY=VALUE` or `KEY`. The value is kept byte for byte.
  ///
  /// - Throws: An ``EngineError`` without context; the caller names the flag or the line.
  public static func parse(_ text: String) throws(EngineError) -> EnvironmentEntry {
    let (key, value) = text.cut(at: Byte.equals)
    if key.isEmpty { throw EngineError("the variable has no name: expected KEY=VALUE or KEY") }
    if text.utf8.contains(0) { throw EngineError("a NUL byte cannot be part of a variable") }
    if key.utf8.contains(where: { Byte.isSpace($0) || Byte.isControl($0) }) {
      throw EngineError("the variable's name \(key.quoted) holds white space or a control character")
    }
    guard let value else { return .passThrough(key: key) }
    return .assignment(key: key, value: value)
  }

  /// Parses the text of an `--env-file`: an entry per line, `#` lines and blank lines skipped, values byte for byte
  /// (no quotes, no substitution), as Docker reads it.
  ///
  /// - Throws: An ``EngineError`` that names the line.
  public static func parse(file text: String) throws(EngineError) -> [EnvironmentEntry] {
    var result: [EnvironmentEntry] = []
    var text = Substring(text)
    if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
    for (number, line) in String(text).pieces(separatedBy: Byte.newline).enumerated() {
      var bytes = line.utf8[...]
      if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
      while let first = bytes.first, Byte.isSpace(first) { bytes.removeFirst() }
      guard let first = bytes.first, first != Byte.hash else { continue }
      do {
        result.append(try parse(String(Substring(bytes))))
      } catch {
        throw error.within("line \(number + 1)")
      }
    }
    return result
  }
}
