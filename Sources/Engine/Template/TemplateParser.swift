// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What a template does, parsed.
indirect enum TemplateNode: Equatable, Sendable {
  case text(String)
  /// Prints the value.
  case output(TemplatePipeline)
  case condition(TemplatePipeline, then: [TemplateNode], otherwise: [TemplateNode])
  case loop(TemplatePipeline, body: [TemplateNode], otherwise: [TemplateNode])
  case with(TemplatePipeline, body: [TemplateNode], otherwise: [TemplateNode])
}

/// Commands joined by `|`: the value of each becomes the last argument of the next.
struct TemplatePipeline: Equatable, Sendable {
  /// Variables that take the value; for a loop, possibly the index and the element.
  var variables: [String] = []
  /// Whether the variables are new (`:=`).
  var declares = false
  /// Each is an operand, or a function with its arguments.
  var commands: [[TemplateOperand]]
}

/// A value inside an action.
indirect enum TemplateOperand: Equatable, Sendable {
  case literal(Document)
  case function(String)
  /// A chain of fields from the dot, from a variable, or from a parenthesis.
  case path(TemplateBase, [String])
}

/// Where a chain of fields starts.
indirect enum TemplateBase: Equatable, Sendable {
  case dot
  case variable(String)
  case pipeline(TemplatePipeline)
}

/// Parses the actions of Go's text/template that people use with `--format`: output, `if`, `else`, `range`, `with`,
/// `end`, variables, pipes and parentheses. `define`, `template`, `block` and `break` are not supported.
struct TemplateParser {
  private let pieces: [TemplateLexer.Piece]
  private var index = 0

  /// Deeper nesting is refused; the parser and the evaluator recurse.
  private static let deepest = 64

  static func parse(_ template: String) throws(EngineError) -> [TemplateNode] {
    var parser = TemplateParser(pieces: try TemplateLexer.split(template))
    let (nodes, stop) = try parser.nodes(depth: 0)
    if let stop { throw EngineError("unexpected {{\(stop.word)}}") }
    return nodes
  }

  private init(pieces: [TemplateLexer.Piece]) { self.pieces = pieces }

  /// What ended a list of nodes: `end`, or `else` with the tokens behind it.
  private struct Stop {
    var word: String
    var rest: [TemplateToken]
  }

  private mutating func nodes(depth: Int) throws(EngineError) -> ([TemplateNode], Stop?) {
    if depth > Self.deepest { throw EngineError("nested deeper than \(Self.deepest) levels") }
    var result: [TemplateNode] = []
    while index < pieces.count {
      let piece = pieces[index]
      index += 1
      guard case .action(let tokens) = piece else {
        if case .text(let text) = piece { result.append(.text(text)) }
        continue
      }
      guard case .identifier(let word)? = tokens.first else {
        result.append(.output(try pipeline(tokens[...])))
        continue
      }
      let rest = Array(tokens.dropFirst())
      switch word {
      case "if", "range", "with": result.append(try block(word, rest, depth: depth))
      case "end" where rest.isEmpty, "else": return (result, Stop(word: word, rest: rest))
      case "end", "define", "template", "block", "break", "continue":
        throw EngineError("{{\(word) …}} is not supported")
      default: result.append(.output(try pipeline(tokens[...])))
      }
    }
    return (result, nil)
  }

  /// Parses a block whose opening action is `word head`; the index stands on the piece behind it, and afterwards on
  /// the piece behind its `end`.
  private mutating func block(_ word: String, _ head: [TemplateToken], depth: Int) throws(EngineError)
    -> TemplateNode
  {
    if head.isEmpty { throw EngineError("{{\(word)}} needs a value") }
    let value = try pipeline(head[...], variablesAllowed: word == "range" ? 2 : 1)
    let (body, stop) = try nodes(depth: depth + 1)
    guard let stop else { throw EngineError("{{\(word)}} has no {{end}}") }
    var otherwise: [TemplateNode] = []
    if stop.word == "else" {
      if case .identifier(let next)? = stop.rest.first, next == "if" || next == "with" {
        // `else if` is a block of its own that shares the end.
        otherwise = [try block(next, Array(stop.rest.dropFirst()), depth: depth + 1)]
      } else {
        guard stop.rest.isEmpty else { throw EngineError("unexpected text behind {{else") }
        let (rest, second) = try nodes(depth: depth + 1)
        guard second?.word == "end" else { throw EngineError("{{else}} has no {{end}}") }
        otherwise = rest
      }
    }
    switch word {
    case "if": return .condition(value, then: body, otherwise: otherwise)
    case "range": return .loop(value, body: body, otherwise: otherwise)
    default: return .with(value, body: body, otherwise: otherwise)
    }
  }

