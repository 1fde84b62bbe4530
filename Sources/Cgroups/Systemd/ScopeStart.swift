// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

extension CgroupPlan {
  /// Has systemd make the scope around a process that exists and waits, and finds its cgroup.
  ///
  /// - Parameter pid: the container's process, in the caller's PID namespace, which has to be systemd's, too.
  /// - Returns: the plan for the cgroup that there is now: its paths are systemd's.
  /// - Throws: when systemd refuses, or the cgroup that it makes was there and has processes or is frozen. The scope does not
  ///   exist then, or is stopped again.
  public func startScope(_ manager: SystemdManager, pid: Int32) throws(CgroupError) -> CgroupPlan {
    guard let scope else { return self }
    // Stopping the scope again would take the cgroup with it. Where a user's manager has its tree is known only afterwards.
    if scope.manager == .system {
      for directory in directories { try DirectoryCreation(directory).refuseOccupied() }
    }
    try manager.start(scope, pid: pid)
    do throws(CgroupError) {
      let path = try CgroupPlan.path(of: scope.unit, pid: pid)
      var result = self
      for index in result.directories.indices { result.directories[index].path = path }
      return result
    } catch {
      var failure = error
      do throws(CgroupError) {
        try manager.kill(scope.record, 9)
        try manager.stop(scope.record)
      } catch { failure.cleanUpFailures.append(error.message) }
      throw failure
    }
  }

  /// Where the process is now, which is where systemd has put the scope.
  private static func path(of unit: String, pid: Int32) throws(CgroupError) -> String {
    let file = "/proc/\(pid)/cgroup"
    let bytes: [UInt8]
    do throws(SyscallError) { bytes = try readKernelFile(.workingDirectory, file) } catch {
      throw .refused("cannot read \(file)", error)
    }
    for membership in try Membership.parse(bytes) {
      guard let path = membership.pathBelowMount, path.hasSuffix("/" + unit) else { continue }
      return path
    }
    throw CgroupError(
      .refused,
      "systemd has started \(unit), but \(file) does not name it: does systemd see other process ids?")
  }

  /// What removes the cgroups of a started scope; to be recorded before ``adopt(pid:)``, which makes those of version 1
  /// that systemd leaves out.
  public var scopeRecords: [CgroupRecord] {
    // systemd's directories go with the unit. Where there is none of it, as for cpusets of version 1, ours is made.
    records.map { record in
      var record = record
      record.createdFrom = record.path
      return record
    }
  }

  /// Sets the limits that systemd does not set, and puts the process into the hierarchies of version 1 that systemd has
  /// left it out of.
  public func adopt(pid: Int32) throws(CgroupError) -> CgroupMembership {
    var doors = Doors(count: directories.count)
    var base = MountBase()
    do throws(CgroupError) {
      for directory in directories {
        var creation = DirectoryCreation(directory, adopting: true)
        let door = try creation.run(&base)
        doors.add(door, directory.entrance, creation.record)
        if directory.entrance == .tasks { try move(pid, into: door, directory) }
      }
    } catch {
      doors.membership.close()
      throw error
    }
    return doors.membership
  }

  private func move(_ pid: Int32, into tasks: Int32, _ directory: CgroupDirectory) throws(CgroupError) {
    do throws(SyscallError) {
      try writeOnce(FD(tasks), String(pid))
    } catch {
      throw .refused("cannot move process \(pid) into \(directory.hostPath)/tasks", error)
    }
  }
}

/// What was opened so far, one hierarchy after the other.
struct Doors {
  private(set) var records: [CgroupRecord] = []
  private var tasks: [Int32] = []
  private var directory: Int32 = -1

  init(count: Int) {
    records.reserveCapacity(count)
    tasks.reserveCapacity(count)
  }

  mutating func add(_ record: CgroupRecord) { records.append(record) }

  mutating func add(_ door: Int32, _ entrance: CgroupDirectory.Entrance, _ record: CgroupRecord) {
    switch entrance {
    case .tasks: tasks.append(door)
    case .clone: directory = door
    }
    records.append(record)
  }

  var membership: CgroupMembership {
    CgroupMembership(records: records, tasks: tasks, directory: directory)
  }
}
