// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI

/// Turns what `roost exec` was asked for into an OCI process: the container's own one, with another command.
struct ExecProcess {
  let options: ExecOptions
  /// The process of the container's configuration.
  let container: Process
  /// The users of the running container's root; only needed for `--user`.
  let users: UserDatabase
  let environmentFiles: [EnvironmentEntry]
  /// The caller's variables that are passed on.
  let environment: [String: String]
  /// The engine's own bounding set: bit n is capability n.
  let available: UInt64
  /// The size of the caller's terminal.
  let consoleSize: ConsoleSize?

  func process() throws(EngineError) -> Process {
    for (index, argument) in options.command.enumerated() where argument.utf8.contains(0) {
      throw EngineError("argument \(index) of the command holds a NUL byte")
    }
    var process = container
    process.args = options.command
    process.terminal = options.terminal
    process.consoleSize = options.terminal ? consoleSize : nil
    if let directory = options.workingDirectory { process.cwd = directory }
    var variables = Variables(container.env)
    if options.terminal { variables.set("TERM", "xterm") }
    if let request = options.user {
      let identity = try users.resolve(request, umask: container.user.umask)
      process.user = identity.user
      variables.set("HOME", identity.home)
    }
    variables.apply(environmentFiles + options.environment, caller: environment)
    process.env = variables.list
    process.capabilities = capabilities(isRoot: process.user.uid == 0)
    return process
  }

  /// The container's bounding set is the limit, unless the command is privileged.
  private func capabilities(isRoot: Bool) -> Capabilities {
    let names =
      options.privileged
      ? CapabilitySet.resolve(add: ["ALL"], drop: [], available: available)
      : container.capabilities?.bounding ?? []
    return Capabilities(bounding: names, effective: isRoot ? names : [], permitted: isRoot ? names : [])
  }
}

/// The environment of a process: setting a variable again keeps its place.
struct Variables {
  private var entries: [KeyValue] = []

  init() {}

  init(_ list: [String]) {
    for item in list {
      let (key, value) = item.cut(at: Byte.equals)
      entries.append(KeyValue(key, value ?? ""))
    }
  }

  mutating func set(_ key: String, _ value: String) {
    if let index = entries.firstIndex(where: { $0.key == key }) {
      entries[index].value = value
    } else {
      entries.append(KeyValue(key, value))
    }
  }

  /// Applies entries of the command line; those without a value come from `caller`, if it has them.
  mutating func apply(_ list: [EnvironmentEntry], caller: [String: String]) {
    for entry in list {
      switch entry {
      case .assignment(let key, let value): set(key, value)
      case .passThrough(let key):
        if let value = caller[key] { set(key, value) }
      }
    }
  }

  /// `KEY=VALUE` entries.
  var list: [String] { entries.map { "\($0.key)=\($0.value)" } }
}
