// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine

/// `roost exec`: another command in a running container.
struct ExecCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec",
    abstract: "Run a command in a running container.",
    usage: "roost exec [flags] CONTAINER COMMAND [ARG…]")

  @ParentCommand var parent: Roost

  @Argument(parsing: .captureForPassthrough, help: .hidden)
  var arguments: [String] = []

  func run() throws { try Self.run(arguments, root: parent.root) }

  /// - Parameter root: The value of roost's own `--root`.
  static func run(_ arguments: [String], root: String?) throws {
    if asksForHelp(arguments, ExecOptions.table) {
      return try Output.write(
        """
        Run a command in a running container.

        USAGE: roost exec [flags] CONTAINER COMMAND [ARG…]
        \(ExecOptions.table.help())\(Examples.section("exec"))
        """)
    }
    let code = try Roost.engine(root: root).exec(try ExecOptions.parse(arguments))
    if code != 0 { throw ExitStatus(code: code) }
  }
}
