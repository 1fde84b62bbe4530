// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import Glibc
import Linux
import OCI

/// The helper of ``StepShell``: our own program, which enters the namespaces of a half-made container and starts a program
/// of the host there. A process of its own, as user and PID namespaces want.
public enum LookAround {
  /// What the helper is called with in place of its name.
  static let name = "roost-look"

  /// Which file system the program sees.
  enum View: String {
    /// That of the container's process, as long as the host's programs are still in it.
    case container
    /// The host's, as the host's root: only he may look into the process's root from outside.
    case host

    fileprivate func includes(_ type: NamespaceType) -> Bool {
      self == .container || (type != .mount && type != .user)
    }
  }

  static func arguments(_ pid: Int32, _ view: View, _ command: [String]) -> [String] {
    [name, "\(pid)", view.rawValue] + command
  }

  /// - Parameter arguments: as the helper got them, its name first.
  /// - Returns: the exit status; nil when this is no call of the helper.
  public static func run(_ arguments: [String]) -> Int32? {
    guard arguments.first == name, arguments.count > 3, let pid = decimal(arguments[1], as: Int32.self),
      let view = View(rawValue: arguments[2])
    else { return nil }
    do {
      // Nobody is to stay in a container whose maker is gone.
      try setParentDeathSignal(SIGKILL)
      try enter(pid, view)
      return try start(Array(arguments[3...]))
    } catch {
      // bestEffort: the exit status says it too
      try? writeAll(.standardError, Array("roost: --step: no shell: \(error)\n".utf8))
      return EngineError.engineFailure
    }
  }

  /// Enters the namespaces of the process that are not ours, at once.
  private static func enter(_ pid: Int32, _ view: View) throws(SyscallError) {
    let process = try pidfdOpen(pid)
    var flags: CloneFlags = []
    for (type, file) in LiveReader.types where view.includes(type) {
      let own = try readlinkat(.workingDirectory, "/proc/self/ns/\(file)")
      if try readlinkat(.workingDirectory, "/proc/\(pid)/ns/\(file)") != own { flags.insert(type.flag) }
    }
    if !flags.isEmpty { try setns(process.fd, flags) }
    if view == .container { try chdir("/") }
    guard flags.contains(.newUser) else { return }
    try? setgroups([])  // bestEffort: namespaces of ordinary users refuse it, and have no groups to lose
    try setresgid(0)
    try setresuid(0)
  }

  /// A PID namespace is entered by a child only.
  private static func start(_ command: [String]) throws(SyscallError) -> Int32 {
    let words = CStringArray(command)
    let environment = CStringArray(processEnvironment())
    let child = try clone3([])
    switch consume child {
    case .child:
      // bestEffort: without it the program lives until it is left
      try? setParentDeathSignal(SIGKILL)
      _ = execve(command[0], words, environment)
      exitProcess(EngineError.commandNotFound)
    case .parent(_, let pidfd):
      return try waitid(pidfd.fd)?.shellStatus ?? EngineError.engineFailure
    }
  }
}
