// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// `printf` of templates: the verbs `%s %d %v %q %t %x %%`, with width, precision and the flags `-` and `0`.
enum TemplateFormat {
  private static let widest = 10_000

  static func format(_ format: String, _ arguments: [Document]) throws(EngineError) -> String {
    var result: [UInt8] = []
    var bytes = format.utf8[...]
    var next = 0
    while let byte = bytes.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        result.append(byte)
        continue
      }
      if bytes.first == UInt8(ascii: "%") {
        bytes.removeFirst()
        result.append(UInt8(ascii: "%"))
        continue
      }
      let spec = try takeSpecification(&bytes)
      guard next < arguments.count else {
        throw EngineError("printf has too few values for \(format.quoted)")
      }
      result += try spec.apply(arguments[next]).utf8
      next += 1
    }
    guard next == arguments.count else {
      throw EngineError("printf has too many values for \(format.quoted)")
    }
    return String(decoding: result, as: UTF8.self)
  }

  private struct Specification {
    var left = false
    var zero = false
    var width = 0
    var precision: Int?
    var verb: UInt8

    func apply(_ value: Document) throws(EngineError) -> String {
      var text: String
      switch verb {
      case UInt8(ascii: "s"), UInt8(ascii: "v"): text = TemplateFunctions.text(of: value)
      case UInt8(ascii: "q"): text = TemplateFunctions.text(of: value).quoted
      case UInt8(ascii: "d"):
        guard let number = value.number else { throw EngineError("printf: %d takes a number") }
        text = String(number)
      case UInt8(ascii: "x"):
        if let number = value.number {
          text = String(number, radix: 16)
        } else {
          text = TemplateFunctions.text(of: value).utf8.map(hexadecimal).joined()
        }
      case UInt8(ascii: "t"):
        guard let flag = value.flag else { throw EngineError("printf: %t takes a boolean") }
        text = flag ? "true" : "false"
      default:
        throw EngineError("printf: the verb %\(String(decoding: [verb], as: UTF8.self)) is not supported")
      }
      if let precision, verb == UInt8(ascii: "s") { text = String(text.prefix(precision)) }
      let missing = width - text.count
      guard missing > 0 else { return text }
      if left { return text + String(repeating: " ", count: missing) }
      return String(repeating: zero && verb == UInt8(ascii: "d") ? "0" : " ", count: missing) + text
    }
  }

  private static func takeSpecification(_ bytes: inout Substring.UTF8View) throws(EngineError)
    -> Specification
  {
    var spec = Specification(verb: 0)
    while let flag = bytes.first, flag == Byte.dash || flag == UInt8(ascii: "0") {
      if flag == Byte.dash { spec.left = true } else { spec.zero = true }
      bytes.removeFirst()
    }
    spec.width = try takeNumber(&bytes)
    if bytes.first == Byte.dot {
      bytes.removeFirst()
      spec.precision = try takeNumber(&bytes)
    }
    guard let verb = bytes.popFirst() else { throw EngineError("printf: a verb is missing behind %") }
    spec.verb = verb
    return spec
  }

  private static func takeNumber(_ bytes: inout Substring.UTF8View) throws(EngineError) -> Int {
    let digits = bytes.prefix(while: Byte.isDigit)
    bytes = bytes.dropFirst(digits.count)
    if digits.isEmpty { return 0 }
    guard let number = Int(String(Substring(digits))), number <= widest else {
      throw EngineError("printf: a width is above \(widest)")
    }
    return number
  }
}
