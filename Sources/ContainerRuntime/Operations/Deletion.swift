// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Cgroups
internal import ContainerPlan
internal import Linux
internal import OCI

// Removing what a record says belongs to a container, and verifying that it is gone.
extension StateStore {
  /// - Parameter force: kills a running container first, and takes one that does not exist for removed.
  /// - Returns: failures of poststop hooks, which the specification makes warnings.
  func delete(_ id: String, force: Bool) throws(RuntimeError) -> [String] {
    let container: ContainerDirectory
    do throws(RuntimeError) {
      // A lock that the container's own processes hold goes with them.
      container =
        try force
        ? openForRescue(id, lock: .exclusive) { busy throws(RuntimeError) in
          try busy.readRecord()?.signalKill()
        }
        : open(id)
    } catch {
      if force && error.message.utf8.starts(with: "container does not exist".utf8) { return [] }
      throw error
    }
    let record: Record?
    do throws(RuntimeError) {
      record = try container.readRecord()
    } catch {
      guard force else { throw error }
      return try deleteUnrecorded(container, error)
    }
    guard let record else {
      // Interrupted before the record, hence before the first side effect.
      try removeDirectory(container)
      return []
    }
    let status = try record.summary.status()
    if status != .stopped {
      guard force || status == .created || status == .creating && record.summary.process == nil else {
        throw RuntimeError("cannot delete container \(id) that is not stopped: \(status.rawValue)")
      }
      try record.kill()
    }
    return try remove(container, record)
  }

  /// Removes a container whose process has ended: cgroups with what is left in them, hooks, and the directory last, so
  /// that an interruption leaves something to try again with.
  func remove(
    _ container: ContainerDirectory, _ record: Record, _ trace: Trace? = nil
  ) throws(RuntimeError) -> [String] {
    trace?.restart()
    try cgroupOperation { () throws(CgroupError) in try record.cgroupSet.remove(killing: true) }
    trace?.mark(.runtime, "removeCgroups")
    do throws(SyscallError) { try Resctrl.remove(record.resctrl) } catch {
      throw RuntimeError(error, "control group of \(record.summary.id)")
    }
    let warnings = record.hasHooks ? runPoststopHooks(container, record) : []
    try removeDirectory(container)
    trace?.mark(.runtime, "removeRecord")
    return warnings
  }

  /// A record that cannot be read names nothing. Where the container's cgroups are in the usual place they are killed
  /// and removed all the same; otherwise only a person can know what belonged to it.
  private func deleteUnrecorded(
    _ container: ContainerDirectory, _ failure: RuntimeError
  ) throws(RuntimeError) -> [String] {
    let usual = try cgroupOperation { () throws(CgroupError) in
      let host = try CgroupHost.detect()
      let plan = try CgroupPlan(resources: nil, cgroupsPath: nil, id: container.id, host: host)
      let set = CgroupSet(records: plan.records)
      guard try set.exists() else { return false }
      try set.killAll()
      try set.remove(killing: true)
      return true
    }
    guard usual else {
      throw RuntimeError(
        "\(failure.message): what belonged to the container is unknown; look for cgroups named \(container.id), "
          + "then remove \(container.path)")
    }
    try removeDirectory(container)
    return ["\(failure.message): removed the cgroups named \(container.id)"]
  }

  private func removeDirectory(_ container: ContainerDirectory) throws(RuntimeError) {
    do throws(SyscallError) {
      try container.removeContents()
      try remove(container.id)
    } catch {
      if error.errno == .noEntry { return }
      throw RuntimeError(error, "state directory \(container.path)")
    }
  }

  private func runPoststopHooks(
    _ container: ContainerDirectory, _ record: Record
  ) -> [String] {
    var warnings: [String] = []
    do throws(RuntimeError) {
      guard let hooks = try container.readSpec().hooks?.poststop else { return [] }
      do throws(StepFailure) {
        let runner = HookRunner(
          point: .poststop, state: record.summary.state(.stopped).encoded,
          workingDirectory: record.summary.bundle,
          streams: try HookStreams(record.summary.annotations))
        for hook in hooks {
          do throws(StepFailure) { try runner.run([hook]) } catch { warnings.append(error.message) }
        }
      } catch { warnings.append(error.message) }
    } catch { warnings.append(error.message) }
    return warnings
  }
}

extension Record {
  /// Kills the init process and waits until it is gone; with a PID namespace of its own, everything in it dies too.
  func kill() throws(RuntimeError) {
    try signalKill()
    try awaitEnd()
  }

  /// Sends the signal that nobody survives, and lets it arrive.
  func signalKill() throws(RuntimeError) {
    if try summary.bootID != BootID.current() { return }
    do throws(SyscallError) {
      if let pidfd = try summary.process?.open() { try pidfdSendSignal(pidfd.fd, SIGKILL) }
    } catch {
      if error.errno != .noProcess { throw RuntimeError(error, "killing \(summary.id)") }
    }
    // A frozen process dies only when it is thawed, and then before it runs again.
    try cgroupOperation { () throws(CgroupError) in
      if try cgroupSet.isFrozen() { try cgroupSet.thaw() }
    }
  }

  /// Bounded: a process in uninterruptible sleep is an error to report, not a reason to hang.
  private func awaitEnd() throws(RuntimeError) {
    do throws(SyscallError) {
      guard let pidfd = try summary.process?.open() else { return }
      var entries = [PollEntry(pidfd.fd)]
      if try poll(&entries, timeoutMilliseconds: 10_000) == 0 {
        throw SyscallError(
          "kill", .busy, "process \(summary.process?.pid ?? 0) did not end within 10 s of SIGKILL")
      }
    } catch { throw RuntimeError(error, "killing \(summary.id)") }
  }
}
