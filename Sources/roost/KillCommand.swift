// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine

/// `roost kill`: sends a signal.
struct KillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kill", abstract: "Send a signal to containers; KILL unless given.")

  @ParentCommand var parent: Roost

  @Option(
    name: [.customShort("s", allowingJoined: true), .long],
    help: ArgumentHelp("The signal, by name or number.", valueName: "signal"))
  var signal = "KILL"

  @Argument(help: ArgumentHelp("Names, ids, or the beginnings of ids.", valueName: "container"))
  var containers: [String]

  func run() throws {
    let number: Int32
    do {
      number = try SignalName.parse(signal)
    } catch {
      throw error.within("--signal \(signal)")
    }
    let engine = try parent.engine()
    try forEach(containers) { (name) throws(EngineError) in
      try engine.kill(name, signal: number)
      try Output.write(name + "\n")
    }
  }
}
