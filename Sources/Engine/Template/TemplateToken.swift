// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// The pieces of the text between `{{` and `}}`.
enum TemplateToken: Equatable {
  case identifier(String)
  /// `.Name` at the beginning of an operand, or `.` alone (empty name).
  case field(String)
  /// `.Name` right behind a field, a variable or a parenthesis.
  case member(String)
  /// `$`, `$name`; the name without the dollar.
  case variable(String)
  case string(String)
  case integer(Int64)
  case pipe, openParenthesis, closeParenthesis, comma, declare, assign

  var canHaveMembers: Bool {
    switch self {
    case .field, .member, .variable, .closeParenthesis: true
    default: false
    }
  }
}

/// Splits a template into text and actions, and actions into tokens.
struct TemplateLexer {
  /// A stretch of literal text, or the tokens of one action.
  enum Piece: Equatable {
    case text(String)
    case action([TemplateToken])
  }

  private var rest: Substring.UTF8View

  /// Splits the whole template.
  ///
  /// `{{- ` and ` -}}` take away the white space beside the action; `{{/* … */}}` is a comment.
  static func split(_ template: String) throws(EngineError) -> [Piece] {
    var pieces: [Piece] = []
    var rest = Substring(template)
    var trimsStart = false
    while true {
      guard let open = range(of: "{{", in: rest) else {
        let text = trimsStart ? trimmingStart(rest) : rest
        if !text.isEmpty { pieces.append(.text(String(text))) }
        return pieces
      }
      var text = rest[..<open.lowerBound]
      var body = rest[open.upperBound...]
      if trimsStart { text = trimmingStart(text) }
      if body.hasPrefix("- ") || body.hasPrefix("-\t") || body.hasPrefix("-\n") {
        text = trimmingEnd(text)
        body = body.dropFirst(2)
      }
      if !text.isEmpty { pieces.append(.text(String(text))) }
      let action = try takeAction(&body)
      trimsStart = action.trimsAfter
      if let tokens = action.tokens { pieces.append(.action(tokens)) }
      rest = body
    }
  }

  /// Takes the tokens up to `}}`; nil for a comment.
  private static func takeAction(
    _ body: inout Substring
  ) throws(EngineError) -> (tokens: [TemplateToken]?, trimsAfter: Bool) {
    if body.hasPrefix("/*") {
      guard let close = range(of: "*/", in: body) else { throw EngineError("the comment is not closed") }
      body = body[close.upperBound...]
      if body.hasPrefix(" -}}") {
        body = body.dropFirst(4)
        return (nil, true)
      }
      guard body.hasPrefix("}}") else { throw EngineError("}} must follow the end of a comment") }
      body = body.dropFirst(2)
      return (nil, false)
    }
    var lexer = TemplateLexer(rest: body.utf8)
    var tokens: [TemplateToken] = []
    while true {
      let hadSpace = lexer.skipSpace()
      let trims = hadSpace && lexer.take("-}}")
      if trims || lexer.take("}}") {
        body = Substring(lexer.rest)
        return (tokens, trims)
      }
      guard var token = try lexer.next() else { throw EngineError("an action is not closed by }}") }
      if case .field(let name) = token, !hadSpace, tokens.last?.canHaveMembers ?? false {
        if name.isEmpty { throw EngineError("a field's name is missing behind a dot") }
        token = .member(name)
      }
      tokens.append(token)
    }
  }

  private mutating func skipSpace() -> Bool {
    let before = rest.count
    rest = rest.drop(while: Byte.isSpace)
    return rest.count != before
  }

  private mutating func take(_ text: String) -> Bool {
    guard rest.starts(with: text.utf8) else { return false }
    rest = rest.dropFirst(text.utf8.count)
    return true
  }

  /// The next token; nil at the end of the template.
  private mutating func next() throws(EngineError) -> TemplateToken? {
    guard let byte = rest.first else { return nil }
    switch byte {
    case UInt8(ascii: "|"): return single(.pipe)
    case UInt8(ascii: "("): return single(.openParenthesis)
    case UInt8(ascii: ")"): return single(.closeParenthesis)
    case Byte.comma: return single(.comma)
    case Byte.equals: return single(.assign)
    case Byte.colon where take(":="): return .declare
    case Byte.dot:
      rest.removeFirst()
      return .field(takeName())
    case UInt8(ascii: "$"):
      rest.removeFirst()
      return .variable(takeName())
    case Byte.quote: return .string(try takeQuoted())
    case UInt8(ascii: "`"): return .string(try takeRaw())
    case _ where Byte.isDigit(byte) || byte == Byte.dash:
      let text = String(decoding: [rest.removeFirst()] + takeWhile(Byte.isDigit), as: UTF8.self)
      guard let number = decimal(text, as: Int64.self) else {
        throw EngineError("\(text.quoted) is no number")
      }
      return .integer(number)
    case _ where Byte.isLetter(byte) || byte == Byte.underscore: return .identifier(takeName())
    default: throw EngineError("unexpected character \(String(decoding: [byte], as: UTF8.self).quoted)")
    }
  }

  private mutating func single(_ token: TemplateToken) -> TemplateToken {
    rest.removeFirst()
    return token
  }

  private mutating func takeWhile(_ matches: (UInt8) -> Bool) -> [UInt8] {
    let bytes = Array(rest.prefix(while: matches))
    rest = rest.dropFirst(bytes.count)
    return bytes
  }

  private mutating func takeName() -> String {
    String(
      decoding: takeWhile { Byte.isAlphanumeric($0) || $0 == Byte.underscore || $0 >= 0x80 }, as: UTF8.self)
  }

  private mutating func takeRaw() throws(EngineError) -> String {
    rest.removeFirst()
    let bytes = takeWhile { $0 != UInt8(ascii: "`") }
    guard rest.popFirst() != nil else { throw EngineError("a backquote is not closed") }
    return String(decoding: bytes, as: UTF8.self)
  }

  private mutating func takeQuoted() throws(EngineError) -> String {
    rest.removeFirst()
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      if byte == Byte.quote { return String(decoding: bytes, as: UTF8.self) }
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      switch rest.popFirst() {
      case UInt8(ascii: "n"): bytes.append(Byte.newline)
      case UInt8(ascii: "t"): bytes.append(Byte.tab)
      case UInt8(ascii: "r"): bytes.append(UInt8(ascii: "\r"))
      case Byte.quote: bytes.append(Byte.quote)
      case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
      default: throw EngineError("an unknown escape stands in a string")
      }
    }
    throw EngineError("a double quote is not closed")
  }

  private static func range(of needle: String, in text: Substring) -> Range<Substring.Index>? {
    let bytes = text.utf8
    let wanted = Array(needle.utf8)
    var index = bytes.startIndex
    while index != bytes.endIndex {
      if bytes[index...].starts(with: wanted) {
        return index..<bytes.index(index, offsetBy: wanted.count)
      }
      index = bytes.index(after: index)
    }
    return nil
  }

  private static func trimmingStart(_ text: Substring) -> Substring {
    Substring(text.utf8.drop(while: Byte.isSpace))
  }

  private static func trimmingEnd(_ text: Substring) -> Substring {
    var bytes = text.utf8
    while let last = bytes.last, Byte.isSpace(last) { bytes.removeLast() }
    return Substring(bytes)
  }
}
