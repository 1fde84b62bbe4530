// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

extension DBusValue {
  /// Reads GVariant's text format, as far as D-Bus has it: `true`, `5`, `uint64 5`, `1.5`, `'text'`, `"text"`,
  /// `@as []`, `['a', 'b']`, `(1, 'a')`, `<value>`. A number without a type is an `int32`, or a `double` if it has a
  /// point or an exponent, as with g_variant_parse().
  public init(text: String) throws(DBusError) {
    var parser = TextParser(text)
    self = try parser.value(nil, depth: 0)
    try parser.finish()
  }
}

/// A cursor over GVariant's text format.
private struct TextParser {
  private let bytes: [UInt8]
  private var position = 0

  private static let deepest = 32

  init(_ text: String) { bytes = Array(text.utf8) }

  private static let types: [(word: String, code: String)] = [
    ("boolean", "b"), ("byte", "y"), ("int16", "n"), ("uint16", "q"), ("int32", "i"), ("uint32", "u"),
    ("int64", "x"), ("uint64", "t"), ("double", "d"), ("string", "s"), ("objectpath", "o"),
    ("signature", "g"),
  ]

  /// - Parameter type: what the value has to be; nil where it says so itself.
  mutating func value(_ type: String?, depth: Int) throws(DBusError) -> DBusValue {
    if depth > Self.deepest { throw .malformed("values are nested too deeply") }
    skipBlanks()
    guard let first = peek else { throw failure("a value is missing") }
    switch first {
    case UInt8(ascii: "@"):
      position += 1
      let signature = word { $0 > 0x20 }
      guard Signature.types(signature)?.count == 1 else { throw failure("\"\(signature)\" is not a type") }
      return try value(signature, depth: depth + 1)
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return try texts(try quoted(first), type)
    case UInt8(ascii: "["): return try array(type, depth: depth + 1)
    case UInt8(ascii: "("): return try tuple(type, depth: depth + 1)
    case UInt8(ascii: "<"):
      position += 1
      let inner = try value(nil, depth: depth + 1)
      try expect(UInt8(ascii: ">"))
      return .variant(inner)
    default: return try plain(type, depth: depth)
    }
  }

  mutating func finish() throws(DBusError) {
    skipBlanks()
    if position < bytes.count { throw failure("something follows the value") }
  }

  // MARK: Words and numbers

  private mutating func plain(_ type: String?, depth: Int) throws(DBusError) -> DBusValue {
    let text = word { byte in
      byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
        || byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
    }
    if text == "true" || text == "false" {
      guard type == nil || type == "b" else { throw failure("\(text) is not of type \(type ?? "")") }
      return .boolean(text == "true")
    }
    if let entry = Self.types.first(where: { $0.word == text }) {
      guard type == nil || type == entry.code else {
        throw failure("\(text) where \(type ?? "") is expected")
      }
      return try value(entry.code, depth: depth + 1)
    }
    return try number(text, type)
  }

  private func number(_ text: String, _ type: String?) throws(DBusError) -> DBusValue {
    let isHexadecimal = text.utf8.starts(with: "0x".utf8)
    let isFraction = !isHexadecimal && text.utf8.contains { ".eE".utf8.contains($0) }
    let result: DBusValue? =
      switch type ?? (isFraction ? "d" : "i") {
      case "y": integer(text).map { .byte($0) }
      case "n": integer(text).map { .int16($0) }
      case "q": integer(text).map { .uint16($0) }
      case "i": integer(text).map { .int32($0) }
      case "u": integer(text).map { .uint32($0) }
      case "x": integer(text).map { .int64($0) }
      case "t": integer(text).map { .uint64($0) }
      case "d": Double(text).map { .double($0) }
      default: nil
      }
    guard let result else {
      throw failure("\"\(text)\" is not a value" + (type.map { " of type \($0)" } ?? ""))
    }
    return result
  }

  private func integer<T: FixedWidthInteger>(_ text: String) -> T? {
    if text.utf8.starts(with: "0x".utf8) { return T(text.dropFirst(2), radix: 16) }
    return T(text)
  }

  private func texts(_ text: String, _ type: String?) throws(DBusError) -> DBusValue {
    switch type {
    case nil, "s": return .string(text)
    case "o" where Encoder.isObjectPath(text): return .objectPath(text)
    case "g" where Signature.types(text) != nil: return .signature(text)
    default: throw failure("\"\(text)\" is not of type \(type ?? "")")
    }
  }

  private mutating func quoted(_ quote: UInt8) throws(DBusError) -> String {
    position += 1
    var result: [UInt8] = []
    while let byte = peek {
      position += 1
      if byte == quote { return String(decoding: result, as: UTF8.self) }
      guard byte == UInt8(ascii: "\\") else {
        result.append(byte)
        continue
      }
      guard let escaped = peek else { break }
      position += 1
      switch escaped {
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "r"): result.append(0x0D)
      default: result.append(escaped)
      }
    }
    throw failure("a text has no end")
  }

  // MARK: Containers

  private mutating func array(_ type: String?, depth: Int) throws(DBusError) -> DBusValue {
    position += 1
    var element: String?
    if let type {
      guard type.utf8.first == UInt8(ascii: "a"), type.utf8.count > 1 else {
        throw failure("an array where \(type) is expected")
      }
      element = String(decoding: type.utf8.dropFirst(), as: UTF8.self)
    }
    var values: [DBusValue] = []
    skipBlanks()
    while peek != UInt8(ascii: "]") {
      if !values.isEmpty { try expect(UInt8(ascii: ",")) }
      let value = try value(element, depth: depth)
      if element == nil { element = value.signature }
      guard value.signature == element else { throw failure("the array's values have different types") }
      values.append(value)
      skipBlanks()
    }
    position += 1
    guard let element else { throw failure("the type of [] is unknown: write it in front, as in @as []") }
    return .array(of: element, values)
  }

  private mutating func tuple(_ type: String?, depth: Int) throws(DBusError) -> DBusValue {
    position += 1
    var expected: [String]?
    if let type {
      expected = Signature.types(String(decoding: type.utf8.dropFirst().dropLast(), as: UTF8.self))
      guard type.utf8.first == UInt8(ascii: "("), expected != nil else {
        throw failure("a tuple where \(type) is expected")
      }
    }
    var fields: [DBusValue] = []
    skipBlanks()
    while peek != UInt8(ascii: ")") {
      if !fields.isEmpty { try expect(UInt8(ascii: ",")) }
      skipBlanks()
      // A tuple of one ends with a comma.
      if peek == UInt8(ascii: ")") && fields.count == 1 { break }
      let field = expected.flatMap { fields.count < $0.count ? $0[fields.count] : nil }
      fields.append(try value(field, depth: depth))
      skipBlanks()
    }
    position += 1
    guard !fields.isEmpty, expected.map({ $0.count == fields.count }) ?? true else {
      throw failure("the tuple has \(fields.count) fields")
    }
    return .structure(fields)
  }

  // MARK: The cursor

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipBlanks() {
    while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A { position += 1 }
  }

  private mutating func word(_ belongs: (UInt8) -> Bool) -> String {
    let start = position
    while let byte = peek, belongs(byte) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func expect(_ byte: UInt8) throws(DBusError) {
    skipBlanks()
    guard peek == byte else { throw failure("\"\(Character(UnicodeScalar(byte)))\" is missing") }
    position += 1
  }

  private func failure(_ what: String) -> DBusError { .malformed("\(what), at byte \(position + 1)") }
}
