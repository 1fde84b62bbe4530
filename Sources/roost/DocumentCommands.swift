// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine

/// `roost completion`: scripts for shells.
struct CompletionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completion", abstract: "Print a completion script for bash, zsh or fish.")

  @Argument(help: "bash, zsh or fish.") var shell: String

  func run() throws {
    guard let text = CompletionScripts.text(shell, try CommandModel.whole()) else {
      throw EngineError("\(shell): there are scripts for \(CompletionScripts.shells.joined(separator: ", "))")
    }
    try Output.write(text)
  }
}

/// `roost manual`: manual pages.
struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Print a command's manual page for man(1).")

  @Flag(help: "List the commands that have one.") var list = false
  @Argument(help: "The command, such as `run` or `network create`; roost itself unless given.") var command:
    [String] = []

  func run() throws {
    let whole = try CommandModel.whole()
    if list {
      return try Output.write(
        whole.all.dropFirst().map { $0.path.dropFirst().joined(separator: " ") + "\n" }.joined())
    }
    guard let found = whole.find(command) else {
      throw EngineError("there is no command \(command.joined(separator: " ")); roost --help lists them")
    }
    try Output.write(ManualPage.text(found))
  }
}
