// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

extension CgroupPlan {
  /// What the state records before ``create()``: like ``records``, with the parents that will be made, and without the
  /// cgroups that exist. Those are somebody else's until `create` has found them empty; an interrupted attempt must not
  /// make `delete --force` kill who lives there.
  ///
  /// Looks, and changes nothing.
  public func intent() throws(CgroupError) -> [CgroupRecord] {
    var result: [CgroupRecord] = []
    result.reserveCapacity(directories.count)
    for var record in records {
      guard let first = try firstMissing(record) else { continue }
      record.createdFrom = first
      result.append(record)
    }
    return result
  }

  /// The topmost directory of a path that is not there; nil when all of it is.
  private func firstMissing(_ record: CgroupRecord) throws(CgroupError) -> String? {
    var missing: String?
    var path = record.path
    while path != "/" {
      do throws(SyscallError) {
        _ = try fstatat(.workingDirectory, record.mountPoint + path)
        return missing
      } catch {
        guard error.errno == .noEntry else {
          throw .refused("cannot look at the cgroup \(record.mountPoint)\(path)", error)
        }
      }
      missing = path
      path = parentPath(path)
    }
    return missing
  }

  /// Makes the directories, sets the limits and opens the doors.
  ///
  /// - Throws: when the kernel refuses anything, or the container's cgroup exists and has processes or is frozen.
  ///   What was made until then is removed again.
  public func create() throws(CgroupError) -> CgroupMembership {
    var doors = Doors(count: directories.count)
    var base = MountBase()
    do throws(CgroupError) {
      for directory in directories {
        var creation = DirectoryCreation(directory)
        do throws(CgroupError) {
          let door = try creation.run(&base)
          doors.add(door, directory.entrance, creation.record)
        } catch {
          if creation.isOurs { doors.add(creation.record) }
          throw error
        }
      }
    } catch {
      // Closes what was opened; an open file does not keep a directory.
      doors.membership.close()
      throw undoing(doors.records, after: error)
    }
    let membership = doors.membership
    membership.lateWrites = lateWrites
    return membership
  }

  /// What is written when the process is there: on version 2 it would not come to be in a cgroup that admits no task.
  private var lateWrites: [(FileWrite, hostPath: String)] {
    var result: [(FileWrite, hostPath: String)] = []
    for directory in directories where directory.entrance == .clone {
      for case .write(let write) in directory.actions where write.isLate {
        result.append((write, directory.hostPath))
      }
    }
    return result
  }

  private func undoing(_ records: [CgroupRecord], after error: CgroupError) -> CgroupError {
    var result = error
    for record in records where !record.createdFrom.isEmpty {
      do throws(CgroupError) {
        try CgroupSet(records: [record]).remove()
      } catch {
        result.cleanUpFailures.append(error.message)
      }
    }
    return result
  }
}

/// The making of one directory.
struct DirectoryCreation {
  let directory: CgroupDirectory
  private(set) var record: CgroupRecord
  /// Whether anything was made that a failure must undo.
  var isOurs: Bool { !record.createdFrom.isEmpty }

  private var existed = false
  /// Whether the container's process may be in it already, as in a scope of systemd.
  private let isAdopting: Bool

  init(_ directory: CgroupDirectory, adopting: Bool = false) {
    self.directory = directory
    isAdopting = adopting
    record = CgroupRecord(
      hierarchy: directory.hierarchy.name, mountPoint: directory.hierarchy.mountPoint, path: directory.path)
  }

  /// - Returns: an open descriptor: `tasks` on version 1, the directory on version 2.
  mutating func run(_ bases: inout MountBase) throws(CgroupError) -> Int32 {
    // Cgroup file systems have no symbolic links, and the path has no "..": it cannot lead out of the hierarchy.
    let root = try bases.root(mountPoint: directory.hierarchy.mountPoint, name: directory.hierarchy.name)
    try make(root)
    let isV2 = directory.hierarchy.version == .v2
    if directory.actions.isEmpty && !isV2 && !existed && !checksFreezer {
      return try root.open(directory.path + "/tasks", .writeOnly).release()
    }
    let leaf = try root.open(directory.path, isV2 ? [.readOnly, .directory] : [.path, .directory])
    if existed && !isAdopting { try refuseProcesses(leaf.fd) }
    if existed || checksFreezer { try refuseFrozen(leaf.fd) }
    if isV2 { try enableControllers(root, leaf.fd) }
    var writer = CgroupWriter(hostPath: directory.hostPath)
    let (path, isNew) = (directory.path, !existed)
    try writer.run(directory.actions.filter { !$0.isLate }, in: leaf.fd) { (file) throws(CgroupError) in
      if !isV2 { try CpusetInheritance(root: root, file: file).fill(path, isNew: isNew) }
    }
    if let program = directory.deviceProgram { try program.attach(to: leaf.fd, directory.hostPath) }
    if let owner = directory.owner { try delegate(leaf.fd, directory.hostPath, to: owner) }
    if isV2 { return leaf.release() }
    return try openBelow(leaf.fd, "tasks", .writeOnly, directory.hostPath).release()
  }

