// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Writes JSON text.
///
/// A document is written as it is nested: containers take a closure that writes what they contain, and commas and line
/// breaks come by themselves.
///
///     var writer = JSONWriter(.pretty)
///     writer.object { writer in
///       writer.member("id", "web")
///       writer.member("pids") { $0.array { $0.value(1) } }
///     }
public struct JSONWriter {
  /// How the text is laid out.
  public enum Layout: Sendable {
    /// On one line, without spaces.
    case compact
    /// A line per value, indented by two spaces per level.
    case pretty
    /// A line per value, indented by a tab per level.
    case tabbed
  }

  /// What was written so far, UTF-8.
  public private(set) var bytes: [UInt8] = []
  private let layout: Layout
  private var depth = 0
  /// Whether the innermost container has a value already.
  private var needsComma = false
  /// Whether a key was just written, so that a value belongs to it.
  private var isAfterKey = false

  public init(_ layout: Layout = .compact) {
    self.layout = layout
  }

  // MARK: Values

  /// Writes an object; the closure calls the `member` functions.
  public mutating func object<E: Error>(_ members: (inout JSONWriter) throws(E) -> Void) throws(E) {
    try container(open: UInt8(ascii: "{"), close: UInt8(ascii: "}"), members)
  }

  /// Writes an array; the closure writes its values.
  public mutating func array<E: Error>(_ elements: (inout JSONWriter) throws(E) -> Void) throws(E) {
    try container(open: UInt8(ascii: "["), close: UInt8(ascii: "]"), elements)
  }

  /// Writes an array with a value, or whatever the closure writes, per element.
  public mutating func array<S: Sequence, E: Error>(
    of elements: S, _ write: (inout JSONWriter, S.Element) throws(E) -> Void
  ) throws(E) {
    try array { writer throws(E) in
      for element in elements {
        try write(&writer, element)
      }
    }
  }

  public mutating func value(_ text: String) {
    startValue()
    Self.append(quoted: text, to: &bytes)
  }

  public mutating func value(_ flag: Bool) {
    startValue()
    append(flag ? "true" : "false")
  }

  public mutating func value(_ number: some FixedWidthInteger) {
    startValue()
    append(String(number))
  }

  /// Writes a number with the fewest digits that read back the same, or `null` for infinity and NaN, which JSON lacks.
  public mutating func value(_ number: Double) {
    startValue()
    append(number.isFinite ? String(number) : "null")
  }

  public mutating func null() {
    startValue()
    append("null")
  }

  // MARK: Members. A `nil` leaves the member out.

  public mutating func member<E: Error>(_ key: String, _ value: (inout JSONWriter) throws(E) -> Void)
    throws(E)
  {
    startValue()
    Self.append(quoted: key, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    if layout != .compact { bytes.append(UInt8(ascii: " ")) }
    isAfterKey = true
    try value(&self)
  }

  public mutating func member(_ key: String, _ value: String?) {
    guard let value else { return }
    member(key) { $0.value(value) }
  }

  public mutating func member(_ key: String, _ value: Bool?) {
    guard let value else { return }
    member(key) { $0.value(value) }
  }

  public mutating func member(_ key: String, _ value: (some FixedWidthInteger)?) {
    guard let value else { return }
    member(key) { $0.value(value) }
  }

  public mutating func member(_ key: String, _ value: Double?) {
    guard let value else { return }
    member(key) { $0.value(value) }
  }

  public mutating func member(_ key: String, _ values: [String]?) {
    guard let values else { return }
    member(key) { $0.array(of: values) { $0.value($1) } }
  }

  // MARK: Copies

  /// Writes a value of a document; numbers stay as they are spelled there.
  public mutating func copy(_ value: JSONValue) {
    if let array = value.arrayOrNil {
      self.array(of: array) { (writer: inout JSONWriter, element: JSONValue) in writer.copy(element) }
    } else if let object = value.objectOrNil {
      self.object { (writer: inout JSONWriter) in
        for member in object.members {
          writer.member(member.key) { (writer: inout JSONWriter) in writer.copy(member.value) }
        }
      }
    } else if value.kind == .string {
      self.value(value.document.string(of: value.node))
    } else {
      // null, true, false and numbers are their own text.
      startValue()
      let node = value.node
      bytes += value.document.bytes[Int(node.start)..<Int(node.start) + Int(node.length)]
    }
  }

  // MARK: Layout

  private mutating func container<E: Error>(
    open: UInt8, close: UInt8, _ content: (inout JSONWriter) throws(E) -> Void
  ) throws(E) {
    startValue()
    bytes.append(open)
    depth += 1
    needsComma = false
    try content(&self)
    depth -= 1
    if needsComma { breakLine() }
    bytes.append(close)
    needsComma = true
  }

  private mutating func startValue() {
    if isAfterKey {
      isAfterKey = false
      needsComma = true
      return
    }
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    if depth > 0 { breakLine() }
    needsComma = true
  }

  private mutating func breakLine() {
    switch layout {
    case .compact: return
    case .pretty:
      bytes.append(UInt8(ascii: "\n"))
      bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    case .tabbed:
      bytes.append(UInt8(ascii: "\n"))
      bytes.append(contentsOf: repeatElement(UInt8(ascii: "\t"), count: depth))
    }
  }

  private mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  // MARK: Texts

  /// A text as a JSON string, in quotation marks.
  public static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    append(quoted: text, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A text with its control characters escaped as in a JSON string, for messages: keys, paths and options may hold any,
  /// a message is one line, and drives no terminal.
  public static func printable(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
    return text.unicodeScalars.map { scalar in
      let isControl = scalar.properties.generalCategory == .control
      return isControl ? String(quoted(String(scalar)).dropFirst().dropLast()) : String(scalar)
    }.joined()
  }

  /// Control characters are escaped, DEL and the C1 range (U+0080 to U+009F) included, although JSON allows those: what
  /// is written here ends up on terminals.
  private static func append(quoted text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    var previous: UInt8 = 0
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0x0A:
        bytes.append(contentsOf: "\\n".utf8)
      case 0x09:
        bytes.append(contentsOf: "\\t".utf8)
      case 0x0D:
        bytes.append(contentsOf: "\\r".utf8)
      case 0..<0x20, 0x7F:
        append(escape: byte, to: &bytes)
      case 0x80..<0xA0 where previous == 0xC2:
        // The second byte of U+0080 to U+009F; the first is there already.
        bytes.removeLast()
        append(escape: byte, to: &bytes)
      default:
        bytes.append(byte)
      }
      previous = byte
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func append(escape byte: UInt8, to bytes: inout [UInt8]) {
    let digits = String(byte, radix: 16)
    bytes.append(contentsOf: "\\u00".utf8)
    if digits.utf8.count < 2 { bytes.append(UInt8(ascii: "0")) }
    bytes.append(contentsOf: digits.utf8)
  }
}
