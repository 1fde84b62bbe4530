// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The members of an object, in document order and with unique keys.
///
/// The accessors by key are for properties of known names. They take `null` for absent, as Go's decoder does: programs
/// that write `null` for "not set" are common.
public struct JSONObject: Sendable {
  public let value: JSONValue

  public var count: Int { Int(value.node.length) }

  /// The value of a property, `nil` if it is absent or `null`.
  public subscript(_ key: StaticString) -> JSONValue? {
    let document = value.document
    var index = value.index + 1
    for _ in 0..<count {
      if document.isKey(index, equalTo: key) {
        let found = JSONValue(document: document, index: index + 1)
        return found.isNull ? nil : found
      }
      index = Int(document.nodes[index + 1].next)
    }
    return nil
  }

  /// All members, `null` values included.
  public var members: JSONMembers { JSONMembers(object: value) }

  /// The value of a property that must be there.
  public func required(_ key: StaticString) throws(JSONError) -> JSONValue {
    if let found = self[key] { return found }
    throw missing(key)
  }

  /// An error that says that a property is absent; it points at the object's start.
  public func missing(_ key: StaticString) -> JSONError {
    var error = value.error("required, but missing")
    error.pointer = JSONPointer.appending("\(key)", to: error.pointer)
    return error
  }

  public func bool(_ key: StaticString) throws(JSONError) -> Bool? {
    try self[key]?.bool()
  }

  public func string(_ key: StaticString) throws(JSONError) -> String? {
    try self[key]?.string()
  }

  public func strings(_ key: StaticString) throws(JSONError) -> [String]? {
    try self[key]?.strings()
  }

  public func object(_ key: StaticString) throws(JSONError) -> JSONObject? {
    try self[key]?.object()
  }

  @inlinable
  public func list<T>(
    _ key: StaticString, _ element: (JSONValue) throws(JSONError) -> T
  ) throws(JSONError) -> [T]? {
    try self[key]?.list(element)
  }

  @inlinable
  public func integer<T: FixedWidthInteger>(
    _ key: StaticString, in range: ClosedRange<T> = T.min...T.max
  ) throws(JSONError) -> T? {
    try self[key]?.integer(in: range)
  }
}

/// The members of an object, `null` values included.
public struct JSONMembers: Sequence, Sendable {
  let object: JSONValue

  public func makeIterator() -> Iterator {
    Iterator(document: object.document, index: object.index + 1, remaining: Int(object.node.length))
  }

  public struct Iterator: IteratorProtocol {
    let document: JSONDocument
    var index: Int
    var remaining: Int

    public mutating func next() -> JSONMember? {
      guard remaining > 0 else { return nil }
      remaining -= 1
      let member = JSONMember(document: document, index: index)
      index = Int(document.nodes[index + 1].next)
      return member
    }
  }
}

/// A key and its value.
public struct JSONMember: Sendable {
  let document: JSONDocument
  let index: Int

  public var key: String { document.string(of: document.nodes[index]) }

  public var value: JSONValue { JSONValue(document: document, index: index + 1) }
}

extension JSONDocument {
  func isKey(_ index: Int, equalTo key: StaticString) -> Bool {
    let node = nodes[index]
    if node.isEscaped {
      // By bytes: the equality of strings would take U+212A, the Kelvin sign, for a K.
      return "\(key)".utf8.elementsEqual(decoded(node))
    }
    guard Int(node.length) == key.utf8CodeUnitCount else { return false }
    let start = Int(node.start)
    return key.withUTF8Buffer { expected in
      for index in 0..<expected.count where bytes[start + index] != expected[index] { return false }
      return true
    }
  }
}
