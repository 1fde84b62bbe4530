// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import ContainerPlan
import Engine
import Networking

/// `roost explain`: what `run` would do, without doing it.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show what `roost run` would do, step by step.",
    usage: "roost explain [flags of run] ROOT [COMMAND [ARG…]]")

  @ParentCommand var parent: Roost

  @Argument(parsing: .captureForPassthrough, help: .hidden)
  var arguments: [String] = []

  func run() throws { try Self.run(arguments, root: parent.root) }

  /// - Parameter root: The value of roost's own `--root`.
  static func run(_ arguments: [String], root: String?) throws {
    if asksForHelp(arguments, RunFlags.table) { return try Output.write(RunCommand.help) }
    let options = try RunOptions.parse(arguments)
    let engine = try Roost.engine(root: root)
    let blueprint = try engine.blueprint(options, root: try engine.describeRoot(options.root))
    var text = "Before the runtime (roost itself)\n\n"
    for step in blueprint.network {
      text += "  - \(step.summary)\n"
      for line in step.shell { text += "      $ \(line)\n" }
    }
    for step in blueprint.preparations { text += "  - \(step.summary)\n" }
    text += "\nThe runtime (roost-runtime run)\n\n"
    try Output.write(text + blueprint.explanation().text() + "\n")
  }
}
