// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A checked JSON text (RFC 8259), ready to be read.
///
/// Parsing checks the whole text and notes where each value stands; texts and numbers are decoded when they are asked
/// for. A document holds its text and one array, whatever its shape. What the parser refuses beyond the RFC: duplicate
/// keys, NUL in texts, a byte order mark, and what exceeds the limits below.
public final class JSONDocument: Sendable {
  /// The longest text in bytes, 16 MiB.
  public static let maximumSize = 16 << 20
  /// How deep arrays and objects may nest.
  public static let maximumDepth = 128
  /// The most keys and values together; bounds memory, since a value may be as short as two bytes.
  public static let maximumNodes = 1 << 20

  /// The name that errors start with, usually the document's path.
  public let source: String
  let bytes: [UInt8]
  let nodes: [JSONNode]
  /// The offset behind the document's last byte, of a line its line feed.
  public let end: Int

  /// Parses a text.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8, at most ``maximumSize``.
  ///   - source: A name for the text in error messages, usually its path.
  /// - Throws: The first problem of the text, with line, column and pointer.
  public convenience init(_ bytes: [UInt8], source: String) throws(JSONError) {
    try self.init(bytes, JSONParser(), source)
  }

  /// Parses one value of a text that has several, each on a line of its own; the others are not looked at.
  ///
  /// - Parameters:
  ///   - lines: UTF-8, at most ``maximumSize``.
  ///   - start: The offset of the line.
  ///   - source: As above. Places are those in the whole text.
  public convenience init(lineOf lines: [UInt8], from start: Int = 0, source: String) throws(JSONError) {
    try self.init(lines, JSONParser(lineFrom: start), source)
  }

  private init(_ bytes: [UInt8], _ initial: JSONParser, _ source: String) throws(JSONError) {
    guard bytes.count <= Self.maximumSize else {
      let problem = "the document has \(bytes.count) bytes, the limit is \(Self.maximumSize)"
      throw JSONError(source: source, position: nil, pointer: "", problem: problem)
    }
    var parser = initial
    do {
      try parser.parse(bytes.span)
    } catch {
      throw JSONError(
        source: source, position: Self.position(in: bytes, offset: error.offset),
        pointer: Self.pointer(parser, text: bytes, key: error.key), problem: error.problem)
    }
    self.source = source
    self.bytes = bytes
    self.nodes = parser.nodes
    self.end = parser.position
  }

  /// The document's only outermost value.
  public var root: JSONValue {
    JSONValue(document: self, index: 0)
  }

  /// The value that a JSON pointer (RFC 6901) names, `null` included.
  public func value(at pointer: String) -> JSONValue? {
    let (value, isExact) = nearest(to: pointer)
    return isExact ? value : nil
  }

  /// Where the value stands that a JSON pointer names, or the innermost container of it that exists.
  ///
  /// Rules that span several properties know pointers, not values; their errors get line and column here.
  public func position(of pointer: String) -> JSONPosition {
    nearest(to: pointer).value.position
  }

  private func nearest(to pointer: String) -> (value: JSONValue, isExact: Bool) {
    var value = root
    guard let tokens = JSONPointer.tokens(of: pointer) else { return (value, false) }
    for token in tokens {
      guard let child = value.child(token) else { return (value, false) }
      value = child
    }
    return (value, true)
  }
}

// MARK: Finding places. All of it happens only once something is wrong.

extension JSONDocument {
  static func position(in bytes: [UInt8], offset: Int) -> JSONPosition {
    var position = JSONPosition(line: 1, column: 1)
    for byte in bytes.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        position.line += 1
        position.column = 1
      } else if byte & 0xC0 != 0x80 {
        // Continuation bytes belong to the column of their first byte.
        position.column += 1
      }
    }
    return position
  }

  /// The pointer of a node: the way down from the root, through the containers whose range includes it.
  func pointer(to target: Int) -> String {
    var pointer = ""
    var container = 0
    while container < target, let step = step(from: container, to: target) {
      pointer = JSONPointer.appending(step.token, to: pointer)
      container = step.child
    }
    return pointer
  }

  private func step(from container: Int, to target: Int) -> (token: String, child: Int)? {
    let isObject = nodes[container].kind == .object
    var child = container + 1
    for position in 0..<Int(nodes[container].length) {
      let value = isObject ? child + 1 : child
      if target < Int(nodes[value].next) {
        return (isObject ? string(of: nodes[child]) : String(position), value)
      }
      child = Int(nodes[value].next)
    }
    return nil
  }

  /// The pointer to where a parser stopped: the keys and indices of the containers that were open.
  private static func pointer(_ parser: JSONParser, text: [UInt8], key: Int?) -> String {
    let nodes = parser.nodes
    var pointer = ""
    for (depth, container) in parser.open.enumerated() {
      let isLast = depth + 1 == parser.open.count
      let inner = isLast ? nodes.count : parser.open[depth + 1]
      if nodes[container].kind == .array {
        pointer += "/\(nodes[container].length)"
        continue
      }
      // The key whose value is missing or being read stands before that value.
      let current = isLast ? key ?? inner - 1 : inner - 1
      if nodes[current].kind == .key {
        let token = String(decoding: JSONParser.bytes(of: text.span, nodes[current]), as: UTF8.self)
        pointer = JSONPointer.appending(token, to: pointer)
      }
    }
    return pointer
  }

  func string(of node: JSONNode) -> String {
    if node.isEscaped { return String(decoding: decoded(node), as: UTF8.self) }
    let start = Int(node.start)
    return String(decoding: bytes[start..<start + Int(node.length)], as: UTF8.self)
  }
  /// A text's content with its escapes resolved.
  func decoded(_ node: JSONNode) -> [UInt8] {
    let text = bytes
    return JSONParser.bytes(of: text.span, node)
  }
}
