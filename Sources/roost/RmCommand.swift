// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine

/// `roost rm`: removes containers that have ended.
struct RmCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "rm", abstract: "Remove containers.")

  @ParentCommand var parent: Roost

  @Flag(name: .shortAndLong, help: "Kill those that run.")
  var force = false

  @Argument(help: ArgumentHelp("Names, ids, or the beginnings of ids.", valueName: "container"))
  var containers: [String]

  func run() throws {
    let engine = try parent.engine()
    // An ordinary user's containers have files of the subordinate ids.
    try engine.enterOwnNamespace()
    try forEach(containers) { (name) throws(EngineError) in
      try engine.remove(name, force: force)
      try Output.write(name + "\n")
    }
  }
}
