// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// Walks a parsed template over a value.
struct TemplateEvaluator {
  private(set) var output = ""
  private let root: Document
  /// Innermost last; a name may occur more than once.
  private var variables: [(name: String, value: Document)] = []

  init(root: Document) {
    self.root = root
    variables = [("", root)]
  }

  mutating func run(_ nodes: [TemplateNode], dot: Document) throws(EngineError) {
    for node in nodes {
      switch node {
      case .text(let text): output += text
      case .output(let pipeline):
        let value = try evaluate(pipeline, dot)
        // A declaration prints nothing.
        if pipeline.variables.isEmpty { output += TemplateFunctions.text(of: value) }
      case .condition(let pipeline, let then, let otherwise):
        try scoped { (self) throws(EngineError) in
          let holds = TemplateFunctions.isTrue(try self.evaluate(pipeline, dot))
          try self.run(holds ? then : otherwise, dot: dot)
        }
      case .with(let pipeline, let body, let otherwise):
        try scoped { (self) throws(EngineError) in
          let value = try self.evaluate(pipeline, dot)
          let holds = TemplateFunctions.isTrue(value)
          try self.run(holds ? body : otherwise, dot: holds ? value : dot)
        }
      case .loop(let pipeline, let body, let otherwise):
        try loop(pipeline, body, otherwise, dot)
      }
    }
  }

  /// Runs `body` and forgets the variables that it declared.
  private mutating func scoped(_ body: (inout TemplateEvaluator) throws(EngineError) -> Void)
    throws(EngineError)
  {
    let count = variables.count
    defer { variables.removeSubrange(count...) }
    try body(&self)
  }

  private mutating func loop(
    _ pipeline: TemplatePipeline, _ body: [TemplateNode], _ otherwise: [TemplateNode], _ dot: Document
  ) throws(EngineError) {
    var source = pipeline
    source.variables = []
    let value = try evaluate(source, dot)
    let items: [(key: Document, value: Document)]
    switch value {
    case .list(let elements):
      items = elements.enumerated().map { (.integer(Int64($0.offset)), $0.element) }
    case .record(let members), .map(let members):
      items = members.sorted { $0.key < $1.key }.map { (.string($0.key), $0.value) }
    case .null: items = []
    default: throw EngineError("range cannot go through \(TemplateFunctions.text(of: value).quoted)")
    }
    if items.isEmpty { return try run(otherwise, dot: dot) }
    for item in items {
      try scoped { (self) throws(EngineError) in
        if let name = pipeline.variables.last { self.variables.append((name, item.value)) }
        if pipeline.variables.count == 2 { self.variables.append((pipeline.variables[0], item.key)) }
        try self.run(body, dot: item.value)
      }
    }
  }

  private mutating func evaluate(_ pipeline: TemplatePipeline, _ dot: Document) throws(EngineError)
    -> Document
  {
    var value: Document?
    for command in pipeline.commands { value = try evaluate(command, piped: value, dot) }
    let result = value ?? .null
    if let name = pipeline.variables.first {
      if pipeline.declares {
        variables.append((name, result))
      } else {
        guard let index = variables.lastIndex(where: { $0.name == name }) else { throw undefined(name) }
        variables[index].value = result
      }
    }
    return result
  }

  /// One command of a pipeline; `piped` is what the command before it gave.
  private mutating func evaluate(
    _ command: [TemplateOperand], piped: Document?, _ dot: Document
  ) throws(EngineError) -> Document {
    guard case .function(let name)? = command.first else {
      guard let operand = command.first, command.count == 1, piped == nil else {
        throw EngineError("only a function takes arguments")
      }
      return try evaluate(operand, dot)
    }
    // `and` and `or` stop at the first argument that decides; the ones behind it may name fields that do not exist.
    var arguments: [Document] = []
    for operand in command.dropFirst() {
      let argument = try evaluate(operand, dot)
      arguments.append(argument)
      if name == "and", !TemplateFunctions.isTrue(argument) { return argument }
      if name == "or", TemplateFunctions.isTrue(argument) { return argument }
    }
    if let piped { arguments.append(piped) }
    return try TemplateFunctions.call(name, arguments)
  }

  private mutating func evaluate(_ operand: TemplateOperand, _ dot: Document) throws(EngineError) -> Document
  {
    switch operand {
    case .literal(let value): return value
    case .function(let name): return try TemplateFunctions.call(name, [])
    case .path(let base, let names):
      var value: Document
      switch base {
      case .dot: value = dot
      case .variable(let name):
        guard let found = variables.last(where: { $0.name == name }) else { throw undefined(name) }
        value = found.value
      case .pipeline(let inner): value = try evaluate(inner, dot)
      }
      for name in names { value = try member(name, of: value) }
      return value
    }
  }

  private func member(_ name: String, of value: Document) throws(EngineError) -> Document {
    switch value {
    case .record(let members):
      if let found = value[name] { return found }
      throw EngineError("there is no field .\(name); there are \(members.map(\.key).joined(separator: ", "))")
    case .map: return value[name] ?? TemplateFunctions.noValue
    case .null: throw EngineError("there is no .\(name): the value before it is null")
    default:
      throw EngineError(
        "there is no .\(name): the value before it, \(TemplateFunctions.text(of: value).quoted), has no fields"
      )
    }
  }

  private func undefined(_ name: String) -> EngineError {
    EngineError("the variable $\(name) is not defined")
  }
}
