// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine
import Linux

/// `roost run`: a container from nothing to its end.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a command in a new container.",
    usage: "roost run [flags] ROOT [COMMAND [ARG…]]",
    discussion: "`roost run --help` lists the flags, which are Docker's.")

  @ParentCommand var parent: Roost

  // Docker's grammar for flags is not ArgumentParser's, so they are parsed by their own table.
  @Argument(parsing: .captureForPassthrough, help: .hidden)
  var arguments: [String] = []

  func run() throws { try Self.run(arguments, root: parent.root) }

  /// - Parameter root: The value of roost's own `--root`.
  static func run(_ arguments: [String], root stateRoot: String?) throws {
    if asksForHelp(arguments, RunFlags.table) { return try Output.write(help) }
    let options = try RunOptions.parse(arguments)
    try run(options, root: stateRoot, onTerminal: options.settings != nil)
  }

  /// - Parameters:
  ///   - stateRoot: The value of roost's own `--root`.
  ///   - onTerminal: Whether the container gets a terminal where the caller has one.
  static func run(_ options: RunOptions, root stateRoot: String?, onTerminal: Bool) throws {
    var options = options
    if onTerminal, isTerminal(.standardInput), isTerminal(.standardOutput) { options.terminal = true }
    let engine = try Roost.engine(root: stateRoot)
    try engine.enterOwnNamespace()
    let root = try prepareRoot(options.root, options.rootOptions, engine, quiet: options.quiet)
    let code = try engine.run(
      options, root: root, warn: { Output.error($0) },
      report: { (lines) throws(EngineError) in try Output.write(lines.map { $0 + "\n" }.joined()) },
      tell: { (text) throws(EngineError) in try Output.tell(text) })
    if options.settings != nil, !options.quiet { try Output.write(LauncherReport.end + "\n") }
    if code != 0 { throw ExitStatus(code: code) }
  }

  static var help: String {
    """
    Run a command in a new container.

    USAGE: roost run [flags] ROOT [COMMAND [ARG…]]
           roost run --settings DIR [flags] [COMMAND [ARG…]]

    ROOT is a directory (./rootfs, dir:PATH), an archive (./rootfs.tar.gz, https://HOST/rootfs.tar.gz, - for standard
    input), programs of this machine (host:bash,ls) or a Debian system (debootstrap:SUITE[,MIRROR]).
    \(RunFlags.table.help())\(Examples.section("run"))
    """
  }
}

/// Whether the flags at the front of the arguments contain `--help`.
func asksForHelp<Target>(_ arguments: [String], _ table: FlagTable<Target>) -> Bool {
  table.flagArguments(arguments).contains("--help")
}
