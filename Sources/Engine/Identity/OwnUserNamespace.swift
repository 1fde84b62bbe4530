// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// The user namespace in which the engine of an ordinary user works: there it is root over the user's own and
/// subordinate ids, can unpack files with their owners and mount layers. The container lives in it, too.
///
/// Each command that needs one makes its own: what counts is not the namespace but its maps, which are always the same.
enum OwnUserNamespace {
  /// Moves the process into a new user namespace with `maps`, and a mount namespace that belongs to it.
  ///
  /// The process must have one thread.
  static func enter(_ maps: IdentityMaps) throws(EngineError) {
    do {
      if maps.areOwn {
        try unshare([.newUser, .newMount])
        // Without it the kernel does not let anybody map groups without help: a group can also deny access.
        try writeFile("setgroups", "deny")
        try writeFile(IDMapKind.user.file, text(maps.users.map(IDMapLine.init)))
        try writeFile(IDMapKind.group.file, text(maps.groups.map(IDMapLine.init)))
      } else {
        let process = Linux.getpid()
        let users = try IDMapHelper(.user, pid: process, maps.users.map(IDMapLine.init))
        let groups = try IDMapHelper(.group, pid: process, maps.groups.map(IDMapLine.init))
        try unshare([.newUser, .newMount])
        try users.finish()
        try groups.finish()
      }
      try setPropagation("/", .slave, recursive: true)
    } catch {
      throw EngineError(
        "cannot make a user namespace, which ordinary users' containers need: \(error)\(remedy(error))")
    }
  }

  /// Moves the process into the user namespace of a running container, with a mount namespace of its own.
  static func join(_ process: FD) throws(EngineError) {
    do {
      try setns(process, .newUser)
      try unshare(.newMount)
    } catch {
      throw EngineError("cannot enter the container's user namespace: \(error)")
    }
  }

  private static func writeFile(_ name: String, _ value: String) throws(SyscallError) {
    let process = try openat(.workingDirectory, "/proc/self", [.path, .directory])
    try Linux.writeFile(process.fd, name, value)
  }

  private static func text(_ lines: [IDMapLine]) -> String {
    lines.map { $0.fields.joined(separator: " ") }.joined(separator: "\n")
  }

  private static func remedy(_ error: SyscallError) -> String {
    switch error.errno {
    case .noSpace: "; /proc/sys/user/max_user_namespaces is too small"
    case .notPermitted, .accessDenied: "; `roost doctor` says what this machine lacks"
    default: ""
    }
  }
}

extension ContainerEngine {
  /// For ordinary users: makes this process root of a user namespace with all the ids that the user may use. For root
  /// it does nothing.
  public func enterOwnNamespace() throws(EngineError) {
    guard !caller.isRoot, let maps = try caller.identityMaps() else { return }
    try OwnUserNamespace.enter(maps)
  }
}

extension Caller {
  /// The ids that containers of this caller can have; nil for the machine's root, who has all.
  func identityMaps() throws(EngineError) -> IdentityMaps? {
    guard isRoot else { return try SubordinateIDs.maps(user: userID, group: groupID) }
    do {
      return try isInInitialUserNamespace() ? nil : IdentityMaps.current()
    } catch {
      throw EngineError("cannot find out about the user namespace: \(error)")
    }
  }
}
