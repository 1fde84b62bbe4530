// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux
import OCI
import SafePath

/// Reads what ``Facts`` holds from the host and the root. Changes nothing and needs no privilege.
struct FactsReader {
  let options: RunOptions
  let caller: Caller

  func read(id: String, directory: String, root: RootSource) throws(EngineError) -> Facts {
    try checkLabels()
    var facts = Facts(
      id: id, directory: directory, workingDirectory: caller.workingDirectory, rootPath: root.path)
    facts.rootIsShared = root.isShared
    facts.defaultCommand = root.defaultCommand
    facts.executable = caller.executable
    facts.ownMaps = try caller.identityMaps()
    facts.userNamespace = try userNamespace(id, facts)
    try checkNetwork(facts)
    if root.isPrepared { facts.users = try users(root.path) }
    facts.rootDigest = root.digest
    facts.environmentFiles = try caller.environmentEntries(inFiles: options.environmentFiles)
    facts.environment = caller.passedOn(facts.environmentFiles + options.environment)
    for request in options.devices { facts.devices.append(try HostDevices.nodes(for: request)) }
    if options.privileged { facts.allDevices = try HostDevices.all() }
    do {
      try readHost(&facts)
    } catch {
      throw EngineError("cannot read the host's settings: \(error)")
    }
    facts.seccomp = try SeccompChoice.profile(
      for: options, capabilities: SpecBuilder.capabilities(options, available: facts.capabilities))
    return facts
  }

  /// The engine's own bounding set, which is what it can give away at most: bit n is capability n.
  static func boundingSet() throws(SyscallError) -> UInt64 {
    let text = try readText(.workingDirectory, "/proc/self/status", limit: 1 << 16)
    for line in text.pieces(separatedBy: Byte.newline) {
      let (name, value) = line.cut(at: Byte.colon)
      if name == "CapBnd", let mask = UInt64((value ?? "").trimmed, radix: 16) { return mask }
    }
    throw SyscallError("read", .invalidArgument, "/proc/self/status has no CapBnd")
  }

  private func readHost(_ facts: inout Facts) throws(SyscallError) {
    if options.terminal { facts.consoleSize = try Caller.terminalSize() }
    if options.privileged || options.capabilitiesToAdd.contains("ALL") {
      facts.capabilities = try Self.boundingSet()
    }
    if options.memory != MemoryResources() { facts.accountsSwap = Self.accountsSwap() }
    facts.thermalThrottlePaths = try thermalThrottlePaths()
    facts.hostName = try readText(.workingDirectory, "/proc/sys/kernel/hostname", limit: 256)
    switch options.effectiveNetwork {
    case .host, .path:
      facts.hostsFile = try textIfPresent("/etc/hosts")
      facts.resolverFile = try textIfPresent("/etc/resolv.conf")
    case .attached, .user: facts.resolverFile = try upstreamResolvers()
    case .none, .container: break
    }
  }

  /// The maps of the namespace that `--userns`, `--uidmap` and `--gidmap` ask for.
  private func userNamespace(_ id: String, _ facts: Facts) throws(EngineError) -> IdentityMaps? {
    guard options.userNamespace.isPrivate else { return nil }
    if facts.isConfined {
      throw EngineError(
        "--userns: an ordinary user's containers live in a user namespace already, with the ids that /etc/subuid and "
          + "/etc/subgid give; further ones need root")
    }
    return options.userNamespace.explicit ?? IdentityRanges.maps(IdentityRanges.preferred(id))
  }

  /// Interfaces of the host, and namespaces of others, belong to the machine's root.
  private func checkNetwork(_ facts: Facts) throws(EngineError) {
    let mode = options.effectiveNetwork
    switch mode {
    case .none, .host: return
    case .user:
      if facts.isConfined { return }
      throw EngineError("--network \(mode.text): this is for ordinary users; root has --network default")
    case .attached, .container, .path:
      guard facts.isConfined else { return }
      throw EngineError(
        "--network \(mode.text): ordinary users' containers have none, host and pasta; other networks need root"
      )
    }
  }

  /// Whom the host asks. A resolver on its loopback interface, as systemd's, is out of reach; systemd writes down beside
  /// it whom that one asks.
  private func upstreamResolvers() throws(SyscallError) -> String {
    let text = try textIfPresent("/etc/resolv.conf")
    if !ResolverText(text).reachableFromElsewhere.servers.isEmpty { return text }
    let upstream = try textIfPresent("/run/systemd/resolve/resolv.conf")
    return upstream.isEmpty ? text : upstream
  }

  static let longestFile = 1 << 20

  private func textIfPresent(_ path: String) throws(SyscallError) -> String {
    do {
      return String(decoding: try readFile(.workingDirectory, path, limit: Self.longestFile), as: UTF8.self)
    } catch {
      if error.errno == .noEntry { return "" }
      throw error
    }
  }

  /// On cgroup v1 the root cgroup has the limit's file, unless swap accounting is off; on v2 every kernel with swap
  /// accounts it.
  private static func accountsSwap() -> Bool {
    let memory = "/sys/fs/cgroup/memory"
    if access(memory, F_OK) == 0 { return access("\(memory)/memory.memsw.limit_in_bytes", F_OK) == 0 }
    return access("/proc/swaps", F_OK) == 0
  }

  /// One directory per processor, where the hardware has the feature.
  private func thermalThrottlePaths() throws(SyscallError) -> [String] {
    let base = "/sys/devices/system/cpu"
    guard access("\(base)/cpu0/thermal_throttle", F_OK) == 0 else { return [] }
    let directory = try openat(.workingDirectory, base, [.readOnly, .directory])
    var numbers: [Int] = []
    for entry in try listDirectory(directory.fd) where entry.name.hasPrefix("cpu") {
      if let number = decimal(String(entry.name.dropFirst(3)), as: Int.self) { numbers.append(number) }
    }
    return numbers.sorted().map { "\(base)/cpu\($0)/thermal_throttle" }
  }

  private func checkLabels() throws(EngineError) {
    guard let mount = options.mounts.first(where: \.relabels) else { return }
    guard access("/sys/fs/selinux/enforce", F_OK) != 0 else {
      throw EngineError("\(mount.origin): relabelling for SELinux is not available yet: chcon(1) does it")
    }
  }

  // MARK: Users

  private func users(_ root: String) throws(EngineError) -> UserDatabase {
    do {
      let directory = try RootDirectory(hostPath: root)
      return UserDatabase(
        passwd: try Self.file("etc/passwd", in: directory), group: try Self.file("etc/group", in: directory))
    } catch {
      throw EngineError("the root file system \(root): \(error)")
    }
  }

  /// The text of a file that a container may have put there: found without leaving the root, no device, no pipe, not
  /// endless.
  static func file(_ path: String, in root: borrowing RootDirectory) throws(SyscallError) -> String {
    guard let file = try root.openIfPresent(path, [.readOnly, .nonBlocking, .noControllingTerminal]) else {
      return ""
    }
    guard try fstat(file.fd).isRegular else {
      throw SyscallError("open", .invalidArgument, "/\(path) is not a regular file")
    }
    do {
      return String(decoding: try readAll(file.fd, limit: longestFile), as: UTF8.self)
    } catch {
      throw SyscallError(error.call, error.errno, "/\(path)")
    }
  }
}
