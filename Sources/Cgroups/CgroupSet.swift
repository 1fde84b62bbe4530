// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// The cgroups of a container that exists, by what its state recorded.
public struct CgroupSet: Equatable, Sendable {
  public let records: [CgroupRecord]
  /// The unit of systemd that they belong to.
  public let unit: UnitRecord?

  public init(records: [CgroupRecord], unit: UnitRecord? = nil) {
    self.records = records
    self.unit = unit
  }

  /// The hierarchy with this controller of version 1.
  func record(_ controller: CgroupControllers) -> CgroupRecord? {
    records.first { $0.controllers.contains(controller) }
  }

  var unified: CgroupRecord? { records.first { $0.version == .v2 } }

  /// The hierarchy whose list of processes counts. On version 1 that of the freezer, so that those that were frozen
  /// and those that are listed are the same.
  var listed: CgroupRecord? {
    record(.freezer) ?? record(.devices) ?? records.first { $0.version == .v1 } ?? unified
  }

  /// Whether any of the directories is there.
  public func exists() throws(CgroupError) -> Bool {
    for record in records {
      do throws(SyscallError) {
        _ = try fstatat(.workingDirectory, record.hostPath)
        return true
      } catch {
        if error.errno != .noEntry { throw .refused("cannot look at the cgroup \(record.hostPath)", error) }
      }
    }
    return false
  }

  /// The processes of the container, also those in cgroups below its own, in the numbers of the caller's PID
  /// namespace. Empty when the cgroup does not exist.
  public func processes() throws(CgroupError) -> [Int32] {
    guard let listed else { return [] }
    return try CgroupTree(hostPath: listed.hostPath).processes().filter { $0 != 0 }
  }

  /// Opens the doors for a process that is to join the container.
  ///
  /// - Parameter below: a path below the container's cgroup, as of `exec --cgroup`; empty for its own.
  public func openMembership(below: String = "") throws(CgroupError) -> CgroupMembership {
    let suffix = try joinPath(below)
    var tasks: [Int32] = []
    var directory: Int32 = -1
    var bases = MountBase()
    do throws(CgroupError) {
      for record in records {
        let path = record.path + suffix
        let root = try bases.root(mountPoint: record.mountPoint, name: record.hierarchy)
        switch record.version {
        case .v1: tasks.append(try root.open(path + "/tasks", .writeOnly).release())
        case .v2: directory = try root.open(path, [.readOnly, .directory]).release()
        }
      }
    } catch {
      CgroupMembership(records: records, tasks: tasks, directory: directory).close()
      throw error
    }
    return CgroupMembership(records: records, tasks: tasks, directory: directory)
  }

  /// Opens the doors to the cgroup that a process of the container is in, which on version 2 may be one that the
  /// container has made.
  ///
  /// - Returns: nil where the process is not below the container's cgroup.
  public func openMembership(of process: Int32) throws(CgroupError) -> CgroupMembership? {
    guard records.count == 1, let unified else { return nil }
    let bytes = try readAbsolute("/proc/\(process)/cgroup")
    guard let own = try Membership.parse(bytes).first(where: { $0.version == .v2 }),
      own.path.utf8.starts(with: (unified.path + "/").utf8)
    else { return nil }
    return try openMembership(below: String(own.path.utf8.dropFirst(unified.path.utf8.count)) ?? "")
  }

  private func joinPath(_ below: String) throws(CgroupError) -> String {
    if below.utf8.allSatisfy({ $0 == UInt8(ascii: "/") }) { return "" }
    return "/" + (try CgroupPath(below, id: "")).relative
  }

  /// Opens a directory for work inside it.
  func openLeaf(_ record: CgroupRecord) throws(CgroupError) -> Descriptor {
    var bases = MountBase()
    return try bases.root(mountPoint: record.mountPoint, name: record.hierarchy)
      .open(record.path, [.path, .directory])
  }
}

/// A time until which something is tried.
struct Deadline {
  private let end: Int64
  private var pause: Int64 = 50_000

  init(milliseconds: Int) {
    end =
      monotonicNanoseconds()
      + Int64(clamping: milliseconds).multipliedReportingOverflow(by: 1_000_000).partialValue
  }

  var remainingMilliseconds: Int32 {
    Int32(clamping: max(0, (end - monotonicNanoseconds() + 999_999) / 1_000_000))
  }

  /// Waits a little, longer each time up to 10 ms.
  ///
  /// - Returns: false, without waiting, at the end of the time.
  mutating func wait() -> Bool {
    let left = end - monotonicNanoseconds()
    if left <= 0 { return false }
    sleepNanoseconds(min(pause, left))
    pause = min(pause * 2, 10_000_000)
    return true
  }
}

extension CgroupSet {
  /// The cgroups that a process is in, as /proc/PID/cgroup names them: those of a container of any runtime.
  ///
  /// - Parameter container: a word that the name of the container's own cgroup has. What its processes have made below
  ///   belongs to it, so the path ends there; without the word it ends where the process is.
  /// - Returns: nil when there is no such process.
  public static func ofProcess(_ pid: Int32, container: String) throws(CgroupError) -> CgroupSet? {
    let bytes: [UInt8]
    do throws(SyscallError) {
      bytes = try readKernelFile(.workingDirectory, "/proc/\(pid)/cgroup")
    } catch {
      if error.errno == .noEntry || error.errno == .noProcess { return nil }
      throw .refused("cannot read /proc/\(pid)/cgroup", error)
    }
    let memberships = try Membership.parse(bytes)
    var records: [CgroupRecord] = []
    for hierarchy in try CgroupHost.detect().hierarchies {
      guard let membership = memberships.first(where: { $0.name == hierarchy.name }),
        let path = membership.pathBelowMount
      else { continue }
      records.append(
        CgroupRecord(
          hierarchy: hierarchy.name, mountPoint: hierarchy.mountPoint, path: cut(path, after: container)))
    }
    return CgroupSet(records: records)
  }

  private static func cut(_ path: String, after word: String) -> String {
    var result = ""
    for component in path.split(separator: "/") {
      result += "/" + component
      if !word.isEmpty && contains(component, word) { return result }
    }
    return path
  }

  private static func contains(_ text: Substring, _ part: String) -> Bool {
    let (text, part) = (Array(text.utf8), Array(part.utf8))
    return text.count >= part.count
      && (0...text.count - part.count).contains { text[$0...].starts(with: part) }
  }
}
