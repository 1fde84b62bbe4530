// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The names and ids of containers.
public enum ContainerName {
  /// Checks a name against Docker's grammar, `[a-zA-Z0-9][a-zA-Z0-9_.-]+`, at most 128 bytes. It becomes a file's
  /// name and a word on terminals.
  ///
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  public static func check(_ name: String) throws(EngineError) {
    guard isValid(name) else {
      throw EngineError(
        "not a container name: expected a letter or digit, then letters, digits, _, . or -, 2 to 128 in all")
    }
  }

  /// Whether the text follows the grammar of names.
  static func isValid(_ name: String) -> Bool {
    let bytes = name.utf8
    guard let first = bytes.first, Byte.isAlphanumeric(first), (2...128).contains(bytes.count) else {
      return false
    }
    return bytes.allSatisfy {
      Byte.isAlphanumeric($0) || $0 == Byte.dot || $0 == Byte.dash || $0 == Byte.underscore
    }
  }

  /// Whether the text is a whole id: 64 lower-case hexadecimal digits.
  public static func isID(_ text: String) -> Bool {
    text.utf8.count == 64 && isIDPrefix(text)
  }

  /// Whether the text can be the beginning of an id.
  static func isIDPrefix(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 64
      && text.utf8.allSatisfy { Byte.isDigit($0) || ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "f")) }
  }

  /// The first twelve digits of an id, as tables and host names show it.
  public static func short(_ id: String) -> String { String(id.prefix(12)) }

  /// An id from 32 random bytes.
  static func id(from random: [UInt8]) -> String { random.map(hexadecimal).joined() }

  /// A name `adjective_noun` from random bytes (four or more).
  static func generated(from random: [UInt8]) -> String {
    let a = Int(random[0]) << 8 | Int(random[1])
    let b = Int(random[2]) << 8 | Int(random[3])
    return "\(WordList.adjectives[a % WordList.adjectives.count])_\(WordList.nouns[b % WordList.nouns.count])"
  }
}
