// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
public import OCI

/// What `roost run` was asked for: every flag as a checked value, the root, the command. A pure value: making one
/// asks no kernel, and reads no file but that of `--settings`.
public struct RunOptions: Equatable, Sendable {
  // The container and its life.
  public var name: String?
  public var removesAfterwards = false
  public var detaches = false
  /// Where the container's id is written; must not exist.
  public var idFile: String?
  /// Where the container's first process id is written.
  public var pidFile: String?
  /// KEY and value, the last of equal keys wins.
  public var labels: [KeyValue] = []
  public var annotations: [KeyValue] = []
  /// The signal that `stop` sends first.
  public var stopSignal: Int32?
  /// Seconds that `stop` waits before it kills; -1 waits for ever.
  public var stopTimeoutSeconds: Int32?
  /// The OCI runtime to use: a path, or a name to be found in PATH.
  public var runtime: String?
  /// Whether signals that `roost run` receives go to the container.
  public var forwardsSignals = true
  /// Whether the container is made step by step, with stops.
  public var steps = false
  public var quiet = false

  // Standard input, output and the terminal.
  public var interactive = false
  public var terminal = false

  // The process.
  /// nil: not given. Empty: `--entrypoint ""`, which clears the root's own.
  public var entrypoint: String?
  public var environmentFiles: [String] = []
  public var environment: [EnvironmentEntry] = []
  public var workingDirectory: String?
  public var user: UserRequest?
  public var additionalGroups: [Identity] = []
  /// Permission bits to withhold, 0 … 0o777.
  public var umask: UInt32?
  public var limits: [Rlimit] = []
  /// -1000 … 1000.
  public var outOfMemoryAdjustment: Int32?
  public var usesInit = false

  // File systems.
  public var mounts: [MountRequest] = []
  public var readOnlyRoot = false
  /// Whether a root that is a directory of the host is left untouched and gets a layer of its own.
  public var usesOverlay = false
  /// Bytes.
  public var sharedMemoryBytes: Int64 = 64 << 20

  // Rights.
  public var capabilitiesToAdd: [String] = []
  public var capabilitiesToDrop: [String] = []
  public var privileged = false
  public var security = SecurityOptions()
  /// Where it is told which system calls the seccomp profile refuses; nil for nowhere.
  public var seccompTrace: SeccompTraceDestination?
  public var devices: [DeviceRequest] = []
  public var sysctls: [KeyValue] = []
  public var userNamespace = UserNamespaceOptions()

  // Network.
  public var network: NetworkMode?
  /// What those get who ask for none; nil until ``Caller/decidingNetwork(_:)`` has decided.
  var networkByDefault: NetworkMode?
  public var interface = NetworkOptions()
  public var hostname: String?
  public var hosts: [HostEntry] = []

  // Limits of the control groups; nil where none was asked for.
  public var memory = MemoryResources()
  public var cpu = CPUResources()
  /// Which of `--cpus` and `--cpu-percent` set the quota.
  var cpuShorthand: String?
  /// -1: no limit. nil: the default.
  public var pidsLimit: Int64?
  /// 10 … 1000.
  public var blockIOWeight: UInt16?

  /// A container directory; see ``LauncherSettings``.
  public var settings: String?

  // What follows the flags.
  public var root = ""
  /// How the root file system is made ready.
  public var rootOptions = RootOptions()
  public var command: [String] = []

  public init() {}

  /// Parses the arguments of `roost run` behind the word `run`.
  ///
  /// - Throws: ``EngineError`` naming the flag.
  public static func parse(_ arguments: [String]) throws(EngineError) -> RunOptions {
    var options = RunOptions()
    let index = try RunFlags.table.parse(arguments, into: &options)
    if let directory = options.settings {
      return try parse(arguments, behind: LauncherSettings.read(directory))
    }
    try options.take(Array(arguments[index...]))
    return options
  }

  /// Takes what follows the flags, and checks the whole.
  mutating func take(_ arguments: [String]) throws(EngineError) {
    guard let first = arguments.first else {
      throw EngineError(
        "the root file system is missing: a directory (./rootfs), an archive (./rootfs.tar.gz, https://…, or - for "
          + "standard input), programs of the host (host:bash,ls) or debootstrap:SUITE")
    }
    root = first
    command = Array(arguments.dropFirst())
    try checkCombinations()
  }

  /// Parses arguments that follow what a container directory says, of which the root is a part.
  static func parse(
    _ arguments: [String], behind settings: LauncherSettings
  ) throws(EngineError) -> RunOptions {
    var options = RunOptions()
    _ = try RunFlags.table.parse(settings.flags, into: &options)
    let index = try RunFlags.table.parse(arguments, into: &options)
    if !settings.hasNetwork, options.network == nil, options.interface == NetworkOptions() {
      options.network = NetworkMode.none
    }
    options.root = settings.root
    options.command = index < arguments.count ? Array(arguments[index...]) : settings.command
    try options.checkCombinations()
    return options
  }

  /// Checks what no flag can check alone.
  private func checkCombinations() throws(EngineError) {
    if detaches {
      throw EngineError("--detach: not available yet: it comes with the logs of detached containers")
    }
    try checkMemory()
    try userNamespace.check()
    if let cpuShorthand, cpu.period != nil {
      throw EngineError("\(cpuShorthand) and --cpu-period exclude each other")
    }
    var destinations: [String: String] = [:]
    for mount in mounts {
      if let other = destinations.updateValue(mount.origin, forKey: mount.destination) {
        throw EngineError("\(mount.origin): the destination \(mount.destination) is taken by \(other)")
      }
    }
    _ = try networkRequest()
    try checkNetworkSettings()
    if removesAfterwards, idFile == pidFile, let idFile {
      throw EngineError("--cidfile and --pidfile name the same file \(idFile.quoted)")
    }
    if root.isEmpty { throw EngineError("the root file system's name is empty") }
    if root == "-", steps {
      throw EngineError(
        "--step: standard input holds the root file system, so that nothing of it is left for answers")
    }
    if root == "-", interactive {
      throw EngineError(
        "--interactive: standard input holds the root file system, so that nothing of it is left for the container"
      )
    }
  }

  private func checkNetworkSettings() throws(EngineError) {
    guard let sysctl = sysctls.first(where: { SysctlFlag.owner(of: $0.key) == .network }) else { return }
    switch network {
    case .host:
      throw EngineError(
        "--sysctl \(sysctl.key): with --network host this would change the host's own setting")
    case .container, .path:
      if userNamespace.isPrivate {
        throw EngineError(
          "--sysctl \(sysctl.key): a container with ids of its own has no rights over a network that it joins"
        )
      }
    case nil, .none?, .attached, .user: break
    }
  }

  private func checkMemory() throws(EngineError) {
    let unlimited: Int64 = -1
    if let swap = memory.swap, swap != unlimited {
      guard let limit = memory.limit else {
        throw EngineError("--memory-swap: it counts memory and swap together, so --memory is needed as well")
      }
      guard swap >= limit else {
        throw EngineError(
          "--memory-swap: \(SizeText.format(swap)) is below --memory \(SizeText.format(limit)); it counts memory "
            + "and swap together")
      }
    }
    if let reservation = memory.reservation, let limit = memory.limit, reservation > limit {
      throw EngineError(
        "--memory-reservation: \(SizeText.format(reservation)) is above --memory \(SizeText.format(limit))")
    }
  }
}
