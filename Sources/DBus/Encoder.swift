// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Writes values as they travel, in little-endian byte order (D-Bus specification, "Marshaling").
struct Encoder {
  private(set) var bytes: [UInt8] = []

  /// Fills up with zeros to a multiple, counted from the beginning of the message.
  mutating func align(_ alignment: Int) {
    while bytes.count % alignment != 0 { bytes.append(0) }
  }

  mutating func integer<T: FixedWidthInteger>(_ value: T) {
    align(MemoryLayout<T>.size)
    for shift in 0..<MemoryLayout<T>.size { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) }
  }

  /// Sets a number that was written as 0 before it was known.
  mutating func patch(_ value: UInt32, at position: Int) {
    for shift in 0..<4 { bytes[position + shift] = UInt8(truncatingIfNeeded: value >> (8 * shift)) }
  }

  mutating func text(_ text: String) throws(DBusError) {
    if text.utf8.contains(0) { throw .malformed("a text with a NUL byte cannot be sent") }
    integer(UInt32(text.utf8.count))
    bytes += text.utf8
    bytes.append(0)
  }

  mutating func signature(_ text: String) throws(DBusError) {
    guard Signature.types(text) != nil else { throw .malformed("\"\(text)\" is not a signature") }
    bytes.append(UInt8(text.utf8.count))
    bytes += text.utf8
    bytes.append(0)
  }

  mutating func value(_ value: DBusValue) throws(DBusError) {
    switch value {
    case .byte(let value): bytes.append(value)
    case .boolean(let value): integer(UInt32(value ? 1 : 0))
    case .int16(let value): integer(value)
    case .uint16(let value): integer(value)
    case .int32(let value): integer(value)
    case .uint32(let value), .unixFD(let value): integer(value)
    case .int64(let value): integer(value)
    case .uint64(let value): integer(value)
    case .double(let value): integer(value.bitPattern)
    case .string(let text): try self.text(text)
    case .objectPath(let path):
      guard Self.isObjectPath(path) else { throw .malformed("\"\(path)\" is not an object path") }
      try text(path)
    case .signature(let text): try signature(text)
    case .array(let element, let values): try array(element, values)
    case .structure(let fields):
      align(8)
      for field in fields { try self.value(field) }
    case .entry(let key, let value):
      align(8)
      try self.value(key)
      try self.value(value)
    case .variant(let value):
      try signature(value.signature)
      try self.value(value)
    }
  }

  private mutating func array(_ element: String, _ values: [DBusValue]) throws(DBusError) {
    integer(UInt32(0))
    let length = bytes.count - 4
    // What fills up to the first element does not count as the array's.
    align(Signature.alignment(element))
    let start = bytes.count
    for value in values {
      guard value.signature == element else {
        throw .malformed("an array of \(element) cannot have a value of type \(value.signature)")
      }
      try self.value(value)
    }
    patch(UInt32(bytes.count - start), at: length)
  }

  /// `/` or names of letters, digits and underscores with a slash before each.
  static func isObjectPath(_ path: String) -> Bool {
    if path == "/" { return true }
    var previous: UInt8 = 0
    for (index, byte) in path.utf8.enumerated() {
      switch byte {
      case UInt8(ascii: "/"): if previous == byte { return false }
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        if index == 0 { return false }
      default: return false
      }
      previous = byte
    }
    return previous != 0 && previous != UInt8(ascii: "/")
  }
}