  private func pipeline(
    _ tokens: ArraySlice<TemplateToken>, variablesAllowed: Int = 1, depth: Int = 0
  ) throws(EngineError) -> TemplatePipeline {
    if depth > Self.deepest { throw EngineError("parentheses nested deeper than \(Self.deepest) levels") }
    var tokens = tokens
    var result = TemplatePipeline(commands: [])
    try takeDeclaration(&tokens, into: &result, limit: variablesAllowed)
    var command: [TemplateOperand] = []
    while let token = tokens.first {
      if token == .pipe {
        if command.isEmpty { throw EngineError("a value is missing before |") }
        result.commands.append(command)
        command = []
        tokens.removeFirst()
        continue
      }
      command.append(try operand(&tokens, depth: depth))
    }
    if command.isEmpty { throw EngineError("a value is missing") }
    result.commands.append(command)
    return result
  }

  /// `$x :=`, `$x =`, and for loops `$i, $x :=`.
  private func takeDeclaration(
    _ tokens: inout ArraySlice<TemplateToken>, into pipeline: inout TemplatePipeline, limit: Int
  ) throws(EngineError) {
    var ahead = tokens
    var names: [String] = []
    while case .variable(let name)? = ahead.first {
      names.append(name)
      ahead.removeFirst()
      if ahead.first == .comma { ahead.removeFirst() } else { break }
    }
    guard !names.isEmpty, ahead.first == .declare || ahead.first == .assign else { return }
    guard names.count <= limit, !names.contains("") else {
      throw EngineError("a declaration has too many variables")
    }
    pipeline.variables = names
    pipeline.declares = ahead.removeFirst() == .declare
    tokens = ahead
  }

  private func operand(
    _ tokens: inout ArraySlice<TemplateToken>, depth: Int
  ) throws(EngineError) -> TemplateOperand {
    switch tokens.removeFirst() {
    case .string(let text): return .literal(.string(text))
    case .integer(let number): return .literal(.integer(number))
    case .identifier("true"): return .literal(.bool(true))
    case .identifier("false"): return .literal(.bool(false))
    case .identifier("nil"): return .literal(.null)
    case .identifier(let name): return .function(name)
    case .field(let name): return .path(.dot, (name.isEmpty ? [] : [name]) + takeFields(&tokens))
    case .variable(let name): return .path(.variable(name), takeFields(&tokens))
    case .openParenthesis:
      let inner = try takeParenthesis(&tokens)
      return .path(.pipeline(try pipeline(inner, depth: depth + 1)), takeFields(&tokens))
    case .closeParenthesis: throw EngineError("unexpected )")
    case .pipe, .comma, .declare, .assign, .member: throw EngineError("a value is missing")
    }
  }

  private func takeFields(_ tokens: inout ArraySlice<TemplateToken>) -> [String] {
    var names: [String] = []
    while case .member(let name)? = tokens.first {
      names.append(name)
      tokens.removeFirst()
    }
    return names
  }

  private func takeParenthesis(_ tokens: inout ArraySlice<TemplateToken>) throws(EngineError) -> ArraySlice<
    TemplateToken
  > {
    var depth = 1
    for index in tokens.indices {
      if tokens[index] == .openParenthesis { depth += 1 }
      if tokens[index] == .closeParenthesis { depth -= 1 }
      guard depth == 0 else { continue }
      let inner = tokens[..<index]
      tokens = tokens[(index + 1)...]
      return inner
    }
    throw EngineError("a parenthesis is not closed")
  }
}
