// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerRuntime
internal import Linux
internal import OCI

/// One run of the program: the global options, the command, and how errors are told.
struct Invocation {
  private let words: [String]

  init(_ words: [String]) { self.words = words }

  static let globalOptions: [Arguments.Option] = [
    .value("root", nil, "directory for the state of containers (default /run/roost)"),
    .value("log", nil, "also write errors to a file, journald:NAME or syslog:NAME"),
    .value("log-format", nil, "format of the log: text or json"),
    .value("log-level", nil, "error, warning, info (default) or debug"),
    .flag("debug", nil, "log every step"),
    .flag("systemd-cgroup", nil, "let systemd make the cgroups, as a scope"),
    .value("cgroup-manager", nil, "cgroupfs (default), systemd or disabled"),
    .value("rootless", nil, "do without cgroups that nothing needs: true, false or auto (default)"),
    .value("criu", nil, "the criu program, for checkpoint and restore"),
    .flag("version", "v", "print the version"),
    .flag("help", "h", "print this help"),
  ]

  /// - Returns: the exit status.
  func run() -> Int32 {
    var log = Log()
    do throws(CommandFailure) {
      let global = try parse(&log)
      if try global.flag("version") { return Output.print(Version.text) }
      guard let name = global.positional.first, name != "help", try !global.flag("help") else {
        return Output.print(Help.overview)
      }
      guard let command = Commands.all.first(where: { $0.name == name }) else {
        throw unknownCommand(name, global.positional)
      }
      let rest = Array(global.positional.dropFirst())
      let options = command.options + [.flag("help", "h", "print this help")]
      let arguments = try parseCommand(rest, options, command)
      if try arguments.flag("help") { return Output.print(Help.text(of: command)) }
      let context = Context(global: global, arguments: arguments, log: log)
      return try command.run(context)
    } catch {
      log.error(error.message)
      return error.exitStatus
    }
  }

  private func unknownCommand(_ name: String, _ words: [String]) -> CommandFailure {
    let wantsHelp = words.contains("--help") || words.contains("-h")
    let problem = wantsHelp ? "No help topic for '\(name)'" : "unknown command \"\(name)\""
    return CommandFailure("\(problem); see \(Help.program) --help")
  }

  private func parse(_ log: inout Log) throws(CommandFailure) -> Arguments {
    let global = try Arguments(words, options: Invocation.globalOptions, interspersed: false)
    log = try Log(global)
    return global
  }

  private func parseCommand(
    _ rest: [String], _ options: [Arguments.Option], _ command: Command
  ) throws(CommandFailure) -> Arguments {
    do throws(CommandFailure) {
      return try Arguments(rest, options: options, interspersed: command.interspersed)
    } catch {
      throw CommandFailure("\(error.message); see \(Help.program) \(command.name) --help")
    }
  }
}

/// What a command works with.
struct Context {
  let global: Arguments
  let arguments: Arguments
  let log: Log

  /// Opens the state of all containers.
  func containers() throws(CommandFailure) -> Containers {
    try attempt { () throws(RuntimeError) in Containers(try StateStore(path: stateRoot)) }
  }

  private var stateRoot: String {
    if let root = global.value("root") { return root }
    let directory = Environment.value("XDG_RUNTIME_DIR")
    if effectiveUserID() == 0 && !(directory != nil && isRootOfAnEngine) { return "/run/roost" }
    if let directory { return directory + "/roost" }
    return "/tmp/roost-\(effectiveUserID())"
  }

  /// Whether root is an ordinary user in the user namespace of an engine such as podman, who may not write to `/run`. As
  /// for runc, a user who bears root's name is root, of a machine that lives in a user namespace as a whole.
  private var isRootOfAnEngine: Bool {
    if Environment.value("USER") == "root" { return false }
    // bestEffort: without proc nothing else works either, and says so
    return (try? isInInitialUserNamespace()) == false
  }

  /// The container's id, which is the first word.
  func containerID() throws(CommandFailure) -> String {
    guard let id = arguments.positional.first else { throw CommandFailure("a container id is missing") }
    do throws(SpecError) { return try ContainerID(id).text } catch { throw CommandFailure("\(error)") }
  }

  func expect(positional range: ClosedRange<Int>) throws(CommandFailure) {
    guard range.contains(arguments.positional.count) else {
      throw CommandFailure(
        arguments.positional.count < range.lowerBound
          ? "a container id is missing" : "unexpected argument \"\(arguments.positional[range.upperBound])\"")
    }
  }
}

/// Why a command failed, as the user reads it.
struct CommandFailure: Error {
  let message: String
  let exitStatus: Int32

  init(_ message: String, exitStatus: Int32 = RuntimeError.failureStatus) {
    self.message = message
    self.exitStatus = exitStatus
  }

  init(_ error: RuntimeError) { self.init("\(error)", exitStatus: error.exitStatus) }
}

/// Runs an operation of the runtime for a command.
func attempt<R>(_ body: () throws(RuntimeError) -> R) throws(CommandFailure) -> R {
  do throws(RuntimeError) { return try body() } catch { throw CommandFailure(error) }
}
