// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import ContainerPlan
internal import Linux
internal import SafePath

/// Control groups of cache and memory bandwidth (the kernel's `filesystems/resctrl.rst`).
struct Resctrl {
  static let mountPoint = "/sys/fs/resctrl"

  let group: ResctrlGroup

  init(_ group: ResctrlGroup) { self.group = group }

  private var path: String { group.name.isEmpty ? Resctrl.mountPoint : "\(Resctrl.mountPoint)/\(group.name)" }

  private var monitoringPath: String? { group.monitoring.map { "\(path)/mon_groups/\($0)" } }

  /// The directories that the container will have made; those that exist are somebody else's.
  func intent() throws(SyscallError) -> [String] {
    var paths: [String] = []
    for candidate in [group.name.isEmpty ? nil : path, monitoringPath] {
      if let candidate, try !Resctrl.exists(candidate) { paths.append(candidate) }
    }
    return paths
  }

  /// Makes the group, or checks that a shared one is as the configuration has it.
  func prepare() throws(SyscallError) {
    try Resctrl.verify()
    let isNew = try !Resctrl.exists(path)
    if isNew {
      guard group.isOwn || !group.schemata.isEmpty else {
        throw SyscallError("open", .noEntry, "\(path): a group without schemata must exist already")
      }
      // path: resctrl, where only the kernel makes names; the group's name has been checked
      try mkdirat(.workingDirectory, path, mode: 0o755)
    }
    // path: likewise
    if isNew || group.isOwn || group.name.isEmpty {
      try write(group.schemata)
    } else if let line = group.difference(from: try readText(.workingDirectory, path + "/schemata")) {
      throw SyscallError("schemata", .exists, "\(path) is in use and differs from \"\(line)\"")
    }
    if let monitoringPath, try !Resctrl.exists(monitoringPath) {
      // path: likewise
      try mkdirat(.workingDirectory, monitoringPath, mode: 0o755)
    }
  }

  /// Changes the schemata of a group that exists, for `update`.
  func update(_ lines: [String]) throws(SyscallError) {
    try Resctrl.verify()
    try write(lines)
  }

  /// Puts a process, and all that it will start, into the group.
  func add(_ pid: Int32) throws(SyscallError) {
    // path: likewise
    try writeFile(.workingDirectory, path + "/tasks", "\(pid)\n")
    if let monitoringPath { try writeFile(.workingDirectory, monitoringPath + "/tasks", "\(pid)\n") }
  }

  /// Removes directories that a record names, inner ones first. Their processes, if any, go to the group above.
  static func remove(_ paths: [String]) throws(SyscallError) {
    for path in paths.reversed() where path.utf8.starts(with: (mountPoint + "/").utf8) {
      // path: below resctrl, from the runtime's own record
      do throws(SyscallError) { try unlinkat(.workingDirectory, path, isDirectory: true) } catch {
        if error.errno != .noEntry { throw error }
      }
    }
  }

  private func write(_ lines: [String]) throws(SyscallError) {
    for line in lines {
      do throws(SyscallError) {
        // path: likewise
        try writeFile(.workingDirectory, path + "/schemata", line + "\n")
      } catch {
        // bestEffort: the kernel's own words are an addition
        // path: likewise
        let status = try? readText(
          .workingDirectory, Resctrl.mountPoint + "/info/last_cmd_status", limit: 4096)
        throw SyscallError(
          "write", error.errno, "\(path)/schemata \"\(line)\"" + (status.map { ": \($0)" } ?? ""))
      }
    }
  }

  private static func exists(_ path: String) throws(SyscallError) -> Bool {
    do throws(SyscallError) {
      // path: likewise
      _ = try fstatat(.workingDirectory, path)
      return true
    } catch {
      if error.errno == .noEntry || error.errno == .notDirectory { return false }
      throw error
    }
  }

  /// Nothing is written anywhere but into the kernel's own file system.
  private static func verify() throws(SyscallError) {
    // bestEffort: a directory that is not there is no resctrl either
    guard (try? statfs(mountPoint))?.magic == FileSystemMagic.resctrl else {
      throw SyscallError(
        "statfs", .noDevice,
        "\(mountPoint) is no resctrl file system: this kernel or processor has none, or it is not mounted")
    }
  }
}
