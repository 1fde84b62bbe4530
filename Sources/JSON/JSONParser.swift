// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Turns text into nodes, in one pass and without recursion.
///
/// The grammar is RFC 8259 to the letter, with these additions: no duplicate keys, no NUL in texts (no path, name or
/// argument of Linux can hold one), no byte order mark, and the limits of ``JSONDocument``.
struct JSONParser {
  /// A problem at an offset; ``JSONDocument`` finds line, column and pointer for it.
  struct Failure: Error {
    var offset: Int
    var problem: String
    /// The node of the key at fault, where it is not the last one that was read.
    var key: Int?
  }

  /// What the grammar allows next.
  private enum Expected {
    case value, valueOrEnd, key, keyOrEnd, commaOrEnd, end
  }

  private(set) var nodes: [JSONNode] = []
  /// The indices of the containers that are not closed yet, outermost first.
  private(set) var open: [Int] = []
  var position = 0
  /// Whether other values may follow.
  private var isLine = false

  init() {}

  init(lineFrom position: Int) {
    self.position = position
    isLine = true
  }

  mutating func parse(_ text: Span<UInt8>) throws(Failure) {
    nodes.reserveCapacity(text.count / 8 + 8)
    try rejectByteOrderMark(text)
    var expected = Expected.value
    while true {
      if expected == .end && isLine { return }
      skipWhitespace(text)
      guard position < text.count else {
        if expected == .end { return }
        throw endOfDocument()
      }
      let byte = text[position]
      switch expected {
      case .value:
        expected = try parseValue(text, byte)
      case .valueOrEnd:
        expected = byte == UInt8(ascii: "]") ? try close(text) : try parseValue(text, byte)
      case .key:
        expected = try parseKey(text, byte)
      case .keyOrEnd:
        expected = byte == UInt8(ascii: "}") ? try close(text) : try parseKey(text, byte)
      case .commaOrEnd:
        expected = try parseSeparator(text, byte)
      case .end:
        throw failure("expected the end of the document, found \(Self.name(of: text, at: position))")
      }
    }
  }

  // MARK: Structure

  private mutating func parseValue(_ text: Span<UInt8>, _ byte: UInt8) throws(Failure) -> Expected {
    switch byte {
    case UInt8(ascii: "\""):
      try parseText(text, kind: .string)
    case UInt8(ascii: "{"):
      try openContainer(.object)
      return .keyOrEnd
    case UInt8(ascii: "["):
      try openContainer(.array)
      return .valueOrEnd
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      try parseNumber(text)
    case UInt8(ascii: "t"):
      try parseWord(text, "true", kind: .true)
    case UInt8(ascii: "f"):
      try parseWord(text, "false", kind: .false)
    case UInt8(ascii: "n"):
      try parseWord(text, "null", kind: .null)
    default:
      throw failure("expected a value, found \(Self.name(of: text, at: position))")
    }
    return afterValue()
  }

  private mutating func parseKey(_ text: Span<UInt8>, _ byte: UInt8) throws(Failure) -> Expected {
    guard byte == UInt8(ascii: "\"") else {
      throw failure("expected a key in quotation marks, found \(Self.name(of: text, at: position))")
    }
    try parseText(text, kind: .key)
    skipWhitespace(text)
    guard position < text.count else { throw endOfDocument() }
    guard text[position] == UInt8(ascii: ":") else {
      throw failure("expected a colon after the key, found \(Self.name(of: text, at: position))")
    }
    position += 1
    return .value
  }

  private mutating func parseSeparator(_ text: Span<UInt8>, _ byte: UInt8) throws(Failure) -> Expected {
    let isObject = open.last.map { nodes[$0].kind == .object } ?? false
    switch byte {
    case UInt8(ascii: ","):
      position += 1
      return isObject ? .key : .value
    case UInt8(ascii: "]") where !isObject, UInt8(ascii: "}") where isObject:
      return try close(text)
    default:
      let end = isObject ? "}" : "]"
      throw failure("expected a comma or \(end), found \(Self.name(of: text, at: position))")
    }
  }

