// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine
import Linux

/// `roost stats`: what containers use, over and over.
struct StatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "Show what containers use of processors, memory and devices.")

  @ParentCommand var parent: Roost

  @Flag(name: .shortAndLong, help: "Show those that do not run, too.")
  var all = false

  @Flag(help: "Show one result and end.")
  var noStream = false

  @Flag(help: "Show ids whole.")
  var noTrunc = false

  @Option(help: "table, json, a template such as '{{.Name}} {{.CPUPerc}}', or 'table TEMPLATE'.")
  var format: String?

  @Argument(help: ArgumentHelp("Names, ids, or the beginnings of ids; all that run.", valueName: "container"))
  var containers: [String] = []

  /// Processor time is a difference, and this is how far its ends are apart.
  private static let intervalMilliseconds: Int32 = 1000

  func run() throws {
    let format = try ListFormat(format)
    let engine = try parent.engine()
    let isTerminal = Linux.isTerminal(.standardOutput)
    var table = UsageTable()
    var errors = try sample(engine, &table)
    // The first look shows a container's life so far at most; it becomes a rate with the second.
    repeat {
      for error in errors { Program.report(error) }
      try Self.pause()
      errors = try sample(engine, &table)
      try show(table, format, isLive: isTerminal && !noStream)
    } while !noStream && (containers.isEmpty || table.isRunning || all)
    for error in errors { Program.report(error) }
    if !errors.isEmpty { throw ExitStatus(code: 1) }
  }

  private func sample(_ engine: ContainerEngine, _ table: inout UsageTable) throws -> [EngineError] {
    var errors: [EngineError] = []
    var views: [ContainerView] = []
    if containers.isEmpty {
      (views, errors) = try engine.list(all: all)
    } else {
      // Whoever names a container that does not exist is to know it at once.
      for name in containers { views.append(try engine.view(name)) }
    }
    var now: [(id: String, name: String, usage: Usage?)] = []
    for view in views {
      do throws(EngineError) {
        now.append((view.record.id, view.record.name, try engine.usage(of: view)))
      } catch { errors.append(error) }
    }
    table.add(now)
    return errors
  }

  private func show(_ table: UsageTable, _ format: ListFormat, isLive: Bool) throws {
    if case .table = format, isLive {
      try Output.write(Self.frame(table.live(full: noTrunc), columns: Self.terminalColumns()))
    } else {
      try Output.write(
        try format.text(
          table.rows(full: noTrunc), columns: UsageTable.columns, headings: ["Container": "CONTAINER"]))
    }
  }

  /// The text in the place of the one before: from the upper left corner on, each line cleared behind its end and cut
  /// at the terminal's edge, so that nothing flickers and nothing wraps.
  private static func frame(_ text: String, columns: Int) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
    return "\u{1B}[H" + lines.map { String($0.prefix(columns)) + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
  }

  private static func terminalColumns() -> Int {
    // bestEffort: a terminal that does not know its size is as wide as its lines
    guard let size = try? windowSize(.standardOutput), size.columns > 0 else { return .max }
    return Int(size.columns)
  }

  private static func pause() throws(EngineError) {
    var none: [PollEntry] = []
    do { try poll(&none, timeoutMilliseconds: intervalMilliseconds) } catch {
      throw EngineError("cannot wait: \(error)")
    }
  }
}
