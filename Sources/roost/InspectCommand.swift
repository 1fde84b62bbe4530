// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine

/// `roost inspect`: everything about containers.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show everything about containers.")

  @ParentCommand var parent: Roost

  @Flag(help: "Ask the kernel about running ones, beside what was asked for; differences are marked.")
  var live = false

  @Option(name: .shortAndLong, help: "A template such as '{{.State.Pid}}', or json for one line each.")
  var format: String?

  @Argument(help: ArgumentHelp("Names, ids, or the beginnings of ids.", valueName: "container"))
  var containers: [String]

  func run() throws {
    let engine = try parent.engine()
    let (text, errors) =
      live
      ? try engine.inspectLive(containers, format: format) : try engine.inspect(containers, format: format)
    try Output.write(live && format == nil ? Colour.marks(text) : text)
    for error in errors { Program.report(error) }
    if !errors.isEmpty { throw ExitStatus(code: 1) }
  }
}
