// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// Carries out the actions of one cgroup.
struct CgroupWriter {
  /// The cgroup's path.
  let hostPath: String
  private var postponed: [(FileWrite, SyscallError)] = []

  init(hostPath: String) { self.hostPath = hostPath }

  /// - Parameters:
  ///   - leaf: the cgroup.
  ///   - inheritance: copies a file of a cpuset from its parent.
  mutating func run(
    _ actions: [CgroupAction], in leaf: FD, inheritance: (_ file: String) throws(CgroupError) -> Void
  ) throws(CgroupError) {
    var file = OpenFile()
    for action in actions {
      switch action {
      case .inherit(let name):
        try inheritance(name)
      case .write(let write):
        if write.file.utf8.starts(with: "cpuset.".utf8) {
          try writeCpuset(write, leaf, &file, inheritance)
        } else {
          try attempt(write, leaf, &file)
        }
      }
    }
    try writePostponed(leaf, &file)
  }

  /// A cpuset of version 1 gets nothing that its parent lacks, and one that was made with the cgroup has nothing yet.
  private mutating func writeCpuset(
    _ write: FileWrite, _ leaf: FD, _ file: inout OpenFile,
    _ inheritance: (_ file: String) throws(CgroupError) -> Void
  ) throws(CgroupError) {
    do throws(SyscallError) {
      return try perform(write, leaf, &file)
    } catch {
      if error.errno == .accessDenied { try inheritance(write.file) }
    }
    try attempt(write, leaf, &file)
  }

  /// The file of the last write stays open for the next: rules for devices come in dozens.
  private struct OpenFile: ~Copyable {
    var name = ""
    var descriptor: Descriptor?

    mutating func write(_ directory: FD, _ name: String, _ value: String) throws(SyscallError) {
      if descriptor == nil || self.name != name {
        descriptor = try openat(directory, name, [.writeOnly, .noFollow])
        self.name = name
      }
      if let fd = descriptor?.rawValue { try writeOnce(FD(fd), value) }
    }
  }

  private mutating func attempt(_ write: FileWrite, _ leaf: FD, _ file: inout OpenFile) throws(CgroupError) {
    do throws(SyscallError) {
      try perform(write, leaf, &file)
    } catch {
      if write.isOrdered && error.errno == .invalidArgument {
        postponed.append((write, error))
      } else {
        throw WriteDiagnosis(write: write, hostPath: hostPath, leaf: leaf).failure(error)
      }
    }
  }

  private func perform(_ write: FileWrite, _ leaf: FD, _ file: inout OpenFile) throws(SyscallError) {
    do throws(SyscallError) {
      try file.write(leaf, write.file, write.value)
      return
    } catch {
      guard error.errno == .noEntry && error.call == "open" else { throw error }
      if write.alternatives.isEmpty {
        if write.isOptional { return }
        throw error
      }
    }
    for (index, alternative) in write.alternatives.enumerated() {
      do throws(SyscallError) {
        try file.write(leaf, alternative.file, alternative.value)
        return
      } catch {
        let isLast = index + 1 == write.alternatives.count
        guard error.errno == .noEntry && error.call == "open" else { throw error }
        if isLast && !write.isOptional { throw error }
      }
    }
  }

  /// Repeats what the kernel refused before later values were in place, as long as that gets anywhere.
  private mutating func writePostponed(_ leaf: FD, _ file: inout OpenFile) throws(CgroupError) {
    while !postponed.isEmpty {
      let pending = postponed
      postponed = []
      for (write, _) in pending { try attempt(write, leaf, &file) }
      if postponed.count == pending.count {
        throw WriteDiagnosis(write: pending[0].0, hostPath: hostPath, leaf: leaf).failure(pending[0].1)
      }
    }
  }
}

/// Copies a cpuset's processors or memory nodes from its parent, see cpuset(7).
struct CpusetInheritance {
  let root: HierarchyRoot
  let file: String

  /// - Parameters:
  ///   - path: the cpuset.
  ///   - isNew: it has nothing yet. Otherwise it keeps what it has.
  func fill(_ path: String, isNew: Bool) throws(CgroupError) {
    if !isNew, try !value(path).isEmpty { return }
    let parent = parentPath(path)
    var inherited = try value(parent)
    if inherited.isEmpty && parent != "/" {
      // A parent that was made with the cgroup, or that nobody has used yet.
      try fill(parent, isNew: true)
      inherited = try value(parent)
    }
    let target = try root.open(path + "/" + file, .writeOnly)
    do throws(SyscallError) {
      try writeOnce(target.fd, String(decoding: inherited, as: UTF8.self))
    } catch {
      throw .refused(
        "cannot write \"\(String(decoding: inherited, as: UTF8.self))\", from the parent, "
          + "to \(root.hostPath)\(path)/\(file)", error)
    }
  }

