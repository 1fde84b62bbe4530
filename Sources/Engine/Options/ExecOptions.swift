// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What `roost exec` was asked for.
public struct ExecOptions: Equatable, Sendable {
  public var interactive = false
  public var terminal = false
  public var detaches = false
  public var privileged = false
  public var environmentFiles: [String] = []
  public var environment: [EnvironmentEntry] = []
  public var workingDirectory: String?
  public var user: UserRequest?
  /// The container: a name, an id, or the beginning of one.
  public var container = ""
  public var command: [String] = []

  public init() {}

  /// Parses the arguments behind the word `exec`.
  ///
  /// - Throws: ``EngineError`` naming the flag.
  public static func parse(_ arguments: [String]) throws(EngineError) -> ExecOptions {
    var options = ExecOptions()
    let index = try table.parse(arguments, into: &options)
    guard index + 1 < arguments.count else {
      throw EngineError(
        index < arguments.count
          ? "the command is missing: roost exec [flags] CONTAINER COMMAND [ARG…]"
          : "the container is missing: roost exec [flags] CONTAINER COMMAND [ARG…]")
    }
    options.container = arguments[index]
    options.command = Array(arguments[(index + 1)...])
    if options.command[0].isEmpty { throw EngineError("the command's name is empty") }
    return options
  }

  public static let table: FlagTable<ExecOptions> = {
    let group = "Flags"
    return FlagTable([
      FlagDefinition("interactive", "i", in: group, help: "Keep standard input open") { $0.interactive = $1 },
      FlagDefinition("tty", "t", in: group, help: "Give the command a terminal") { $0.terminal = $1 },
      FlagDefinition("detach", "d", in: group, help: "Do not wait for the command's end") {
        $0.detaches = $1
      },
      FlagDefinition(
        "env", "e", value: "KEY[=VALUE]", in: group, help: "Set a variable, or pass on the caller's"
      ) {
        (o: inout ExecOptions, v) throws(EngineError) in o.environment.append(try EnvironmentEntry.parse(v))
      },
      FlagDefinition(
        "env-file", value: "FILE", in: group, help: "Set variables from a file of KEY=VALUE lines"
      ) {
        (o: inout ExecOptions, v) throws(EngineError) in o.environmentFiles.append(try RunFlags.path(v))
      },
      FlagDefinition(
        "workdir", "w", value: "PATH", in: group, help: "Start in this directory of the container"
      ) {
        (o: inout ExecOptions, v) throws(EngineError) in
        guard v.utf8.first == Byte.slash else { throw EngineError("the path must be absolute") }
        o.workingDirectory = cleaned(absolutePath: try RunFlags.path(v))
      },
      FlagDefinition(
        "user", "u", value: "USER[:GROUP]", in: group, help: "Run as this user, by name or number"
      ) {
        (o: inout ExecOptions, v) throws(EngineError) in o.user = try UserRequest.parse(v)
      },
      FlagDefinition("privileged", in: group, help: "Give the command all capabilities") {
        $0.privileged = $1
      },
    ])
  }()
}
