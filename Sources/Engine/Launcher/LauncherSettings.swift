// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
import Netlink
import Networking

/// A container directory, `roost run --settings DIR`: a root file system in `chroot/`, and in `settings` whom to run,
/// what, within which limits and on which network.
///
/// It is no second way to make containers: a container directory is a list of `roost run`'s own flags.
public struct LauncherSettings: Equatable, Sendable {
  /// The flags that say the same; those of the command line follow them and win.
  public var flags: [String]
  /// Whether a bridge is among them. Otherwise there is no network, unless the command line asks for one.
  public var hasNetwork = false
  /// The root file system, as `roost run` takes it.
  public var root: String
  /// The program and its arguments; empty for the root's own shell.
  public var command: [String]

  static let fileName = "settings"
  static let rootName = "chroot"
  /// Of a settings file, in bytes.
  private static let longestFile = 1 << 20
  /// What a container has of the processor's time unless it is told otherwise, on cgroup v1.
  static let allShares: UInt64 = 1024

  /// Reads a container directory.
  ///
  /// - Throws: ``EngineError`` naming the file and the line.
  public static func read(_ directory: String) throws(EngineError) -> LauncherSettings {
    let path = directory.utf8.last == Byte.slash ? "\(directory)\(fileName)" : "\(directory)/\(fileName)"
    let root = String(path.dropLast(fileName.utf8.count)) + rootName
    let bytes = try inDirectory(path) { () throws(SyscallError) in
      // A FIFO without a writer would block the opening.
      let file = try openat(.workingDirectory, path, [.readOnly, .nonBlocking, .noControllingTerminal])
      // What else can be read may be empty only for now, and no settings are settings, too.
      guard try fstat(file.fd).isRegular else { throw SyscallError("open", .invalidArgument, path) }
      return try readAll(file.fd, limit: longestFile)
    }
    try inDirectory(root) { () throws(SyscallError) in
      _ = try openat(.workingDirectory, root, [.path, .directory])
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw EngineError("\(path): the file is not UTF-8 text")
    }
    return try LauncherSettings(SettingsFile(parsing: text, path: path), root: reference(root))
  }

  private static func inDirectory<T>(
    _ path: String, _ body: () throws(SyscallError) -> T
  ) throws(EngineError) -> T {
    do { return try body() } catch {
      let reason = error.errno == .invalidArgument ? "not a regular file" : "\(error.errno)"
      throw EngineError(
        "--settings: \(path): \(reason): a container directory holds a file \(fileName) and a directory \(rootName)"
      )
    }
  }

  /// A relative path in the form that ROOT takes.
  private static func reference(_ path: String) -> String {
    path.utf8.first == Byte.slash || path.hasPrefix("./") || path.hasPrefix("../") ? path : "./" + path
  }

  init(_ file: SettingsFile, root: String) throws(EngineError) {
    self.root = root
    flags = ["--rm", "--interactive"]
    command = []
    try addUser(file)
    if let bytes = try file.value(.memlimit, Self.memory) { flags += ["--memory", String(bytes)] }
    if let percent = try file.value(.cpupercent, Self.percent) {
      flags += ["--cpu-shares", String(Self.shares(ofPercent: percent))]
    }
    try addNetwork(file)
    if let process = try file.value(.process, RunFlags.path) {
      command = [process]
    } else if let argument = file.arguments.first {
      throw file.error(argument.line, "arg1: there is no process that it could be an argument of")
    }
    command += file.arguments.map(\.value)
  }

  private mutating func addUser(_ file: SettingsFile) throws(EngineError) {
    let user = try file.value(.user, Self.identity)
    let group = try file.value(.group, Self.identity)
    guard user != nil || group != nil else { return }
    flags += ["--user", (user ?? "0") + (group.map { ":\($0)" } ?? "")]
  }

  private mutating func addNetwork(_ file: SettingsFile) throws(EngineError) {
    let address = try file.value(.ip, Self.address)
    let gateway = try file.value(.gw, Self.gateway)
    guard let bridge = try file.value(.bridge, Self.interface), let line = file[.bridge]?.line else {
      if let entry = file[.ip] ?? file[.gw] {
        throw file.error(entry.line, "an address needs a bridge: add bridge: NAME, or leave it out")
      }
      return
    }
    guard let address, let addressLine = file[.ip]?.line else {
      throw file.error(line, "bridge \(bridge): the container's address is missing: add ip: ADDRESS/LENGTH")
    }
    var network = ["--network", "bridge:\(bridge)", "--ip", address]
    if let gateway { network += ["--gateway", gateway] }
    flags += network
    hasNetwork = true
    var options = RunOptions()
    do {
      _ = try RunFlags.table.parse(network, into: &options)
      _ = try options.networkRequest()
    } catch {
      // What is left to be wrong is how the two addresses go together.
      let isGateway = error.message.hasPrefix("--gateway")
      throw file.error(isGateway ? file[.gw]?.line ?? line : addressLine, Self.renamed(error.message))
    }
  }

  // MARK: Values

  private static func identity(_ text: String) throws(EngineError) -> String {
    if text.utf8.contains(Byte.colon) { throw EngineError("a colon cannot be part of a name") }
    _ = try Identity.parse(text)
    return text
  }

  private static func memory(_ text: String) throws(EngineError) -> Int64 {
    let bytes = try SizeText.parse(text)
    if bytes == 0 { throw EngineError("expected bytes, 1 or more") }
    return bytes
  }

  private static func percent(_ text: String) throws(EngineError) -> UInt64 {
    try RunFlags.integer(text, in: 1...100)
  }

  /// The share of all processor time as the weight that the original calculates: 100 per cent are 1024.
  static func shares(ofPercent percent: UInt64) -> UInt64 { percent * allShares / 100 }

  /// The percentage that a weight was calculated from.
  static func percent(ofShares shares: UInt64) -> UInt64 { (shares * 100 + allShares / 2) / allShares }

  private static func interface(_ text: String) throws(EngineError) -> String {
    // A comma would begin another property of the interface.
    guard isValidInterfaceName(text), !text.utf8.contains(Byte.comma) else {
      throw EngineError("this cannot be a bridge's name")
    }
    return text
  }

  private static func address(_ text: String) throws(EngineError) -> String {
    let asked = try inEngine { () throws(NetworkingError) in try AskedAddress.parse(text) }
    if asked.length == nil { throw EngineError("the length of the block is missing, as in \(text)/24") }
    return text
  }

  private static func gateway(_ text: String) throws(EngineError) -> String {
    _ = try AttachmentText.address(text)
    return text
  }

  /// The keys of the file in place of the flags.
  private static func renamed(_ message: String) -> String {
    for (flag, key) in [("--gateway ", "gw "), ("--ip ", "ip "), ("--ip: ", "ip: ")]
    where message.hasPrefix(flag) {
      return key + message.dropFirst(flag.utf8.count)
    }
    return message
  }
}