  private func value(_ path: String) throws(CgroupError) -> ArraySlice<UInt8> {
    let name = (path == "/" ? "" : path) + "/" + file
    do throws(SyscallError) {
      return try readKernelFile(root.base, root.name(name)).prefix { $0 != UInt8(ascii: "\n") }
    } catch {
      throw .refused("cannot read \(root.hostPath)\(name)", error)
    }
  }
}

/// Puts a refused write into words.
struct WriteDiagnosis {
  let write: FileWrite
  let hostPath: String
  let leaf: FD

  func failure(_ error: SyscallError) -> CgroupError {
    let isMissing = error.errno == .noEntry && error.call == "open"
    let what =
      isMissing
      ? "there is no \(hostPath)/\(write.file)"
      : "cannot write \"\(write.value)\" to \(hostPath)/\(write.file)"
    let remedy = isMissing ? missingRemedy : refusedRemedy(error.errno)
    return .refused(what, error, field: write.field, remedy: remedy)
  }

  private func isFile(_ names: String...) -> Bool { names.contains(write.file) }

  private func hasPrefix(_ prefix: String) -> Bool { write.file.utf8.starts(with: prefix.utf8) }

  private var missingRemedy: String {
    if isFile("memory.memsw.limit_in_bytes", "memory.swap.max") {
      return "this kernel does not count swap: boot it with swapaccount=1 or leave the limit out"
    }
    if hasPrefix("blkio.leaf_weight") {
      return "only the CFQ scheduler had leaf weights, and Linux 5.0 removed it: leave the field out"
    }
    if isFile("blkio.weight", "blkio.weight_device", "io.bfq.weight") {
      return "no I/O scheduler in use has weights: load BFQ (modprobe bfq) or leave the field out"
    }
    if hasPrefix("cpu.rt_") {
      return "this kernel is built without real-time budgets (CONFIG_RT_GROUP_SCHED)"
    }
    if isFile("cpu.cfs_burst_us", "cpu.max.burst") { return "burst needs Linux 5.14" }
    if isFile("cpu.idle") { return "idle cgroups need Linux 5.15" }
    if hasPrefix("cpu.cfs_") || isFile("cpu.max") {
      return "this kernel is built without CPU bandwidth control (CONFIG_CFS_BANDWIDTH)"
    }
    if hasPrefix("hugetlb.") { return "this machine has no huge pages of that size" }
    return "this kernel has no such file"
  }

  private func refusedRemedy(_ errno: Errno) -> String? {
    switch errno {
    case .busy where hasPrefix("memory."): return memoryInUse
    case .notPermitted where hasPrefix("devices."): return "the parent cgroup does not allow this device"
    case .accessDenied where hasPrefix("cpuset."):
      return "the parent cgroup does not have all of them"
    case .notPermitted, .accessDenied: return "run as root, or have the cgroup delegated to you"
    case .noDevice: return "there is no such device"
    case .invalidArgument: return invalidRemedy
    default: return nil
    }
  }

  private var invalidRemedy: String? {
    if isFile("memory.limit_in_bytes", "memory.memsw.limit_in_bytes") {
      return "memory.limit may not be above memory.swap, which counts both: change the two together"
    }
    if hasPrefix("cpu.rt_") {
      return "the parent cgroup has too little real-time budget (cpu.rt_runtime_us)"
    }
    if isFile("cpu.shares", "cpu.weight") { return "an idle cgroup (cpu.idle) has no shares" }
    if hasPrefix("cpu.cfs_") || hasPrefix("cpu.max") {
      return "a period is 1000 to 1000000 µs, a quota at least 1000, a burst at most the quota, "
        + "and neither may exceed the parent cgroup's"
    }
    if isFile("memory.use_hierarchy") { return "since Linux 5.11 accounting is always hierarchical" }
    return "the kernel does not accept this value"
  }

  /// What the processes use now, for a limit below it.
  private var memoryInUse: String? {
    do throws(CgroupError) {
      let usage = try readWord(leaf, "memory.usage_in_bytes", of: hostPath)
      return "the cgroup already uses \(String(decoding: usage, as: UTF8.self)) bytes, "
        + "and the kernel could not free enough of them"
    } catch {
      return "the cgroup already uses more"
    }
  }
}
