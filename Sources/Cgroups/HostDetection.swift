// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

extension CgroupHost {
  /// Reads the calling process's cgroups and finds where their trees are mounted.
  ///
  /// The conventional places below /sys/fs/cgroup are looked at first and told by their file system's magic number.
  /// /proc/self/mountinfo, whose length grows with the number of running containers, is read only when convention does
  /// not hold: when no tree of version 1 is in its place, or one does not show the caller's own cgroup.
  ///
  /// - Parameter isThorough: look in mountinfo also for single trees that are not in their place. The kernel lists
  ///   those that are mounted only in somebody else's mount namespace, too, so that mostly finds nothing; worth it
  ///   when a limit needs the controller (``CgroupError/Reason/controllerAbsent``).
  /// - Throws: when /proc/self/cgroup cannot be read or does not have the form of cgroups(7).
  public static func detect(isThorough: Bool = false) throws(CgroupError) -> CgroupHost {
    let memberships = try Membership.parse(try readAbsolute("/proc/self/cgroup"))
    let root = "/sys/fs/cgroup"
    if fileSystemMagic(root) == FileSystemMagic.cgroup2 {
      // A tree of version 1 mounted elsewhere beside this (some VPN clients do that) is not a container's business.
      guard let own = memberships.first(where: { $0.version == .v2 }) else {
        return CgroupHost(hierarchies: [])
      }
      return CgroupHost(hierarchies: [try own.unified(at: root)])
    }
    var hierarchies: [CgroupHierarchy] = []
    hierarchies.reserveCapacity(memberships.count)
    var astray: [Membership] = []
    for membership in memberships {
      if let found = try membership.conventional(below: root) {
        hierarchies.append(found)
      } else if membership.version == .v1 {
        astray.append(membership)
      }
    }
    let isHidden = astray.contains { $0.path != "/" }
    let hasV1 = hierarchies.contains { $0.version == .v1 }
    if !astray.isEmpty && (isThorough || isHidden || !hasV1) {
      hierarchies += try located(astray, inMountInfo: readMountInfo())
    }
    return CgroupHost(hierarchies: hierarchies)
  }

  /// Trees of version 1 that no mount shows are left out: nothing can be limited there.
  static func located(
    _ memberships: [Membership], inMountInfo bytes: [UInt8]
  ) throws(CgroupError) -> [CgroupHierarchy] {
    let mounts = CgroupMount.parse(bytes)
    return memberships.compactMap { membership in
      let candidates = mounts.filter { $0.shows(membership) }
      guard let mount = candidates.first(where: { $0.below(membership.path) != nil }) ?? candidates.first
      else {
        return nil
      }
      return CgroupHierarchy(
        membership.version, name: membership.name, controllers: membership.controllers,
        mountPoint: mount.mountPoint, ownPath: mount.below(membership.path))
    }
  }
}

/// One line of /proc/PID/cgroup.
struct Membership: Equatable {
  var version: CgroupVersion
  var name: String
  var controllers: CgroupControllers
  /// As the kernel prints it: starts with `/`; with `/..` when outside the cgroup namespace.
  var path: String

  static func parse(_ bytes: [UInt8]) throws(CgroupError) -> [Membership] {
    var result: [Membership] = []
    result.reserveCapacity(16)
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      // The path may contain colons, so only the first two separate.
      let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[2].first == UInt8(ascii: "/") else {
        let text = String(decoding: line, as: UTF8.self)
        throw CgroupError(.refused, "/proc/self/cgroup: the line \"\(text)\" does not have three parts")
      }
      let path = String(decoding: parts[2], as: UTF8.self)
      if parts[0].elementsEqual("0".utf8) && parts[1].isEmpty {
        result.append(
          Membership(version: .v2, name: CgroupHierarchy.unifiedName, controllers: [], path: path))
      } else {
        let named = parts[1].starts(with: "name=".utf8)
        result.append(
          Membership(
            version: .v1, name: String(decoding: parts[1], as: UTF8.self),
            controllers: named ? [] : CgroupControllers(list: parts[1], separator: UInt8(ascii: ",")),
            path: path))
      }
    }
    return result
  }

  /// The path, unless it leads out of the root of the cgroup namespace.
  var pathBelowMount: String? {
    path == "/.." || path.utf8.starts(with: "/../".utf8) ? nil : path
  }

  /// The tree at its conventional place, if it is there and shows the caller's own cgroup.
  func conventional(below root: String) throws(CgroupError) -> CgroupHierarchy? {
    if version == .v2 {
      let mountPoint = root + "/unified"
      guard fileSystemMagic(mountPoint) == FileSystemMagic.cgroup2 else { return nil }
      return try unified(at: mountPoint)
    }
    let directory = name.utf8.starts(with: "name=".utf8) ? String(name.utf8.dropFirst(5)) ?? name : name
    let first = directory.utf8.split(separator: UInt8(ascii: ","), maxSplits: 1).first.map {
      String($0) ?? ""
    }
    for candidate in [directory, first ?? directory] {
      let mountPoint = root + "/" + candidate
      // One call answers both questions: is it a cgroup tree, and is our own path visible in it? In a container
      // without a cgroup namespace it is not, because only a part of the tree is mounted.
      let own = pathBelowMount ?? "/"
      if fileSystemMagic(own == "/" ? mountPoint : mountPoint + own) == FileSystemMagic.cgroup {
        return CgroupHierarchy(
          .v1, name: name, controllers: controllers, mountPoint: mountPoint, ownPath: pathBelowMount)
      }
    }
    return nil
  }

  /// The tree of version 2 with the controllers that its root offers.
  func unified(at mountPoint: String) throws(CgroupError) -> CgroupHierarchy {
    let offered = try readAbsolute(mountPoint + "/cgroup.controllers")
    return CgroupHierarchy(
      .v2, name: name,
      controllers: CgroupControllers(
        list: offered.prefix { $0 != UInt8(ascii: "\n") }, separator: UInt8(ascii: " ")),
      mountPoint: mountPoint, ownPath: pathBelowMount)
  }
}

