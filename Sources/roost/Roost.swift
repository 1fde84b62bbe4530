// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine

/// `roost` itself: what all commands share.
struct Roost: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "roost",
    abstract: "Run Linux containers, without a daemon.",
    version: Version.text,
    subcommands: [
      RunCommand.self, ExecCommand.self, PsCommand.self, KillCommand.self, StopCommand.self, RmCommand.self,
      InspectCommand.self, StatsCommand.self, NetworkCommand.self, RootFSCommand.self, SettingsCommand.self,
      MyDockerCommand.self, ExplainCommand.self, DoctorCommand.self,
      CompletionCommand.self, ManualCommand.self, VersionCommand.self,
    ])

  @Option(help: "Keep containers in this directory (or ROOST_ROOT).")
  var root: String?

  /// The engine for this command line and this caller.
  func engine() throws(EngineError) -> ContainerEngine { try Self.engine(root: root) }

  /// The engine for this caller.
  ///
  /// - Parameter root: The value of `--root`.
  static func engine(root: String?) throws(EngineError) -> ContainerEngine {
    let caller = try Caller.current()
    var environment: [String: String] = [:]
    for name in ["ROOST_ROOT", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "HOME"] {
      environment[name] = caller.variable(name)
    }
    let location = try StateLocation.choose(
      asked: root, environment: environment, isRoot: caller.isRoot, workingDirectory: caller.workingDirectory)
    return ContainerEngine(location: location, caller: caller)
  }
}

/// Carries out an action for each name, and goes on after a failure.
///
/// - Throws: ``ExitStatus`` 1 after all, when one of them failed.
func forEach(_ names: [String], _ action: (String) throws(EngineError) -> Void) throws {
  var failed = false
  for name in names {
    do {
      try action(name)
    } catch {
      Program.report(error)
      failed = true
    }
  }
  if failed { throw ExitStatus(code: 1) }
}
