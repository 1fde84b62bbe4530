// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A place in a document. Both numbers start at 1; a column counts Unicode scalars.
public struct JSONPosition: Equatable, Sendable {
  public var line: Int
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// What is wrong with a document, and where.
///
/// Its description is one line for people, in the form that editors and compilers use:
/// `config.json:12:17: /process/user/uid: expected an integer between 0 and 4294967294, found the string "root"`.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The name that the caller gave the document, usually its path.
  public var source: String
  /// `nil` when the document as a whole is at fault.
  public var position: JSONPosition?
  /// The value at fault as a JSON pointer (RFC 6901); empty for the document's root.
  public var pointer: String
  public var problem: String

  public init(source: String, position: JSONPosition?, pointer: String, problem: String) {
    self.source = source
    self.position = position
    self.pointer = pointer
    self.problem = problem
  }

  public var description: String {
    Self.line(source: source, position: position, pointer: pointer, problem: problem)
  }

  /// The one-line form of this module's errors, for the errors of other modules that carry the same parts.
  public static func line(source: String, position: JSONPosition?, pointer: String, problem: String) -> String
  {
    var line = JSONWriter.printable(source)
    if let position { line += ":\(position.line):\(position.column)" }
    for part in [JSONWriter.printable(pointer), problem] where !part.isEmpty {
      line += line.isEmpty ? part : ": " + part
    }
    return line
  }
}

/// The parts of JSON pointers (RFC 6901).
public enum JSONPointer {
  /// The pointer of a member: `~` and `/` in its key are escaped.
  public static func appending(_ key: some StringProtocol, to pointer: String) -> String {
    var result = pointer + "/"
    for scalar in key.unicodeScalars {
      switch scalar {
      case "~": result += "~0"
      case "/": result += "~1"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The keys and indices of a pointer, unescaped; `nil` for a text that does not start with `/`.
  static func tokens(of pointer: String) -> [String]? {
    if pointer.isEmpty { return [] }
    guard pointer.utf8.first == UInt8(ascii: "/") else { return nil }
    return pointer.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map
    {
      unescape(Array($0))
    }
  }

  private static func unescape(_ token: [UInt8]) -> String {
    var bytes: [UInt8] = []
    var index = 0
    while index < token.count {
      let next = index + 1 < token.count ? token[index + 1] : 0
      if token[index] == UInt8(ascii: "~"), next == UInt8(ascii: "0") || next == UInt8(ascii: "1") {
        bytes.append(next == UInt8(ascii: "0") ? UInt8(ascii: "~") : UInt8(ascii: "/"))
        index += 2
      } else {
        bytes.append(token[index])
        index += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
