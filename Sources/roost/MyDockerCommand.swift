// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine

/// `roost mydocker`: `roost run` with MyDocker's letters.
struct MyDockerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mydocker",
    abstract: "Run a command in a new container, with MyDocker's options.",
    usage: "roost mydocker [-aU] [-c [-M BYTES] [-C PERCENT] [-P NUMBER] [-I WEIGHT]] PROGRAM [ARG…]")

  @ParentCommand var parent: Roost

  // Single letters in one word, and everything behind the program is the program's.
  @Argument(parsing: .captureForPassthrough, help: .hidden)
  var arguments: [String] = []

  func run() throws { try Self.run(arguments, root: parent.root) }

  /// - Parameter root: The value of roost's own `--root`.
  static func run(_ arguments: [String], root: String?) throws {
    if asksForHelp(arguments, MyDockerOptions.table) { return try Output.write(help) }
    let options = try MyDockerOptions.parse(arguments)
    let isRoot = try Caller.current().isRoot
    if options.converts { return try Output.write(options.conversion(isRoot: isRoot)) }
    try RunCommand.run(RunOptions.parse(options.runArguments(isRoot: isRoot)), root: root, onTerminal: true)
  }

  static var help: String {
    """
    Run a command in a new container, with MyDocker's options.

    USAGE: roost mydocker [-aU] [-c [-M BYTES] [-C PERCENT] [-P NUMBER] [-I WEIGHT]] PROGRAM [ARG…]
    \(MyDockerOptions.table.help())\(Examples.section("mydocker"))
    """
  }
}
