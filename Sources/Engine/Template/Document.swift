// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A value as `inspect` and `ps` show it and as templates walk through it: JSON, with objects in their own order.
public indirect enum Document: Equatable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case string(String)
  case list([Document])
  /// An object whose members are known: naming another is a mistake.
  case record([Member])
  /// An object whose keys are free, such as labels: a key that is absent has no value.
  case map([Member])

  /// One member of an object.
  public struct Member: Equatable, Sendable {
    public var key: String
    public var value: Document

    public init(_ key: String, _ value: Document) {
      self.key = key
      self.value = value
    }
  }

  /// The member of this name; nil when absent or when this is no object.
  public subscript(_ key: String) -> Document? {
    members?.first { $0.key == key }?.value
  }

  /// The members of an object; nil for anything else.
  public var members: [Member]? {
    switch self {
    case .record(let members), .map(let members): members
    default: nil
    }
  }

  /// The text of a string; nil for anything else.
  public var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The number; nil for anything else.
  public var number: Int64? {
    if case .integer(let number) = self { number } else { nil }
  }

  /// The boolean; nil for anything else.
  public var flag: Bool? {
    if case .bool(let flag) = self { flag } else { nil }
  }

  /// The elements of a list; nil for anything else.
  public var elements: [Document]? {
    if case .list(let elements) = self { elements } else { nil }
  }

  /// A list of strings.
  public static func strings(_ texts: [String]) -> Document { .list(texts.map(Document.string)) }

  /// A string, or null for nil.
  public static func optional(_ text: String?) -> Document { text.map(Document.string) ?? .null }
}

extension Document {
  /// The JSON text.
  ///
  /// - Parameter indentation: Spaces per level; nil for one line.
  public func json(indentation: Int? = nil) -> String {
    var out: [UInt8] = []
    write(to: &out, indentation: indentation, level: 0)
    return String(decoding: out, as: UTF8.self)
  }

  private func write(to out: inout [UInt8], indentation: Int?, level: Int) {
    switch self {
    case .null: out += "null".utf8
    case .bool(let value): out += (value ? "true" : "false").utf8
    case .integer(let value): out += String(value).utf8
    case .string(let value): Self.writeString(value, to: &out)
    case .list(let elements):
      Self.writeSequence(elements, "[", "]", to: &out, indentation, level) { element, out in
        element.write(to: &out, indentation: indentation, level: level + 1)
      }
    case .record(let members), .map(let members):
      Self.writeSequence(members, "{", "}", to: &out, indentation, level) { member, out in
        Self.writeString(member.key, to: &out)
        out += (indentation == nil ? ":" : ": ").utf8
        member.value.write(to: &out, indentation: indentation, level: level + 1)
      }
    }
  }

  private static func writeSequence<T>(
    _ items: [T], _ open: String, _ close: String, to out: inout [UInt8], _ indentation: Int?, _ level: Int,
    _ writeItem: (T, inout [UInt8]) -> Void
  ) {
    out += open.utf8
    for (index, item) in items.enumerated() {
      if index > 0 { out.append(Byte.comma) }
      if let indentation { breakLine(&out, indentation * (level + 1)) }
      writeItem(item, &out)
    }
    if let indentation, !items.isEmpty { breakLine(&out, indentation * level) }
    out += close.utf8
  }

  private static func breakLine(_ out: inout [UInt8], _ spaces: Int) {
    out.append(Byte.newline)
    out += repeatElement(Byte.space, count: spaces)
  }

  /// Control characters are escaped, so that nothing that a container wrote can steer a terminal.
  private static func writeString(_ text: String, to out: inout [UInt8]) {
    out.append(Byte.quote)
    for byte in text.utf8 {
      switch byte {
      case Byte.quote: out += "\\\"".utf8
      case UInt8(ascii: "\\"): out += "\\\\".utf8
      case Byte.newline: out += "\\n".utf8
      case UInt8(ascii: "\r"): out += "\\r".utf8
      case Byte.tab: out += "\\t".utf8
      case _ where Byte.isControl(byte): out += "\\u00\(hexadecimal(byte))".utf8
      default: out.append(byte)
      }
    }
    out.append(Byte.quote)
  }
}
