// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Cgroups
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

  /// Begins to watch for processes of a container that are killed for want of memory.
  public func outOfMemoryEvents(_ id: String) throws(RuntimeError) -> OutOfMemoryEvents {
    let record = try countable(id)
    return try cgroupOperation { () throws(CgroupError) in try record.cgroupSet.watchOutOfMemory() }
  }

  private func countable(_ id: String) throws(RuntimeError) -> Record {
    let record = try store.open(id, lock: .none).requireRecord()
    if try record.status() == .stopped { throw RuntimeError("container with id \(id) is not running") }
    return record
  }
}
