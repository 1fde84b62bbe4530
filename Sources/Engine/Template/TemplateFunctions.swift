// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// The functions of templates: those of Go's text/template, and those that Docker adds.
enum TemplateFunctions {
  /// What Go prints for a key that a map does not have.
  static let noValue = Document.string("<no value>")

  static func call(_ name: String, _ arguments: [Document]) throws(EngineError) -> Document {
    switch name {
    case "json": return .string(try single(name, arguments).json())
    case "len": return .integer(try length(try single(name, arguments)))
    case "index": return try index(arguments)
    case "slice": return try slice(arguments)
    case "join":
      let (list, separator) = try two(name, arguments)
      guard let elements = list.elements, let separator = separator.text else {
        throw EngineError("join takes a list and a separator")
      }
      return .string(elements.map(text(of:)).joined(separator: separator))
    case "split":
      let (value, separator) = try two(name, arguments)
      guard let value = value.text, let separator = separator.text else {
        throw EngineError("split takes two strings")
      }
      return .strings(split(value, separator))
    case "lower": return .string(try string(name, arguments).lowercased())
    case "upper": return .string(try string(name, arguments).uppercased())
    case "title": return .string(titled(try string(name, arguments)))
    case "truncate":
      let (value, count) = try two(name, arguments)
      guard let value = value.text, let count = count.number else {
        throw EngineError("truncate takes a string and a number")
      }
      return .string(String(value.prefix(Int(clamping: max(0, count)))))
    case "pad": return try pad(arguments)
    case "print": return .string(printed(arguments))
    case "println": return .string(arguments.map(text(of:)).joined(separator: " ") + "\n")
    case "printf":
      guard let format = arguments.first?.text else {
        throw EngineError("printf takes a format string first")
      }
      return .string(try TemplateFormat.format(format, Array(arguments.dropFirst())))
    case "and", "or":
      guard let last = arguments.last else { throw EngineError("\(name) takes at least one value") }
      return last
    case "not": return .bool(!isTrue(try single(name, arguments)))
    case "eq", "ne", "lt", "le", "gt", "ge": return .bool(try compare(name, arguments))
    default: throw EngineError("there is no function \(name.quoted)")
    }
  }

  /// Whether Go takes the value for true: not null, false, zero or empty.
  static func isTrue(_ value: Document) -> Bool {
    switch value {
    case .null: false
    case .bool(let flag): flag
    case .integer(let number): number != 0
    case .string(let text): !text.isEmpty
    case .list(let elements): !elements.isEmpty
    case .record: true
    case .map(let members): !members.isEmpty
    }
  }

  /// The text that Go's `%v` gives.
  static func text(of value: Document) -> String {
    switch value {
    case .null: "<nil>"
    case .bool(let flag): flag ? "true" : "false"
    case .integer(let number): String(number)
    case .string(let text): text
    case .list(let elements): "[" + elements.map(text(of:)).joined(separator: " ") + "]"
    case .record(let members): "{" + members.map { text(of: $0.value) }.joined(separator: " ") + "}"
    case .map(let members):
      "map["
        + members.sorted { $0.key < $1.key }.map { "\($0.key):\(text(of: $0.value))" }.joined(separator: " ")
        + "]"
    }
  }

  // MARK: Arguments

  private static func single(_ name: String, _ arguments: [Document]) throws(EngineError) -> Document {
    guard arguments.count == 1 else { throw EngineError("\(name) takes one value, not \(arguments.count)") }
    return arguments[0]
  }

  private static func two(_ name: String, _ arguments: [Document]) throws(EngineError) -> (Document, Document)
  {
    guard arguments.count == 2 else { throw EngineError("\(name) takes two values, not \(arguments.count)") }
    return (arguments[0], arguments[1])
  }

  private static func string(_ name: String, _ arguments: [Document]) throws(EngineError) -> String {
    guard let text = try single(name, arguments).text else { throw EngineError("\(name) takes a string") }
    return text
  }

  // MARK: Functions

  private static func length(_ value: Document) throws(EngineError) -> Int64 {
    switch value {
    case .string(let text): Int64(text.utf8.count)
    case .list(let elements): Int64(elements.count)
    case .record(let members), .map(let members): Int64(members.count)
    case .null: 0
    default: throw EngineError("len takes a list, a map or a string")
    }
  }

