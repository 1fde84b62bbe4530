// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import Explain

/// MyDocker's command line: seven letters, and what each is called in `roost run`.
///
/// Letters, ranges and defaults are MyDocker's. As with container directories, the result is a list of `roost run`'s own
/// flags.
public struct MyDockerOptions: Equatable, Sendable {
  /// `-U`: ids that nobody else on the machine has.
  var hasUserNamespace = false
  /// `-c`: limits, the defaults where none is named.
  var hasLimits = false
  /// `-M`, bytes.
  var memoryBytes: Int64?
  /// `-C`, per cent of the weight that a container has without limits.
  var cpuPercent: UInt64?
  /// `-P`, processes and threads.
  var processes: Int64?
  /// `-I`.
  var ioWeight: UInt16?
  /// The tree that MyDocker keeps beside its sources.
  var root = "./root_fs"
  /// MyDocker gives a container a network with nothing in it, too.
  var network = "none"
  /// Whether the command is only to be shown.
  public private(set) var converts = false
  public private(set) var command: [String] = []

  private enum Default {
    static let memoryBytes: Int64 = 1 << 30
    static let cpuPercent: UInt64 = 25
    static let processes: Int64 = 64
    static let ioWeight: UInt16 = 10
  }

  /// Parses the arguments behind the word `mydocker`.
  ///
  /// - Throws: ``EngineError`` naming the flag, and the range where a number is outside of it.
  public static func parse(_ arguments: [String]) throws(EngineError) -> MyDockerOptions {
    var options = MyDockerOptions()
    let index = try table.parse(arguments, into: &options)
    guard index < arguments.count else { throw EngineError("the program is missing, such as /bin/bash") }
    options.command = Array(arguments[index...])
    let limits = [
      ("-M", options.memoryBytes != nil), ("-C", options.cpuPercent != nil), ("-P", options.processes != nil),
      ("-I", options.ioWeight != nil),
    ]
    let first = limits.first(where: \.1)?.0
    if options.hasLimits, first == nil {
      throw EngineError("-c: at least one of -M, -C, -P and -I goes with it")
    }
    if !options.hasLimits, let first { throw EngineError("\(first): it goes with -c") }
    return options
  }

  /// The arguments of `roost run`.
  ///
  /// - Parameter isRoot: Others have a user namespace anyway, and cannot have another in it.
  public func runArguments(isRoot: Bool) -> [String] {
    var flags = ["--rm", "--interactive"]
    if hasUserNamespace, isRoot { flags += ["--userns", "auto"] }
    if hasLimits {
      flags += ["--memory", String(memoryBytes ?? Default.memoryBytes)]
      flags += ["--cpu-shares", String(LauncherSettings.shares(ofPercent: cpuPercent ?? Default.cpuPercent))]
      flags += ["--pids-limit", String(processes ?? Default.processes)]
      flags += ["--io-weight", String(ioWeight ?? Default.ioWeight)]
    }
    return flags + ["--network", network, root] + command
  }

  /// The command line of `roost run`, and the limits under MyDocker's names.
  public func conversion(isRoot: Bool) -> String {
    let line =
      (["roost", "run"] + runArguments(isRoot: isRoot)).map(shellQuoted).joined(separator: " ") + "\n"
    guard hasLimits else { return line }
    let memory = SizeText.format(memoryBytes ?? Default.memoryBytes)
    let rows = [
      ("RESOURCE", "APPLIED VALUE"),
      ("memory_limit", memory.hasSuffix("iB") ? memory.dropLast(2) + "B" : memory),
      ("cpu_shares", String(cpuPercent ?? Default.cpuPercent)),
      ("max_pids", String(processes ?? Default.processes)),
      ("io_weight", String(ioWeight ?? Default.ioWeight)),
    ]
    return line + "\n"
      + rows.map { $0 + String(repeating: " ", count: 15 - $0.utf8.count) + $1 + "\n" }.joined()
  }

  public static let table: FlagTable<MyDockerOptions> = {
    typealias Options = MyDockerOptions
    let own = "MyDocker's options"
    let ours = "Beyond MyDocker"
    return FlagTable([
      FlagDefinition("all", "a", in: own, help: "All namespaces: what every container has anyway") { _, _ in
      },
      FlagDefinition("user-namespace", "U", in: own, help: "Ids that nobody else has: --userns auto") {
        $0.hasUserNamespace = $1
      },
      FlagDefinition("cgroups", "c", in: own, help: "Limits; at least one of the following goes with it") {
        $0.hasLimits = $1
      },
      FlagDefinition(
        "memory-limit", "M", value: "BYTES", in: own, help: "1 to 4294967296; 1073741824 (1 GB): --memory"
      ) {
        (o: inout Options, v) throws(EngineError) in
        o.memoryBytes = try RunFlags.integer(v, in: 1...4_294_967_296)
      },
      FlagDefinition(
        "cpu-shares", "C", value: "PERCENT", in: own,
        help: "1 to 100; 25: --cpu-shares, of which 1024 are 100 %"
      ) {
        (o: inout Options, v) throws(EngineError) in o.cpuPercent = try RunFlags.integer(v, in: 1...100)
      },
      FlagDefinition("max-pids", "P", value: "NUMBER", in: own, help: "10 to 32768; 64: --pids-limit") {
        (o: inout Options, v) throws(EngineError) in o.processes = try RunFlags.integer(v, in: 10...32768)
      },
      FlagDefinition("io-weight", "I", value: "WEIGHT", in: own, help: "10 to 1000; 10: --io-weight") {
        (o: inout Options, v) throws(EngineError) in o.ioWeight = try RunFlags.integer(v, in: 10...1000)
      },
      FlagDefinition(
        "root", value: "ROOT", in: ours, help: "The root file system; ./root_fs unless given"
      ) {
        $0.root = $1
      },
      FlagDefinition("network", value: "NETWORK", in: ours, help: "As in roost run: cni:NAME, default, …") {
        $0.network = $1
      },
      FlagDefinition("convert", in: ours, help: "Run nothing: print the roost run command and the limits") {
        $0.converts = $1
      },
    ])
  }()
}
