// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux
import OCI
import SafePath

/// A root file system that is ready to be used.
public struct RootSource: Equatable, Sendable {
  /// On the host, absolute.
  public var path: String
  /// Whether other containers use it too, so that nobody may write to it.
  public var isShared: Bool
  /// What to run when the command line names nothing.
  public var defaultCommand: [String]

  public init(path: String, isShared: Bool, defaultCommand: [String] = ["/bin/sh"]) {
    self.path = path
    self.isShared = isShared
    self.defaultCommand = defaultCommand
  }
}

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
    facts.users = try users(root.path)
    facts.environmentFiles = try caller.environmentEntries(inFiles: options.environmentFiles)
    facts.environment = caller.passedOn(facts.environmentFiles + options.environment)
    for request in options.devices { facts.devices.append(try HostDevices.nodes(for: request)) }
    if options.privileged { facts.allDevices = try HostDevices.all() }
    facts.seccomp = try SeccompChoice.profile(for: options, workingDirectory: caller.workingDirectory)
    do {
      try readHost(&facts)
    } catch {
      throw EngineError("cannot read the host's settings: \(error)")
    }
    return facts
  }

  /// The highest capability that the kernel knows, as a number.
  static func lastCapability() throws(SyscallError) -> Int {
    let text = try readText(.workingDirectory, "/proc/sys/kernel/cap_last_cap", limit: 16)
    guard let number = decimal(text, as: Int.self) else { throw SyscallError("read", .invalidArgument, text) }
    return number
  }

  private func readHost(_ facts: inout Facts) throws(SyscallError) {
    facts.lastCapability = try Self.lastCapability()
    if options.memory != MemoryResources() { facts.accountsSwap = Self.accountsSwap() }
    facts.thermalThrottlePaths = try thermalThrottlePaths()
    facts.hostName = try readText(.workingDirectory, "/proc/sys/kernel/hostname", limit: 256)
    if options.network == .host {
      facts.hostsFile = try textIfPresent("/etc/hosts")
      facts.resolverFile = try textIfPresent("/etc/resolv.conf")
    }
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
