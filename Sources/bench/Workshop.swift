// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// The private place in which everything runs: mount and PID namespaces, and a tmpfs on /run.
struct Workshop: Sendable {
  /// With which every container id of this run begins.
  let word: String
  /// Tells the peak memory of a command.
  let peakProgram: String
  let directory = "/run/bench"
  let rootfs = "/run/bench/rootfs"
  var spawner = Spawner(errors: "/run/bench/errors")

  /// To be called in the new namespaces: hides /run, shows their own /proc, makes the root file system.
  init(word: String, peakProgram: String) throws(BenchError) {
    self.word = word
    self.peakProgram = peakProgram
    try attempting("private mounts") { () throws(SyscallError) in
      try setPropagation("/", .private, recursive: true)
      try Workshop.mount("proc", [], on: "/proc")
      try Workshop.mount("tmpfs", ["mode=755"], on: "/run")
      try mkdirat(.workingDirectory, directory, mode: 0o755)
    }
    try makeRootFileSystem()
  }

  /// crun refuses a hybrid cgroup hierarchy while the v2 tree owns a controller. A v1 mount that only this mount
  /// namespace sees takes what is left; the kernel gives it back when the namespace is gone.
  func hideControllersFromV2() throws(BenchError) {
    try attempting("a v1 hierarchy for the controllers that the v2 tree owns") { () throws(SyscallError) in
      let left: String
      do throws(SyscallError) {
        left = try readText(.workingDirectory, "/sys/fs/cgroup/unified/cgroup.controllers")
      } catch {
        if error.errno == .noEntry { return }
        throw error
      }
      let controllers = left.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init)
      if controllers.isEmpty { return }
      try mkdirat(.workingDirectory, "\(directory)/v1", mode: 0o755)
      try takeFromV2(controllers)
    }
  }

  /// Cgroups that have the controllers stay in the way for a while after their removal, and as long as somebody has
  /// them enabled for the children of the v2 root.
  private func takeFromV2(_ controllers: [String]) throws(SyscallError) {
    let deadline = monotonicNanoseconds() + 5_000_000_000
    while true {
      do throws(SyscallError) {
        return try Workshop.mount("cgroup", controllers, on: "\(directory)/v1")
      } catch {
        guard error.errno == .busy, monotonicNanoseconds() < deadline else { throw error }
      }
      for controller in controllers {
        do throws(SyscallError) {
          try writeFile(.workingDirectory, "/sys/fs/cgroup/unified/cgroup.subtree_control", "-\(controller)")
        } catch {
          guard error.errno == .busy else { throw error }
        }
      }
      sleep(milliseconds: 50)
    }
  }

  /// - Parameter options: flags, or key=value.
  private static func mount(_ type: String, _ options: [String], on target: String) throws(SyscallError) {
    let context = try fsopen(type)
    for option in options {
      let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
      if parts.count == 2 {
        try fsconfigSet(context.fd, parts[0], parts[1])
      } else {
        try fsconfigSet(context.fd, flag: option)
      }
    }
    try fsconfigCreate(context.fd)
    let mount = try fsmount(context.fd, [])
    let place = try openat(.workingDirectory, target, [.path, .directory])
    try moveMount(mount.fd, onto: place.fd)
  }

  private func makeRootFileSystem() throws(BenchError) {
    let busybox = "/bin/busybox"
    try attempting("root file system from \(busybox) (Debian: busybox-static)") { () throws(SyscallError) in
      let program = try readFile(.workingDirectory, busybox, limit: 64 << 20)
      for path in ["", "/bin", "/proc", "/sys", "/dev", "/tmp"] {
        try mkdirat(.workingDirectory, rootfs + path, mode: 0o755)
      }
      let copy = try openat(
        .workingDirectory, "\(rootfs)/bin/busybox", [.writeOnly, .create, .exclusive], mode: 0o755)
      try writeAll(copy.fd, program)
      for applet in ["true", "sleep", "sh"] {
        try symlinkat("busybox", .workingDirectory, "\(rootfs)/bin/\(applet)")
      }
    }
  }
}

/// Cgroups are shared with the machine: removes those whose name begins with the word, innermost first.
func removeCgroups(beginningWith word: String, below path: String = "/sys/fs/cgroup", depth: Int = 0) {
  guard depth < 8 else { return }
  let entries: [DirectoryEntry]
  do throws(SyscallError) {
    let directory = try openat(.workingDirectory, path, [.readOnly, .directory])
    entries = try listDirectory(directory.fd)
  } catch {
    return  // It went away meanwhile, or never was: nothing to remove in it.
  }
  for entry in entries where entry.isDirectory && entry.name != "." && entry.name != ".." {
    let inner = "\(path)/\(entry.name)"
    removeCgroups(beginningWith: word, below: inner, depth: depth + 1)
    guard entry.name.hasPrefix(word) else { continue }
    do throws(SyscallError) {
      try unlinkat(.workingDirectory, inner, isDirectory: true)
    } catch {
      writeError("bench: \(inner): \(error.errno)")
    }
  }
}

func writeError(_ line: String) {
  do throws(SyscallError) {
    try writeAll(.standardError, Array((line + "\n").utf8))
  } catch {
    return  // There is no other place for a word about it.
  }
}
