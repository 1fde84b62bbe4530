// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A value of a document: a cheap handle that decodes on demand.
///
/// Each accessor demands a type and throws a ``JSONError`` with the value's place where another one stands.
public struct JSONValue: Sendable {
  /// The types of RFC 8259; numbers without fraction and exponent are told apart.
  public enum Kind: Sendable {
    case null, boolean, integer, decimal, string, array, object
  }

  public let document: JSONDocument
  let index: Int

  var node: JSONNode { document.nodes[index] }

  public var kind: Kind {
    switch node.kind {
    case .null: .null
    case .true, .false: .boolean
    case .integer: .integer
    case .decimal: .decimal
    case .string, .key: .string
    case .array: .array
    case .object: .object
    }
  }

  public var isNull: Bool { node.kind == .null }

  public func bool() throws(JSONError) -> Bool {
    switch node.kind {
    case .true: return true
    case .false: return false
    default: throw mismatch(expected: "true or false")
    }
  }

  public func string() throws(JSONError) -> String {
    guard node.kind == .string else { throw mismatch(expected: "a string") }
    return document.string(of: node)
  }

  public func array() throws(JSONError) -> JSONArray {
    if let array = arrayOrNil { return array }
    throw mismatch(expected: "an array")
  }

  public func object() throws(JSONError) -> JSONObject {
    if let object = objectOrNil { return object }
    throw mismatch(expected: "an object")
  }

  /// The value as an array, `nil` if it is not one.
  public var arrayOrNil: JSONArray? { node.kind == .array ? JSONArray(value: self) : nil }

  /// The value as an object, `nil` if it is not one.
  public var objectOrNil: JSONObject? { node.kind == .object ? JSONObject(value: self) : nil }

  /// Decodes every element of an array.
  @inlinable
  public func list<T>(_ element: (JSONValue) throws(JSONError) -> T) throws(JSONError) -> [T] {
    let array = try array()
    var result: [T] = []
    result.reserveCapacity(array.count)
    for value in array {
      result.append(try element(value))
    }
    return result
  }

  public func strings() throws(JSONError) -> [String] {
    try list { value throws(JSONError) in try value.string() }
  }

  // MARK: Places

  /// The value's JSON pointer; empty for the root.
  public var pointer: String { document.pointer(to: index) }

  /// Where the value starts.
  public var position: JSONPosition {
    let isText = node.kind == .string || node.kind == .key
    return JSONDocument.position(in: document.bytes, offset: Int(node.start) - (isText ? 1 : 0))
  }

  /// An error about this value.
  public func error(_ problem: String) -> JSONError {
    JSONError(source: document.source, position: position, pointer: pointer, problem: problem)
  }

  /// An error about this value that says what stands there instead.
  public func mismatch(expected: String) -> JSONError {
    error("expected \(expected), found \(summary)")
  }

  /// What the value is, short enough for an error message.
  var summary: String {
    switch node.kind {
    case .null: "null"
    case .true: "true"
    case .false: "false"
    case .integer, .decimal: "the number \(Self.excerpt(document.string(of: node)))"
    case .string, .key: "the string \(Self.excerpt(JSONWriter.quoted(document.string(of: node))))"
    case .array: node.length == 0 ? "an empty array" : "an array"
    case .object: "an object"
    }
  }

  private static func excerpt(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let limit = 60
    guard scalars.count > limit else { return text }
    return String(String.UnicodeScalarView(scalars.prefix(limit))) + "…"
  }

  /// The member or element that a part of a JSON pointer names.
  func child(_ token: String) -> JSONValue? {
    switch node.kind {
    case .object:
      return JSONObject(value: self).members.first { $0.key.utf8.elementsEqual(token.utf8) }?.value
    case .array:
      guard let position = Int(token), position >= 0, String(position) == token else { return nil }
      return JSONArray(value: self).dropFirst(position).first { _ in true }
    default:
      return nil
    }
  }
}

/// The elements of an array, in order.
public struct JSONArray: Sequence, Sendable {
  let value: JSONValue

  public var count: Int { Int(value.node.length) }

  public func makeIterator() -> Iterator {
    Iterator(document: value.document, index: value.index + 1, remaining: count)
  }

  public struct Iterator: IteratorProtocol {
    let document: JSONDocument
    var index: Int
    var remaining: Int

    public mutating func next() -> JSONValue? {
      guard remaining > 0 else { return nil }
      remaining -= 1
      let value = JSONValue(document: document, index: index)
      index = Int(document.nodes[index].next)
      return value
    }
  }
}
