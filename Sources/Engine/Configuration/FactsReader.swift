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

/// Who calls the engine, and from where.
public struct Caller: Sendable {
  public var workingDirectory: String
  /// The path of our own program.
  public var executable: String
  public var isRoot: Bool

  public init(workingDirectory: String, executable: String, isRoot: Bool) {
    self.workingDirectory = workingDirectory
    self.executable = executable
    self.isRoot = isRoot
  }

  /// Asks the kernel.
  public static func current() throws(EngineError) -> Caller {
    do {
      return Caller(
        workingDirectory: try Linux.getcwd(), executable: try readlinkat(.workingDirectory, "/proc/self/exe"),
        isRoot: effectiveUserID() == 0)
    } catch {
      throw EngineError("cannot find out where roost runs: \(error)")
    }
  }

  /// A variable of the caller's environment.
  public func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// Several variables of the caller's environment.
  func variables(_ names: [String]) -> [String: String] {
    var result: [String: String] = [:]
    for name in names { result[name] = variable(name) }
    return result
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
    facts.environmentFiles = try environmentFiles()
    facts.environment = passedOn(facts.environmentFiles + options.environment)
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

  private func readHost(_ facts: inout Facts) throws(SyscallError) {
    let last = try readText(.workingDirectory, "/proc/sys/kernel/cap_last_cap", limit: 16)
    facts.lastCapability = decimal(last, as: Int.self) ?? facts.lastCapability
    facts.thermalThrottlePaths = try thermalThrottlePaths()
    facts.hostName = try readText(.workingDirectory, "/proc/sys/kernel/hostname", limit: 256)
    if options.network == .host {
      facts.hostsFile = try textIfPresent("/etc/hosts")
      facts.resolverFile = try textIfPresent("/etc/resolv.conf")
    }
  }

  private static let longestFile = 1 << 20

  private func textIfPresent(_ path: String) throws(SyscallError) -> String {
    do {
      return String(decoding: try readFile(.workingDirectory, path, limit: Self.longestFile), as: UTF8.self)
    } catch {
      if error.errno == .noEntry { return "" }
      throw error
    }
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

  // MARK: Environment

  private func environmentFiles() throws(EngineError) -> [EnvironmentEntry] {
    var result: [EnvironmentEntry] = []
    for name in options.environmentFiles {
      let path = absolute(name, from: caller.workingDirectory)
      let bytes: [UInt8]
      do {
        bytes = try readFile(.workingDirectory, path, limit: Self.longestFile)
      } catch {
        throw EngineError("--env-file \(name.quoted): \(error.errno)")
      }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw EngineError("--env-file \(name.quoted): the file is not UTF-8 text")
      }
      do {
        result += try EnvironmentEntry.parse(file: text)
      } catch {
        throw error.within("--env-file \(name.quoted)")
      }
    }
    return result
  }

  private func passedOn(_ entries: [EnvironmentEntry]) -> [String: String] {
    var keys: [String] = []
    for case .passThrough(let key) in entries { keys.append(key) }
    return caller.variables(keys)
  }
}
