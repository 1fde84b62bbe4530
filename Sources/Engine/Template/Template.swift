// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// A template in the language of Go's text/template, as `--format` of Docker's commands takes it; the subset that
/// people use on containers.
public struct Template: Sendable {
  private let nodes: [TemplateNode]

  /// Parses a template. `\t` and `\n` written with a backslash outside of actions stand for tabulators and line
  /// breaks, as in Docker's `--format`.
  ///
  /// - Throws: ``EngineError`` that starts with `--format`.
  public init(_ text: String) throws(EngineError) {
    do {
      nodes = try TemplateParser.parse(Self.unescaped(text))
    } catch {
      throw error.within("--format \(text.quoted)")
    }
  }

  /// The text for a value.
  ///
  /// - Throws: ``EngineError`` naming the field that does not exist, or the function and what it could not take.
  public func text(for value: Document) throws(EngineError) -> String {
    var evaluator = TemplateEvaluator(root: value)
    do {
      try evaluator.run(nodes, dot: value)
    } catch {
      throw error.within("--format")
    }
    return evaluator.output
  }

  /// The names of the fields that the template prints at its top level, such as `ID` of `{{.ID}}`: the headings of a
  /// table.
  public var headings: [String] {
    nodes.compactMap { node in
      guard case .output(let pipeline) = node, case .path(.dot, let names)? = pipeline.commands.first?.last
      else {
        return nil
      }
      return names.last
    }
  }

  /// The literal text and, in place of each action at the top level, what `replace` makes of its last field's name.
  func headerLine(_ replace: (String) -> String) -> String {
    var result = ""
    for node in nodes {
      switch node {
      case .text(let text): result += text
      case .output(let pipeline):
        if case .path(.dot, let names)? = pipeline.commands.first?.last, let name = names.last {
          result += replace(name)
        }
      default: break
      }
    }
    return result
  }

  private static func unescaped(_ text: String) -> String {
    var out: [UInt8] = []
    var depth = 0
    var bytes = text.utf8[...]
    while let byte = bytes.popFirst() {
      if byte == UInt8(ascii: "{"), bytes.first == byte { depth += 1 }
      if byte == UInt8(ascii: "}"), bytes.first == byte, depth > 0 { depth -= 1 }
      if byte == UInt8(ascii: "\\"), depth == 0, let next = bytes.first {
        if next == UInt8(ascii: "t") || next == UInt8(ascii: "n") {
          bytes.removeFirst()
          out.append(next == UInt8(ascii: "t") ? Byte.tab : Byte.newline)
          continue
        }
      }
      out.append(byte)
    }
    return String(decoding: out, as: UTF8.self)
  }
}
