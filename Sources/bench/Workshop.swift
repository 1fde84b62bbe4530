// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// The private place in which everything runs: mount, PID and network namespaces, and a tmpfs on /run.
struct Workshop: Sendable {
  /// With which every container id of this run begins.
  let word: String
  /// Tells the peak memory of a command.
  let peakProgram: String
  /// Tells, in a container, when it began.
  let firstProgram: String
  let directory = "/run/bench"
  let rootfs = "/run/bench/rootfs"
  var spawner = Spawner(errors: "/run/bench/errors")

  /// To be called in the new namespaces: hides /run, shows their own /proc, makes the root file system.
  init(word: String, programs: String) throws(BenchError) {
    self.word = word
    peakProgram = "\(programs)/peak"
    firstProgram = "\(programs)/first"
    try attempting("private mounts") { () throws(SyscallError) in
      try setPropagation("/", .private, recursive: true)
      try Workshop.mount("proc", [], on: "/proc")
      try Workshop.mount("tmpfs", ["mode=755"], on: "/run")
      try mkdirat(.workingDirectory, directory, mode: 0o755)
    }
    try makeRootFileSystem()
  }

  /// crun refuses a hybrid cgroup hierarchy while the v2 tree owns a controller. A v1 mount that only this mount
  /// namespace sees takes what is left; the kernel gives it back when the namespace is gone. When another process has
  /// done so already, its hierarchy is mounted here too, so that it outlives that process.
  func hideControllersFromV2() throws(BenchError) {
    try attempting("a v1 hierarchy for the controllers that the v2 tree owns") { () throws(SyscallError) in
      let deadline = monotonicNanoseconds() + 5_000_000_000
      var joined: Set<String> = []
      while let names = try controllersToTake().first(where: { !joined.contains($0) }) {
        let target = "\(directory)/v1-\(joined.count)"
        do throws(SyscallError) {
          try Workshop.makeDirectory(target)
          try Workshop.mount("cgroup", names.split(separator: ",").map(String.init), on: target)
          joined.insert(names)
        } catch {
          // Cgroups that had the controller stay in its way for a while after their removal.
          guard error.errno == .busy, monotonicNanoseconds() < deadline else { throw error }
          try endDelegation(of: names)
          sleep(milliseconds: 50)
        }
      }
    }
  }

  /// Those of the v2 tree, and those whose v1 hierarchy somebody has mounted in private, as mount options.
  private func controllersToTake() throws(SyscallError) -> [String] {
    let unified = "/sys/fs/cgroup/unified/cgroup.controllers"
    guard Workshop.exists(unified) else { return [] }
    let own = try readText(.workingDirectory, unified).split(whereSeparator: { $0 == " " || $0 == "\n" })
    let lines = try readText(.workingDirectory, "/proc/self/cgroup").split(separator: "\n")
    let named = lines.map { line in
      line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).dropFirst().first.map(
        String.init) ?? ""
    }
    return ([own.joined(separator: ",")] + named).filter { names in
      !names.isEmpty && !names.contains("=") && !Workshop.exists("/sys/fs/cgroup/\(names)")
    }
  }

  /// As long as the children of the v2 root may have a controller, it cannot be taken away.
  private func endDelegation(of names: String) throws(SyscallError) {
    for controller in names.split(separator: ",") {
      do throws(SyscallError) {
        try writeFile(.workingDirectory, "/sys/fs/cgroup/unified/cgroup.subtree_control", "-\(controller)")
      } catch {
        // Busy: somebody's cgroup uses it. Not valid: it is no longer the v2 tree's.
        guard error.errno == .busy || error.errno == .invalidArgument else { throw error }
      }
    }
  }

  private static func exists(_ path: String) -> Bool {
    do throws(SyscallError) {
      _ = try fstatat(.workingDirectory, path)
      return true
    } catch {
      return false
    }
  }

  private static func makeDirectory(_ path: String) throws(SyscallError) {
    if !exists(path) { try mkdirat(.workingDirectory, path, mode: 0o755) }
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