  /// `index VALUE KEY…`: members of maps and elements of lists, one level per key.
  private static func index(_ arguments: [Document]) throws(EngineError) -> Document {
    guard var value = arguments.first else { throw EngineError("index takes a value and keys") }
    for key in arguments.dropFirst() {
      switch (value, key) {
      case (.list(let elements), .integer(let number)):
        guard let position = Int(exactly: number), elements.indices.contains(position) else {
          throw EngineError("index \(number) is out of range: the list has \(elements.count) elements")
        }
        value = elements[position]
      // A key that a map does not have gives the empty value, not an error.
      case (.map, .string(let name)), (.record, .string(let name)): value = value[name] ?? .string("")
      case (.null, _): value = .string("")
      default: throw EngineError("index cannot look up \(text(of: key).quoted) in \(text(of: value).quoted)")
      }
    }
    return value
  }

  private static func slice(_ arguments: [Document]) throws(EngineError) -> Document {
    guard let value = arguments.first, arguments.count <= 3 else {
      throw EngineError("slice takes a value and up to two positions")
    }
    var positions: [Int] = []
    for argument in arguments.dropFirst() {
      guard let number = argument.number, let position = Int(exactly: number) else {
        throw EngineError("slice takes numbers as positions")
      }
      positions.append(position)
    }
    let count = Int(try length(value))
    let start = positions.first ?? 0
    let end = positions.count > 1 ? positions[1] : count
    guard start >= 0, start <= end, end <= count else {
      throw EngineError("slice \(start) to \(end) is out of range: the length is \(count)")
    }
    switch value {
    case .string(let text): return .string(String(decoding: Array(text.utf8)[start..<end], as: UTF8.self))
    case .list(let elements): return .list(Array(elements[start..<end]))
    default: throw EngineError("slice takes a string or a list")
    }
  }

  private static func split(_ text: String, _ separator: String) -> [String] {
    if separator.isEmpty { return text.map(String.init) }
    let wanted = Array(separator.utf8)
    var result: [String] = []
    var piece: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.first {
      if rest.starts(with: wanted) {
        result.append(String(decoding: piece, as: UTF8.self))
        piece = []
        rest = rest.dropFirst(wanted.count)
      } else {
        piece.append(byte)
        rest.removeFirst()
      }
    }
    return result + [String(decoding: piece, as: UTF8.self)]
  }

  private static func titled(_ text: String) -> String {
    var atStart = true
    return String(
      text.flatMap { character -> String in
        defer { atStart = character == " " }
        return atStart ? character.uppercased() : String(character)
      })
  }

  /// Docker's `pad VALUE BEFORE AFTER`: blanks on both sides, none around an empty text.
  private static func pad(_ arguments: [Document]) throws(EngineError) -> Document {
    guard arguments.count == 3, let text = arguments[0].text, let before = arguments[1].number,
      let after = arguments[2].number, (0...1000).contains(before), (0...1000).contains(after)
    else { throw EngineError("pad takes a string and two numbers") }
    if text.isEmpty { return .string("") }
    return .string(
      String(repeating: " ", count: Int(before)) + text + String(repeating: " ", count: Int(after)))
  }

  /// As Go's Sprint: a blank between two operands of which neither is a string.
  private static func printed(_ arguments: [Document]) -> String {
    var result = ""
    for (index, argument) in arguments.enumerated() {
      if index > 0, argument.text == nil, arguments[index - 1].text == nil { result += " " }
      result += text(of: argument)
    }
    return result
  }

  private static func compare(_ name: String, _ arguments: [Document]) throws(EngineError) -> Bool {
    guard arguments.count >= 2 else { throw EngineError("\(name) takes two values") }
    // `eq` takes further values: equal to any of them.
    if name == "eq" {
      for other in arguments.dropFirst() where try order(arguments[0], other) == 0 { return true }
      return false
    }
    let result = try order(arguments[0], arguments[1])
    switch name {
    case "ne": return result != 0
    case "lt": return result < 0
    case "le": return result <= 0
    case "gt": return result > 0
    default: return result >= 0
    }
  }

  private static func order(_ a: Document, _ b: Document) throws(EngineError) -> Int {
    switch (a, b) {
    case (.integer(let a), .integer(let b)): return a == b ? 0 : a < b ? -1 : 1
    case (.string(let a), .string(let b)): return a == b ? 0 : a < b ? -1 : 1
    case (.bool(let a), .bool(let b)): return a == b ? 0 : 1
    case (.null, .null): return 0
    case (.null, _), (_, .null): return 1
    default: throw EngineError("\(text(of: a).quoted) and \(text(of: b).quoted) cannot be compared")
    }
  }
}