/// A cgroup file system in /proc/PID/mountinfo, see proc_pid_mountinfo(5).
struct CgroupMount: Equatable {
  var version: CgroupVersion
  /// The part of the tree that is mounted.
  var root: String
  var mountPoint: String
  /// Controllers, `name=…` and other options of the file system.
  var options: [String]

  static func parse(_ bytes: [UInt8]) -> [CgroupMount] {
    var result: [CgroupMount] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      // Optional fields of any number end with a lone hyphen.
      guard fields.count >= 10,
        let dash = fields[6...].firstIndex(where: { $0.elementsEqual("-".utf8) }), dash + 3 < fields.count
      else { continue }
      let isV2 = fields[dash + 1].elementsEqual("cgroup2".utf8)
      guard isV2 || fields[dash + 1].elementsEqual("cgroup".utf8) else { continue }
      result.append(
        CgroupMount(
          version: isV2 ? .v2 : .v1, root: unescaped(fields[3]), mountPoint: unescaped(fields[4]),
          options: fields[dash + 3].split(separator: UInt8(ascii: ",")).map {
            String(decoding: $0, as: UTF8.self)
          }))
    }
    return result
  }

  func shows(_ membership: Membership) -> Bool {
    guard version == membership.version else { return false }
    if version == .v2 { return true }
    return membership.name.utf8.split(separator: UInt8(ascii: ",")).allSatisfy { part in
      options.contains { $0.utf8.elementsEqual(part) }
    }
  }

  /// A path of the tree as seen below the mount point; nil when it is not in the part that is mounted.
  func below(_ path: String) -> String? {
    if path == "/.." || path.utf8.starts(with: "/../".utf8) { return nil }
    if root == "/" { return path }
    guard path.utf8.starts(with: root.utf8) else { return nil }
    let rest = path.utf8.dropFirst(root.utf8.count)
    if rest.isEmpty { return "/" }
    return rest.first == UInt8(ascii: "/") ? String(rest) : nil
  }

  /// Undoes the kernel's octal escapes of space, tab, line feed and backslash.
  private static func unescaped(_ field: ArraySlice<UInt8>) -> String {
    guard field.contains(UInt8(ascii: "\\")) else { return String(decoding: field, as: UTF8.self) }
    var result: [UInt8] = []
    var rest = field
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      let isEscape =
        byte == UInt8(ascii: "\\") && digits.count == 3
        && digits.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "7") }
      if isEscape {
        let value = digits.reduce(0) { $0 * 8 + Int($1 - UInt8(ascii: "0")) }
        result.append(UInt8(truncatingIfNeeded: value))
        rest = rest.dropFirst(3)
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

/// The magic number of the file system at a path; nil where there is none to ask.
private func fileSystemMagic(_ path: String) -> UInt64? {
  do throws(SyscallError) {
    return try statfs(path).magic
  } catch {
    return nil
  }
}

func readAbsolute(_ path: String) throws(CgroupError) -> [UInt8] {
  do throws(SyscallError) {
    return try readKernelFile(.workingDirectory, path)
  } catch {
    throw .refused("cannot read \(path)", error)
  }
}

private func readMountInfo() throws(CgroupError) -> [UInt8] {
  let path = "/proc/self/mountinfo"
  do throws(SyscallError) {
    return try readFile(.workingDirectory, path, limit: 1 << 26)
  } catch {
    throw .refused("cannot read \(path)", error)
  }
}
