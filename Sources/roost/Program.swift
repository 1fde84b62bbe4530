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
      // What the caller forgot to close must reach neither the runtime nor a container.
      try closeRangeOnExec(from: 3)
      try checkCommand(arguments)
      var command = try Roost.parseAsRoot(arguments)
      try command.run()
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
      return finish(error)
    }
  }

  /// A word in the place of a command that is none would otherwise be called an unexpected argument.
  private static func checkCommand(_ arguments: [String]) throws(EngineError) {
    var index = 0
    while index < arguments.count, arguments[index] == "--root" { index += 2 }
    guard index < arguments.count, let first = arguments[index].utf8.first, first != UInt8(ascii: "-") else {
      return
    }
    let name = arguments[index]
    if name == "help" { return }
    for command in Roost.configuration.subcommands where command.configuration.commandName == name { return }
    throw EngineError("there is no command \(name); roost --help lists them")
  }

  /// Prints an engine's error and what went wrong after it.
  static func report(_ error: EngineError) {
    if !error.wasPrinted { Output.error(error.message) }
    for failure in error.cleanupFailures { Output.error("while cleaning up: \(failure)") }
  }

  /// Help texts and mistakes in the command line, which ArgumentParser words.
  private static func finish(_ error: any Error) -> Int32 {
    let text = Roost.fullMessage(for: error)
    guard Roost.exitCode(for: error) == .success else {
      // The first line says what is wrong; the usage behind it says more than anybody asked for.
      let line = text.split(separator: "\n").first.map(String.init) ?? text
      Output.error((line.hasPrefix("Error: ") ? String(line.dropFirst(7)) : line) + "; see roost --help")
      return engineFailure
    }
    do {
      try Output.write(text + "\n")
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