  private var checksFreezer: Bool {
    directory.mayBeFrozen
      && (directory.hierarchy.version == .v2 || directory.hierarchy.controllers.contains(.freezer))
  }

  // MARK: Directories

  private mutating func make(_ root: HierarchyRoot) throws(CgroupError) {
    let name = root.name(directory.path)
    // Another container's removal may take a parent away between our making it and our using it.
    for _ in 0..<16 {
      do throws(SyscallError) {
        try mkdirat(root.base, name, mode: 0o755)
        if record.createdFrom.isEmpty { record.createdFrom = directory.path }
        return
      } catch {
        switch error.errno {
        case .exists:
          existed = true
          return
        case .noEntry: try makeParents(root)
        default: throw makeFailure(directory.path, error)
        }
      }
    }
    throw CgroupError(
      .timedOut,
      "cannot create the cgroup \(directory.hostPath): its parents are removed as fast as they are made")
  }

  private mutating func makeParents(_ root: HierarchyRoot) throws(CgroupError) {
    let path = directory.path
    for slash in path.utf8.indices.dropFirst() where path.utf8[slash] == UInt8(ascii: "/") {
      let parent = String(path[..<slash])
      do throws(SyscallError) {
        try mkdirat(root.base, root.name(parent), mode: 0o755)
        if record.createdFrom.isEmpty || parent.utf8.count < record.createdFrom.utf8.count {
          record.createdFrom = parent
        }
      } catch {
        if error.errno == .noEntry { return }
        if error.errno != .exists { throw makeFailure(parent, error) }
      }
    }
  }

  private func makeFailure(_ path: String, _ error: SyscallError) -> CgroupError {
    let remedy: String? =
      switch error.errno {
      case .notPermitted, .accessDenied:
        "run as root, or have the parent cgroup delegated to you"
      case .readOnlyFileSystem: "the cgroup file system is mounted read-only here"
      case .tryAgain: "a parent's cgroup.max.descendants or cgroup.max.depth is reached"
      case .noSpace: "the kernel's limit of cgroups is reached"
      case .notDirectory: "a part of the path is a file of the cgroup"
      default: nil
      }
    return .refused(
      "cannot create the cgroup \(directory.hierarchy.mountPoint)\(path)", error, remedy: remedy)
  }

  // MARK: What is there already

  /// Before somebody else makes it.
  func refuseOccupied() throws(CgroupError) {
    let leaf: Descriptor
    do throws(SyscallError) {
      // path: of the host's cgroups, which have no symbolic links
      leaf = try openat(.workingDirectory, directory.hostPath, [.path, .directory])
    } catch {
      if error.errno == .noEntry { return }
      throw .refused("cannot look at the cgroup \(directory.hostPath)", error)
    }
    try refuseProcesses(leaf.fd)
    try refuseFrozen(leaf.fd)
  }

  private func refuseProcesses(_ leaf: FD) throws(CgroupError) {
    let count = try CgroupTree(hostPath: directory.hostPath).processes().count
    if count > 0 {
      throw CgroupError(
        .notEmpty,
        "container's cgroup is not empty: \(count) process(es) found in \(directory.hostPath); end them, or choose "
          + "another /linux/cgroupsPath")
    }
  }

  private func refuseFrozen(_ leaf: FD) throws(CgroupError) {
    let isFrozen: Bool
    switch directory.hierarchy.version {
    case .v1:
      guard directory.hierarchy.controllers.contains(.freezer) else { return }
      isFrozen = try !readWord(leaf, "freezer.state", of: directory.hostPath).elementsEqual("THAWED".utf8)
    case .v2:
      isFrozen = try readKey("frozen", leaf, "cgroup.events", of: directory.hostPath) == 1
    }
    if isFrozen {
      throw CgroupError(
        .frozen,
        "container's cgroup unexpectedly frozen: \(directory.hostPath) or a parent of it; thaw it first, or choose "
          + "another /linux/cgroupsPath")
    }
  }

  // MARK: Version 2

  private func enableControllers(_ root: HierarchyRoot, _ leaf: FD) throws(CgroupError) {
    let wanted = directory.required.union(directory.accounting)
    if wanted.isEmpty { return }
    let enabled = try readControllers(leaf, "cgroup.controllers", of: directory.hostPath)
    if enabled.isSuperset(of: wanted) { return }
    try ControllerEnabling(
      required: directory.required.subtracting(enabled),
      optional: directory.accounting.subtracting(directory.required).subtracting(enabled)
    ).run(root, path: directory.path)
  }
}
