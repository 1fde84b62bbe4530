// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Reads values as they travel, in either byte order. What it reads may be anything: every length is checked against
/// what is there, and nesting is bounded.
struct Decoder {
  private let bytes: [UInt8]
  private let isBigEndian: Bool
  private(set) var position: Int
  private let end: Int

  /// The specification's limit of an array, 64 MiB.
  private static let longestArray = 1 << 26
  private static let deepest = 64

  init(_ bytes: [UInt8], isBigEndian: Bool, from position: Int = 0, to end: Int? = nil) {
    self.bytes = bytes
    self.isBigEndian = isBigEndian
    self.position = position
    self.end = end ?? bytes.count
  }

  mutating func align(_ alignment: Int) throws(DBusError) {
    while position % alignment != 0 {
      guard try byte() == 0 else { throw .malformed("the padding at byte \(position - 1) is not zero") }
    }
  }

  mutating func byte() throws(DBusError) -> UInt8 {
    guard position < end else { throw .malformed("the message ends within a value") }
    position += 1
    return bytes[position - 1]
  }

  mutating func integer<T: FixedWidthInteger & UnsignedInteger>(_ type: T.Type) throws(DBusError) -> T {
    let size = MemoryLayout<T>.size
    try align(size)
    guard end - position >= size else { throw .malformed("the message ends within a number") }
    var value: T = 0
    for index in 0..<size {
      let shift = 8 * (isBigEndian ? size - 1 - index : index)
      value |= T(bytes[position + index]) << T(shift)
    }
    position += size
    return value
  }

  mutating func text() throws(DBusError) -> String {
    try text(length: Int(try integer(UInt32.self)))
  }

  mutating func signature() throws(DBusError) -> String {
    let text = try text(length: Int(try byte()))
    guard Signature.types(text) != nil else { throw .malformed("\"\(text)\" is not a signature") }
    return text
  }

  private mutating func text(length: Int) throws(DBusError) -> String {
    guard end - position > length else { throw .malformed("the message ends within a text") }
    let content = bytes[position..<position + length]
    guard let text = String(validating: content, as: UTF8.self), !content.contains(0) else {
      throw .malformed("a text is not UTF-8, or has a NUL byte")
    }
    guard bytes[position + length] == 0 else { throw .malformed("a text does not end with NUL") }
    position += length + 1
    return text
  }

  /// Values of the types in a signature, up to the end.
  mutating func values(_ signature: String) throws(DBusError) -> [DBusValue] {
    guard let types = Signature.types(signature) else {
      throw .malformed("\"\(signature)\" is not a signature")
    }
    var result: [DBusValue] = []
    for type in types { result.append(try value(type)) }
    guard position == end else { throw .malformed("\(end - position) bytes follow the last value") }
    return result
  }

  /// - Parameter type: a complete type.
  mutating func value(_ type: String, depth: Int = 0) throws(DBusError) -> DBusValue {
    if depth > Self.deepest { throw .malformed("values are nested too deeply") }
    switch type.utf8.first {
    case UInt8(ascii: "y"): return .byte(try byte())
    case UInt8(ascii: "b"):
      let number = try integer(UInt32.self)
      guard number <= 1 else { throw .malformed("\(number) is not a boolean") }
      return .boolean(number == 1)
    case UInt8(ascii: "n"): return .int16(Int16(bitPattern: try integer(UInt16.self)))
    case UInt8(ascii: "q"): return .uint16(try integer(UInt16.self))
    case UInt8(ascii: "i"): return .int32(Int32(bitPattern: try integer(UInt32.self)))
    case UInt8(ascii: "u"): return .uint32(try integer(UInt32.self))
    case UInt8(ascii: "h"): return .unixFD(try integer(UInt32.self))
    case UInt8(ascii: "x"): return .int64(Int64(bitPattern: try integer(UInt64.self)))
    case UInt8(ascii: "t"): return .uint64(try integer(UInt64.self))
    case UInt8(ascii: "d"): return .double(Double(bitPattern: try integer(UInt64.self)))
    case UInt8(ascii: "s"): return .string(try text())
    case UInt8(ascii: "o"):
      let path = try text()
      guard Encoder.isObjectPath(path) else { throw .malformed("\"\(path)\" is not an object path") }
      return .objectPath(path)
    case UInt8(ascii: "g"): return .signature(try signature())
    case UInt8(ascii: "v"):
      let inner = try signature()
      guard let types = Signature.types(inner), types.count == 1 else {
        throw .malformed("a variant has the type \"\(inner)\"")
      }
      return .variant(try value(types[0], depth: depth + 1))
    default: return try container(type, depth: depth + 1)
    }
  }

  private mutating func container(_ type: String, depth: Int) throws(DBusError) -> DBusValue {
    switch type.utf8.first {
    case UInt8(ascii: "a"):
      return try array(String(decoding: type.utf8.dropFirst(), as: UTF8.self), depth: depth)
    case UInt8(ascii: "("), UInt8(ascii: "{"):
      try align(8)
      let inner = String(decoding: type.utf8.dropFirst().dropLast(), as: UTF8.self)
      guard let types = Signature.types(inner) else { throw .malformed("\"\(type)\" is not a type") }
      var fields: [DBusValue] = []
      for type in types { fields.append(try value(type, depth: depth)) }
      if type.utf8.first == UInt8(ascii: "(") { return .structure(fields) }
      guard fields.count == 2 else { throw .malformed("\"\(type)\" is not a type") }
      return .entry(fields[0], fields[1])
    default: throw .malformed("\"\(type)\" is not a type")
    }
  }

  private mutating func array(_ element: String, depth: Int) throws(DBusError) -> DBusValue {
    let length = Int(try integer(UInt32.self))
    try align(Signature.alignment(element))
    guard length <= Self.longestArray, end - position >= length else {
      throw .malformed("the message ends within an array")
    }
    let stop = position + length
    var values: [DBusValue] = []
    while position < stop { values.append(try value(element, depth: depth)) }
    guard position == stop else { throw .malformed("an array ends within an element") }
    return .array(of: element, values)
  }
}