  private mutating func openContainer(_ kind: JSONNode.Kind) throws(Failure) {
    guard open.count < JSONDocument.maximumDepth else {
      throw failure("nested deeper than the limit of \(JSONDocument.maximumDepth)")
    }
    open.append(nodes.count)
    try append(JSONNode(start: UInt32(truncatingIfNeeded: position), kind: kind))
    position += 1
  }

  private mutating func close(_ text: Span<UInt8>) throws(Failure) -> Expected {
    guard let index = open.last else { throw failure("nothing to close") }
    if nodes[index].kind == .object {
      try rejectDuplicateKeys(text, object: index)
    }
    open.removeLast()
    nodes[index].next = UInt32(truncatingIfNeeded: nodes.count)
    position += 1
    return afterValue()
  }

  private mutating func afterValue() -> Expected {
    guard let parent = open.last else { return .end }
    nodes[parent].length += 1
    return .commaOrEnd
  }

  private mutating func append(_ node: JSONNode) throws(Failure) {
    guard nodes.count < JSONDocument.maximumNodes else {
      throw failure("more than \(JSONDocument.maximumNodes) keys and values")
    }
    nodes.append(node)
  }

  // MARK: Tokens

  private mutating func skipWhitespace(_ text: Span<UInt8>) {
    while position < text.count {
      switch text[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func parseText(_ text: Span<UInt8>, kind: JSONNode.Kind) throws(Failure) {
    let opening = position
    position += 1
    let isEscaped = try scanText(text)
    try append(
      JSONNode(
        start: UInt32(truncatingIfNeeded: opening + 1),
        length: UInt32(truncatingIfNeeded: position - opening - 2),
        next: UInt32(truncatingIfNeeded: nodes.count + 1), kind: kind, isEscaped: isEscaped))
  }

  private mutating func parseNumber(_ text: Span<UInt8>) throws(Failure) {
    let start = position
    let isInteger = try scanNumber(text)
    try append(
      JSONNode(
        start: UInt32(truncatingIfNeeded: start), length: UInt32(truncatingIfNeeded: position - start),
        next: UInt32(truncatingIfNeeded: nodes.count + 1), kind: isInteger ? .integer : .decimal))
  }

  private mutating func parseWord(
    _ text: Span<UInt8>, _ word: StaticString, kind: JSONNode.Kind
  ) throws(Failure) {
    let start = position
    let matches = word.withUTF8Buffer { expected in
      text.count - start >= expected.count && expected.indices.allSatisfy { text[start + $0] == expected[$0] }
    }
    guard matches else { throw failure("expected a value, found \(Self.name(of: text, at: position))") }
    position += word.utf8CodeUnitCount
    try append(
      JSONNode(
        start: UInt32(truncatingIfNeeded: start), length: UInt32(truncatingIfNeeded: position - start),
        next: UInt32(truncatingIfNeeded: nodes.count + 1), kind: kind))
  }

  private func rejectByteOrderMark(_ text: Span<UInt8>) throws(Failure) {
    if text.count >= 2, text[0] >= 0xEF, text[1] >= 0xBB {
      throw failure("the document starts with a byte order mark; it must be plain UTF-8")
    }
  }

  // MARK: Failures

  func failure(_ problem: String, at offset: Int? = nil) -> Failure {
    Failure(offset: offset ?? position, problem: problem)
  }

  func endOfDocument() -> Failure {
    if nodes.isEmpty, open.isEmpty { return failure("the document is empty") }
    guard let container = open.last else { return failure("the document ends too early") }
    let kind = nodes[container].kind == .object ? "an object" : "an array"
    return failure("the document ends inside \(kind)")
  }

  /// What stands at an offset, for an error message.
  static func name(of text: Span<UInt8>, at offset: Int) -> String {
    guard offset < text.count else { return "the end of the document" }
    switch text[offset] {
    case let byte where byte < 0x20 || byte >= 0x7F:
      return "the byte 0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    case UInt8(ascii: "'"):
      return "a single quotation mark"
    case let byte:
      return "'" + String(UnicodeScalar(byte)) + "'"
    }
  }
}
