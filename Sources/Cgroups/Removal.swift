// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

extension CgroupSet {
  /// Removes the container's cgroups with all below them, and the parents that were made for it unless somebody else
  /// uses them now. What is gone already is no error.
  ///
  /// - Parameters:
  ///   - timeoutMilliseconds: how long processes that are about to end may keep a directory.
  ///   - killing: whether processes that are still there are killed instead of being an error.
  /// - Throws: names the first directory that stayed; the others are removed all the same.
  public func remove(timeoutMilliseconds: Int = 2000, killing: Bool = false) throws(CgroupError) {
    var busy: [CgroupRecord] = []
    var failures: [CgroupError] = []
    var bases = MountBase()
    if let unit {
      do throws(CgroupError) { try stop(unit, killing: killing) } catch { failures.append(error) }
    }
    for record in records {
      do throws(CgroupError) {
        if try !removeAtOnce(record, &bases) { busy.append(record) }
      } catch { failures.append(error) }
    }
    if !busy.isEmpty {
      if killing {
        do throws(CgroupError) {
          try killAll(timeoutMilliseconds: timeoutMilliseconds)
        } catch { failures.append(error) }
      }
      var deadline = Deadline(milliseconds: timeoutMilliseconds)
      for record in busy {
        do throws(CgroupError) {
          try removePatiently(record, &bases, &deadline)
        } catch { failures.append(error) }
      }
    }
    for record in records { removeParents(record) }
    guard var first = failures.first else { return }
    first.cleanUpFailures = failures.dropFirst().map { $0.message }
    throw first
  }

  /// Has systemd remove its part. The processes are killed first: systemd would ask them politely, and wait.
  private func stop(_ unit: UnitRecord, killing: Bool) throws(CgroupError) {
    let isThere = try exists()
    if isThere {
      if killing {
        try killAll()
      } else if try !processes().isEmpty {
        return
      }
    }
    let manager: SystemdManager
    do throws(CgroupError) { manager = try SystemdManager.connect(unit.manager) } catch {
      // Without systemd there are no units; directories that it has left are removed like any other.
      if error.reason == .unsupported { return }
      throw error
    }
    if !isThere && killing { try manager.kill(unit, 9) }
    try manager.stop(unit)
  }

  /// The usual case, in one call.
  ///
  /// - Returns: false when something keeps the directory.
  private func removeAtOnce(_ record: CgroupRecord, _ bases: inout MountBase) throws(CgroupError) -> Bool {
    let root = try bases.root(mountPoint: record.mountPoint, name: record.hierarchy)
    do throws(SyscallError) {
      try unlinkat(root.base, root.name(record.path), isDirectory: true)
      return true
    } catch {
      if error.errno == .noEntry { return true }
      if error.errno == .busy || error.errno == .notEmpty { return false }
      // A read-only mount answers so for a directory that is not there, too.
      if error.errno == .readOnlyFileSystem, try !CgroupSet(records: [record]).exists() { return true }
      throw .refused("cannot remove the cgroup \(record.hostPath)", error)
    }
  }

  private func removePatiently(
    _ record: CgroupRecord, _ bases: inout MountBase, _ deadline: inout Deadline
  ) throws(CgroupError) {
    let tree = CgroupTree(hostPath: record.hostPath)
    repeat {
      try tree.removeChildren()
      if try removeAtOnce(record, &bases) { return }
    } while deadline.wait()
    let count = try tree.processes().count
    throw CgroupError(
      .timedOut, "cannot remove the cgroup \(record.hostPath): \(count) process(es) still in it")
  }

  /// Best effort: a parent that is used by another container by now belongs to that.
  private func removeParents(_ record: CgroupRecord) {
    var path = record.path
    while path.utf8.count > record.createdFrom.utf8.count && !record.createdFrom.isEmpty {
      path = parentPath(path)
      do throws(SyscallError) {
        try unlinkat(.workingDirectory, record.mountPoint + path, isDirectory: true)
      } catch {
        if error.errno != .noEntry { return }
      }
    }
  }
}
