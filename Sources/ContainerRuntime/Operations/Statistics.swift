// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Cgroups
internal import Linux
internal import OCI

// What `events` tells of a container.
extension Containers {
  /// What a container uses now.
  ///
  /// - Throws: for a container that has stopped: there is nothing left to count.
  public func statistics(_ id: String) throws(RuntimeError) -> CgroupStatistics {
    let record = try countable(id)
    return try cgroupOperation { () throws(CgroupError) in try record.cgroupSet.statistics() }
  }

  /// Something to tell about a running container.
  public enum Event: Sendable {
    case statistics(CgroupStatistics)
    case outOfMemory
  }

  /// Tells what the container uses, time and again, and each time that the kernel kills in it for want of memory.
  /// Returns when its first process has ended, or its cgroups are gone.
  ///
  /// - Parameters:
  ///   - intervalMilliseconds: at least 1.
  ///   - handler: what it throws ends the watch.
  public func watch(
    _ id: String, intervalMilliseconds: Int64, _ handler: (Event) throws(RuntimeError) -> Void
  ) throws(RuntimeError) {
    let record = try countable(id)
    guard let process = try record.openProcess() else { throw Containers.notRunning(id) }
    let memory = try cgroupOperation { () throws(CgroupError) in try record.cgroupSet.watchOutOfMemory() }
    var next = monotonicNanoseconds() + intervalMilliseconds * 1_000_000
    while true {
      let left = Int32(clamping: max(0, (next - monotonicNanoseconds() + 999_999) / 1_000_000))
      let change = try cgroupOperation { () throws(CgroupError) in
        try memory.wait(timeoutMilliseconds: left, process: process.fd)
      }
      switch change {
      case .outOfMemory: try handler(.outOfMemory)
      case .ended, .removed: return
      case .none:
        next += intervalMilliseconds * 1_000_000
        let statistics = try cgroupOperation { () throws(CgroupError) in try record.cgroupSet.statistics() }
        try handler(.statistics(statistics))
      }
    }
  }

  private func countable(_ id: String) throws(RuntimeError) -> Record {
    let record = try store.open(id, lock: .none).requireRecord()
    if try record.summary.status() == .stopped { throw Containers.notRunning(id) }
    return record
  }

  private static func notRunning(_ id: String) -> RuntimeError {
    RuntimeError("container with id \(id) is not running")
  }
}

extension Record {
  /// A pidfd of the first process; nil when it has ended.
  fileprivate func openProcess() throws(RuntimeError) -> OwnedDescriptor? {
    do throws(SyscallError) {
      guard let pidfd = try summary.process?.open() else { return nil }
      return OwnedDescriptor(pidfd)
    } catch { throw RuntimeError(error, "process of \(summary.id)") }
  }
}
