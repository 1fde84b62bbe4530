// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A value of the D-Bus type system (D-Bus specification, "Type System").
public indirect enum DBusValue: Equatable, Sendable {
  case byte(UInt8)
  case boolean(Bool)
  case int16(Int16)
  case uint16(UInt16)
  case int32(Int32)
  case uint32(UInt32)
  case int64(Int64)
  case uint64(UInt64)
  case double(Double)
  case string(String)
  case objectPath(String)
  case signature(String)
  /// An index into the descriptors of the message.
  case unixFD(UInt32)
  /// - Parameter of: the elements' type, which an empty array has, too.
  case array(of: String, [DBusValue])
  case structure([DBusValue])
  /// Only as an element of an array.
  case entry(DBusValue, DBusValue)
  case variant(DBusValue)

  /// The type, in one-letter codes.
  public var signature: String {
    switch self {
    case .byte: "y"
    case .boolean: "b"
    case .int16: "n"
    case .uint16: "q"
    case .int32: "i"
    case .uint32: "u"
    case .int64: "x"
    case .uint64: "t"
    case .double: "d"
    case .string: "s"
    case .objectPath: "o"
    case .signature: "g"
    case .unixFD: "h"
    case .array(let element, _): "a" + element
    case .structure(let fields): "(" + fields.map { $0.signature }.joined() + ")"
    case .entry(let key, let value): "{" + key.signature + value.signature + "}"
    case .variant: "v"
    }
  }

  /// An array of texts.
  public static func strings(_ values: [String]) -> DBusValue { .array(of: "s", values.map { .string($0) }) }

  /// An array of bytes.
  public static func bytes(_ values: [UInt8]) -> DBusValue { .array(of: "y", values.map { .byte($0) }) }

  /// The text of a string or an object path.
  public var text: String? {
    switch self {
    case .string(let text), .objectPath(let text): text
    default: nil
    }
  }

  /// What is inside of variants.
  public var unwrapped: DBusValue {
    if case .variant(let value) = self { return value.unwrapped }
    return self
  }
}

extension DBusValue: CustomStringConvertible {
  /// In GVariant's text format, which ``init(text:)`` reads back.
  public var description: String {
    switch self {
    case .byte(let value): "byte 0x" + (value < 16 ? "0" : "") + String(value, radix: 16)
    case .boolean(let value): value ? "true" : "false"
    case .int16(let value): "int16 \(value)"
    case .uint16(let value): "uint16 \(value)"
    case .int32(let value): "\(value)"
    case .uint32(let value): "uint32 \(value)"
    case .int64(let value): "int64 \(value)"
    case .uint64(let value): "uint64 \(value)"
    case .double(let value): "\(value)"
    case .string(let text): Self.quoted(text)
    case .objectPath(let text): "objectpath " + Self.quoted(text)
    case .signature(let text): "signature " + Self.quoted(text)
    case .unixFD(let index): "handle \(index)"
    case .array(let element, let values):
      values.isEmpty ? "@a\(element) []" : "[" + values.map { $0.description }.joined(separator: ", ") + "]"
    case .structure(let fields):
      "(" + fields.map { $0.description }.joined(separator: ", ") + (fields.count == 1 ? ",)" : ")")
    case .entry(let key, let value): "{\(key): \(value)}"
    case .variant(let value): "<\(value)>"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "'"
    for character in text.unicodeScalars {
      switch character {
      case "'", "\\": result += "\\\(character)"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      default: result.unicodeScalars.append(character)
      }
    }
    return result + "'"
  }
}
