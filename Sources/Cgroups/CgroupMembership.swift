// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Linux

/// The open doors of a container's cgroups, for the process that is to enter them.
///
/// Opened by the parent, which has the rights and the paths; used by the child, which has neither any more. All
/// descriptors close on exec and with this object.
public final class CgroupMembership {
  /// What was made; replaces what the state recorded before.
  public let records: [CgroupRecord]
  /// `tasks` of each hierarchy of version 1, open for writing.
  private var tasks: [Int32] = []
  /// The directory of version 2; -1 without one.
  private var directory: Int32 = -1
  /// What the process has to be in the cgroup of version 2 for.
  var lateWrites: [(FileWrite, hostPath: String)] = []

  init(records: [CgroupRecord], tasks: [Int32], directory: Int32) {
    self.records = records
    self.tasks = tasks
    self.directory = directory
  }

  deinit { close() }

  /// What `clone3` wants for `CLONE_INTO_CGROUP`; `nil` on a host without version 2.
  public var cloneTarget: FD? { directory < 0 ? nil : FD(directory) }

  /// Moves the calling process into each hierarchy of version 1.
  ///
  /// The caller must be single-threaded: `tasks` moves one thread. That is what makes it cheap, as no lock over all
  /// processes is taken. A new cgroup namespace is to be unshared after this, or it shows the caller's old cgroup as
  /// its root. Allocates nothing unless it fails.
  public func enter() throws(CgroupError) {
    for (index, fd) in tasks.enumerated() {
      do throws(SyscallError) {
        try writeOnce(FD(fd), "0")
      } catch {
        throw entryFailure(records.filter { $0.version == .v1 }[index], "tasks", error)
      }
    }
  }

  /// Moves the calling process into the tree of version 2, where it was not cloned into it (before Linux 5.7).
  ///
  /// Slow: this may wait for an RCU grace period.
  public func enterUnified() throws(CgroupError) {
    guard let target = cloneTarget else { return }
    do throws(SyscallError) {
      try writeFile(target, "cgroup.procs", "0")
    } catch {
      throw entryFailure(records.first { $0.version == .v2 }, "cgroup.procs", error)
    }
  }

  /// Sets the limits that would have kept the process out, now that it is in.
  public func settle() throws(CgroupError) {
    guard !lateWrites.isEmpty, let leaf = cloneTarget else { return }
    for (write, hostPath) in lateWrites {
      var writer = CgroupWriter(hostPath: hostPath)
      try writer.run([.write(write)], in: leaf) { _ throws(CgroupError) in }
    }
    lateWrites = []
  }

  /// Says why `clone3` into ``cloneTarget`` failed; nil when the cgroup is not the reason, as far as the number tells.
  public func cloneFailure(_ errno: Errno) -> CgroupError? {
    guard [.busy, .notSupported, .tryAgain, .accessDenied, .noDevice].contains(errno) else { return nil }
    return entryFailure(records.first { $0.version == .v2 }, "cgroup.procs", SyscallError("clone3", errno))
  }

  /// Closes everything now.
  public func close() {
    for fd in tasks { closeInherited(fd) }
    if directory >= 0 { closeInherited(directory) }
    tasks = []
    directory = -1
  }

  private func entryFailure(_ record: CgroupRecord?, _ file: String, _ error: SyscallError) -> CgroupError {
    // Number 0 is the process itself. clone3 does what writing to the file would do.
    let path = "\(record?.hostPath ?? "")/\(file)"
    return .refused(
      "cannot enter the cgroup: adding pid 0 to cgroups: \(path)", error,
      remedy: entryRemedy(record, error.errno))
  }
}

/// Why the kernel keeps a process out of a cgroup.
private func entryRemedy(_ record: CgroupRecord?, _ errno: Errno) -> String? {
  switch errno {
  case .noSpace: "its cpuset has no processors or no memory nodes"
  case .notSupported: "it lies in a threaded cgroup: choose another linux.cgroupsPath"
  case .busy:
    record?.version == .v2
      ? "it has children with controllers enabled, and processes live in the leaves: choose one of them" : nil
  case .tryAgain: "its limit of processes, or that of a parent, is reached (pids.max)"
  case .invalidArgument:
    "a real-time process needs real-time budget there (linux.resources.cpu.realtimeRuntime)"
  case .noDevice: "it was removed meanwhile"
  case .accessDenied:
    "moving there needs the right to write to cgroup.procs of the cgroup above both places: be root, or stay inside "
      + "the tree that was delegated to you"
  default: nil
  }
}
