// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI

/// Turns what `roost run` was asked for into an OCI configuration.
struct SpecBuilder {
  let options: RunOptions
  let facts: Facts

  /// The version of the runtime specification that our configurations follow.
  static let specificationVersion = "1.2.0"

  /// Names inside the container's directory.
  enum FileName {
    static let root = "rootfs"
    /// The root below the layer, with the ids of the container's user namespace.
    static let lower = "lower"
    static let upper = "upper"
    static let work = "work"
    static let hosts = "hosts"
    static let hostname = "hostname"
    static let resolver = "resolv.conf"
  }

  /// Where our own executable appears for `--init`.
  static let initPath = "/sbin/roost-init"

  var network: NetworkMode { options.effectiveNetwork }

  var hostname: String {
    options.hostname ?? (network == .host ? facts.hostName : ContainerName.short(facts.id))
  }

  /// Whether the engine mounts the root: a layer above it, or the root itself with other ids.
  private var rootIsMounted: Bool { facts.needsOverlay(options) || facts.userNamespace != nil }

  func spec() throws(EngineError) -> Spec {
    let root = Root(
      path: rootIsMounted ? "\(facts.directory)/\(FileName.root)" : facts.rootPath,
      readonly: options.readOnlyRoot)
    var spec = Spec(
      ociVersion: Self.specificationVersion, root: root, process: try process(), linux: try linux())
    spec.hostname = hostname
    spec.mounts = mounts()
    spec.annotations = annotations()
    return spec
  }

  private func annotations() -> [KeyValue] {
    var result = options.annotations
    if let signal = options.stopSignal {
      let key = "org.opencontainers.image.stopSignal"
      if result.value(forKey: key) == nil { result.append(KeyValue(key, SignalName.name(of: signal))) }
    }
    return result
  }

  // MARK: Process

  private func process() throws(EngineError) -> Process {
    let identity = try facts.users.resolve(
      options.user, additional: options.additionalGroups, umask: options.umask ?? 0o022)
    try checkIdentity(identity.user)
    var process = Process(args: try arguments(), cwd: options.workingDirectory ?? "/")
    process.terminal = options.terminal
    // Set before the payload starts; later changes reach it as signals.
    process.consoleSize = options.terminal ? facts.consoleSize : nil
    process.user = identity.user
    process.env = environment(home: identity.home)
    process.capabilities = capabilities(isRoot: identity.user.uid == 0)
    process.rlimits = limits()
    process.noNewPrivileges = options.security.noNewPrivileges ?? !options.privileged
    process.oomScoreAdj = options.outOfMemoryAdjustment
    if let profile = options.security.appArmorProfile, profile != "unconfined" {
      process.apparmorProfile = profile
    }
    return process
  }

  /// A number that the user namespace does not have cannot be taken; the kernel would only say "invalid argument".
  private func checkIdentity(_ user: User) throws(EngineError) {
    guard let maps = facts.maps else { return }
    let remedy = "add ranges to /etc/subuid and /etc/subgid"
    guard maps.hasUser(user.uid) else {
      throw EngineError(
        "--user: user \(user.uid) does not exist in the container's user namespace: \(remedy)")
    }
    for group in [user.gid] + user.additionalGids where !maps.hasGroup(group) {
      throw EngineError("--user: group \(group) does not exist in the container's user namespace: \(remedy)")
    }
  }

  private func arguments() throws(EngineError) -> [String] {
    var arguments = options.command
    if let entrypoint = options.entrypoint, !entrypoint.isEmpty {
      arguments.insert(entrypoint, at: 0)
    } else if arguments.isEmpty {
      arguments = facts.defaultCommand
    }
    guard let program = arguments.first else {
      throw EngineError(
        "no command is given, and the root file system has no default one: name it behind the root")
    }
    if program.isEmpty { throw EngineError("the command's name is empty") }
    for (index, argument) in arguments.enumerated() where argument.utf8.contains(0) {
      throw EngineError("argument \(index) of the command holds a NUL byte")
    }
    return options.usesInit ? [Self.initPath, "--"] + arguments : arguments
  }

  /// Docker's order: what every container has first, then files, then flags; a later value takes the place of an
  /// earlier one. Nothing else of the caller's environment gets in.
  private func environment(home: String) -> [String] {
    var variables = Variables()
    variables.set("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    variables.set("HOSTNAME", hostname)
    if options.terminal { variables.set("TERM", "xterm") }
    variables.set("HOME", home)
    variables.apply(facts.environmentFiles + options.environment, caller: facts.environment)
    return variables.list
  }

  /// Root has its capabilities in force; another user has them only in the bounding set, to be gained by programs
  /// that carry them. Nothing is inheritable (CVE-2022-29162) or ambient.
  private func capabilities(isRoot: Bool) -> Capabilities {
    let names = Self.capabilities(options, available: facts.capabilities)
    return Capabilities(bounding: names, effective: isRoot ? names : [], permitted: isRoot ? names : [])
  }

  /// The capabilities that the flags add up to.
  ///
  /// - Parameter available: The engine's own bounding set.
  static func capabilities(_ options: RunOptions, available: UInt64) -> [String] {
    CapabilitySet.resolve(
      add: options.privileged ? ["ALL"] : options.capabilitiesToAdd, drop: options.capabilitiesToDrop,
      available: available)
  }

  /// What the engine's caller has is what the container gets, except for core dumps, which would land on the host.
  private func limits() -> [Rlimit] {
    let core = options.limits.contains { $0.type == .core } ? [] : [Rlimit(.core, soft: 0, hard: 0)]
    return core + options.limits
  }
}
