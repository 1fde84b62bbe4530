// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine
import Linux

/// The program: parses, runs a command, prints what went wrong, chooses the exit code.
enum Program {
  /// The exit code of everything that is the engine's own fault or refusal; Docker's.
  static let engineFailure: Int32 = 125

  static func run(_ arguments: [String]) -> Int32 {
    ignoreBrokenPipes()
    // The runtime and the files that we make must not depend on the caller's mask.
    setUmask(0o022)
    do {
      try openStandardStreams()
      // What the caller forgot to close must reach neither the runtime nor a container.
      try closeRangeOnExec(from: 3)
      try dispatch(arguments)
      return 0
    } catch let status as ExitStatus {
      return status.code
    } catch let error as EngineError {
      report(error)
      return error.exitCode
    } catch let error as SyscallError {
      Output.error("\(error)")
      return engineFailure
    } catch {
      return finish(error, arguments)
    }
  }

  /// A standard stream that the caller closed would be the number of the next file that we open, and what is printed
  /// would land in it.
  private static func openStandardStreams() throws(SyscallError) {
    for number in Int32(0)...2 where !FD(number).isOpen {
      let null = try openat(.workingDirectory, "/dev/null", .readWrite)
      try FD(null.release()).setCloseOnExec(false)
    }
  }

  /// Finds the command and runs it.
  ///
  /// The commands that start processes parse their own arguments anyway, so they are called directly: ArgumentParser
  /// takes a millisecond to get there.
  private static func dispatch(_ arguments: [String]) throws {
    var rest = arguments[...]
    var root: String?
    while rest.first == "--root", rest.count > 1 {
      root = rest[rest.startIndex + 1]
      rest = rest.dropFirst(2)
    }
    let behind = Array(rest.dropFirst())
    switch rest.first {
    case "run": return try RunCommand.run(behind, root: root)
    case "exec": return try ExecCommand.run(behind, root: root)
    case "mydocker": return try MyDockerCommand.run(behind, root: root)
    case "explain": return try ExplainCommand.run(behind, root: root)
    case nil, "-h", "--help", "help": if behind.isEmpty { return try Output.write(RootHelp.text) }
    case let name?: try checkCommand(name)
    }
    var command = try Roost.parseAsRoot(arguments)
    try command.run()
  }

  /// A word in the place of a command that is none would otherwise be called an unexpected argument.
  private static func checkCommand(_ name: String) throws(EngineError) {
    if name == "help" || name.utf8.first == UInt8(ascii: "-") { return }
    for command in Roost.configuration.subcommands where command.configuration.commandName == name { return }
    let meant = Suggestion.clause(
      for: name, among: Roost.configuration.subcommands.compactMap { $0.configuration.commandName })
    throw EngineError("there is no command \(name)\(meant.isEmpty ? "; roost --help lists them" : meant)")
  }

  /// Prints an engine's error and what went wrong after it.
  static func report(_ error: EngineError) {
    if !error.wasPrinted { Output.error(error.description) }
    for failure in error.cleanupFailures { Output.error("while cleaning up: \(failure)") }
  }

  /// The command that the arguments name, such as `network create`.
  private static func command(_ arguments: [String]) -> String {
    var words = arguments.filter { !$0.hasPrefix("-") && $0 != "help" }[...]
    if arguments.first == "--root" { words = words.dropFirst() }
    for count in stride(from: min(2, words.count), through: 1, by: -1) {
      let name = words.prefix(count).joined(separator: " ")
      if !Examples.lines(name).isEmpty { return name }
    }
    return ""
  }

  /// Help texts and mistakes in the command line, which ArgumentParser words.
  private static func finish(_ error: any Error, _ arguments: [String]) -> Int32 {
    let text = Roost.fullMessage(for: error)
    guard Roost.exitCode(for: error) == .success else {
      // The first line says what is wrong; the usage behind it says more than anybody asked for.
      let line = text.split(separator: "\n").first.map(String.init) ?? text
      Output.error((line.hasPrefix("Error: ") ? String(line.dropFirst(7)) : line) + "; see roost --help")
      return engineFailure
    }
    do {
      try Output.write(text + "\n" + Examples.section(command(arguments)))
      return 0
    } catch {
      report(error)
      return engineFailure
    }
  }
}

/// Ends the program with a code and without a message.
struct ExitStatus: Error {
  let code: Int32
}
