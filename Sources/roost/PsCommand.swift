// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine
import Linux

/// `roost ps`: lists containers.
struct PsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "ps", abstract: "List containers.")

  @ParentCommand var parent: Roost

  @Flag(name: .shortAndLong, help: "Show those that have ended, too.")
  var all = false

  @Flag(name: .shortAndLong, help: "Show only ids.")
  var quiet = false

  @Flag(help: "Show ids and commands whole.")
  var noTrunc = false

  @Option(help: "table, json, a template such as '{{.ID}} {{.Names}}', or 'table TEMPLATE'.")
  var format: String?

  func run() throws {
    let format = try ListFormat(format)
    let now = realtimeNanoseconds()
    let (containers, errors) = try parent.engine().list(all: all)
    let rows = containers.map { $0.row(now: now, full: noTrunc) }
    try Output.write(
      quiet
        ? rows.map { ($0["ID"]?.text ?? "") + "\n" }.joined()
        : try format.text(rows, columns: ContainerEngine.listColumns, headings: ContainerEngine.listHeadings))
    for error in errors { Program.report(error) }
    if !errors.isEmpty { throw ExitStatus(code: 1) }
  }
}
