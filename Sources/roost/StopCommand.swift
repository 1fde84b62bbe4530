// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine

/// `roost stop`: ends containers, all of them at the same time.
struct StopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "Stop containers: their stop signal first, KILL when their time is over.")

  @ParentCommand var parent: Roost

  @Option(
    name: [.customShort("t", allowingJoined: true), .long, .customLong("time")],
    help: ArgumentHelp("How long to wait before killing; -1 waits for ever.", valueName: "seconds"))
  var timeout: Int32?

  @Option(
    name: [.customShort("s", allowingJoined: true), .long],
    help: ArgumentHelp("The signal to send instead of the container's own.", valueName: "signal"))
  var signal: String?

  @Argument(help: ArgumentHelp("Names, ids, or the beginnings of ids.", valueName: "container"))
  var containers: [String]

  func validate() throws {
    if let timeout, timeout < -1 { throw ValidationError("--timeout \(timeout): expected seconds, or -1") }
  }

  func run() throws {
    var number: Int32?
    if let signal {
      do { number = try SignalName.parse(signal) } catch { throw error.within("--signal \(signal)") }
    }
    var failed = false
    for (name, result) in try parent.engine().stop(containers, timeoutSeconds: timeout, signal: number) {
      switch result {
      case .failed(let error):
        Program.report(error)
        failed = true
        continue
      case .killedUnhandled(let signal):
        Output.error(
          "\(name): killed at once, because its first process does not handle \(SignalName.name(of: signal)) "
            + "(run it with --init to have signals delivered)")
      case .ended, .killedAfterTimeout, .wasNotRunning: break
      }
      try Output.write(name + "\n")
    }
    if failed { throw ExitStatus(code: 1) }
  }
}
