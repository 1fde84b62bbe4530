// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// Where the engine keeps its containers, and where the runtime keeps its own state.
public struct StateLocation: Equatable, Sendable {
  /// The engine's directory, absolute.
  public var path: String
  /// What `--root` of the runtime gets, absolute.
  public var runtimePath: String

  /// Chooses the directories.
  ///
  /// The engine's is `asked` or `ROOST_ROOT`; else `/var/lib/roost` for root and the XDG data directory for others.
  /// The runtime's belongs to the running system: `/run/roost` or the XDG runtime directory; an engine directory of
  /// one's own keeps both together.
  ///
  /// - Parameters:
  ///   - asked: The value of `--root`; nil when not given.
  ///   - environment: The caller's.
  ///   - isRoot: Whether the effective user is root.
  ///   - workingDirectory: Where a relative path counts from.
  /// - Throws: ``EngineError`` when there is nowhere to keep anything.
  public static func choose(
    asked: String?, environment: [String: String], isRoot: Bool, workingDirectory: String
  ) throws(EngineError) -> StateLocation {
    if let own = asked ?? environment["ROOST_ROOT"], !own.isEmpty {
      if own.utf8.contains(0) { throw EngineError("--root: the path holds a NUL byte") }
      let path = cleaned(absolutePath: absolute(own, from: workingDirectory))
      return StateLocation(path: path, runtimePath: path + "/run")
    }
    if isRoot { return StateLocation(path: "/var/lib/roost", runtimePath: "/run/roost") }
    guard let data = environment["XDG_DATA_HOME"] ?? environment["HOME"].map({ $0 + "/.local/share" }),
      data.utf8.first == Byte.slash
    else {
      throw EngineError("neither XDG_DATA_HOME nor HOME tells where to keep containers: use --root DIRECTORY")
    }
    let path = cleaned(absolutePath: data + "/roost")
    let runtime = environment["XDG_RUNTIME_DIR"].map { cleaned(absolutePath: $0 + "/roost") } ?? path + "/run"
    return StateLocation(path: path, runtimePath: runtime)
  }
}

/// A directory that must be ours alone: containers' secrets and set-user-id programs of images are below it.
enum PrivateDirectory {
  /// Opens a directory by path, making it and what is missing above it.
  ///
  /// - Throws: ``EngineError`` when it belongs to someone else, or when others can write to it.
  static func open(_ path: String) throws(EngineError) -> Descriptor {
    do {
      if let directory = try openIfPresent(.workingDirectory, path, followLinks: true) {
        try check(directory.fd, path)
        return directory
      }
      try makeParents(of: path)
      return try make(path, in: .workingDirectory, path: path)
    } catch {
      throw located(error, path)
    }
  }

  /// Opens a directory inside one of ours, making it when it is missing.
  static func open(_ name: String, in parent: FD, path: String) throws(EngineError) -> Descriptor {
    do {
      if let directory = try openIfPresent(parent, name, followLinks: false) {
        try check(directory.fd, path)
        return directory
      }
      return try make(name, in: parent, path: path)
    } catch {
      throw located(error, path)
    }
  }

  private static func openIfPresent(
    _ parent: FD, _ name: String, followLinks: Bool
  ) throws(SyscallError) -> Descriptor? {
    do {
      return try openat(
        parent, name, followLinks ? [.readOnly, .directory] : [.readOnly, .directory, .noFollow])
    } catch {
      if error.errno == .noEntry { return nil }
      throw error
    }
  }

  private static func make(_ name: String, in parent: FD, path: String) throws -> Descriptor {
    try makeIfMissing(parent, name, mode: 0o700)
    let directory = try openat(parent, name, [.readOnly, .directory, .noFollow])
    try check(directory.fd, path)
    return directory
  }

  private static func makeParents(of path: String) throws(SyscallError) {
    var prefix = ""
    for part in path.pieces(separatedBy: Byte.slash).dropLast() where !part.isEmpty {
      prefix += "/" + part
      try makeIfMissing(.workingDirectory, prefix, mode: 0o755)
    }
  }

  /// Another command may be faster; what it made is checked like any other.
  private static func makeIfMissing(_ parent: FD, _ name: String, mode: UInt32) throws(SyscallError) {
    do {
      try mkdirat(parent, name, mode: mode)
    } catch {
      if error.errno != .exists { throw error }
    }
  }

  /// Checks the directory that was opened, not its path: its owner is us, and nobody else can write to it.
  private static func check(_ directory: FD, _ path: String) throws {
    let status = try fstat(directory)
    let user = effectiveUserID()
    guard status.uid == user else {
      throw EngineError(
        "\(path): belongs to user \(status.uid), not to \(user): refusing to keep containers there")
    }
    guard status.mode & 0o022 == 0 else {
      throw EngineError(
        "\(path): others can write there (mode \(octal(status.mode & 0o7777))): refusing to keep containers there; "
          + "chmod go-w \(path) closes it")
    }
  }

  private static func located(_ error: any Error, _ path: String) -> EngineError {
    error as? EngineError ?? EngineError("\(path): cannot open the engine's directory: \(error)")
  }
}
