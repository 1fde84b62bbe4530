// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// The layer of its own that a container writes to.
enum Overlay {
  /// Paths longer than this do not fit a value of fsconfig(2), whose limit is 256 bytes.
  private static let longestValue = 250

  /// Leaves the host's mount namespace: what is mounted from now on ends with the processes that see it, while mounts
  /// of the host still come in.
  static func unshareMounts() throws(EngineError) {
    do {
      try unshare(.newMount)
      try setPropagation("/", .slave, recursive: true)
    } catch {
      throw EngineError("cannot make a mount namespace: \(error)")
    }
  }

  /// Mounts an overlay.
  ///
  /// - Parameters:
  ///   - lower, upper, work, target: Absolute paths of directories.
  ///   - volatile: Whether nothing needs to reach the disk, because the upper layer is thrown away.
  static func mount(
    lower: String, upper: String, work: String, target: String, volatile: Bool
  ) throws(EngineError) {
    do {
      let context = try fsopen("overlay")
      let lowerLayer = try Layer(lower)
      let upperLayer = try Layer(upper)
      let workLayer = try Layer(work)
      try fsconfigSet(context.fd, "source", "overlay")
      try fsconfigSet(context.fd, "lowerdir", lowerLayer.value)
      try fsconfigSet(context.fd, "upperdir", upperLayer.value)
      try fsconfigSet(context.fd, "workdir", workLayer.value)
      if volatile { try fsconfigSet(context.fd, flag: "volatile") }
      try fsconfigCreate(context.fd)
      let mount = try fsmount(context.fd, [])
      let place = try openat(.workingDirectory, target, [.path, .directory, .noFollow])
      try moveMount(mount.fd, onto: place.fd)
    } catch {
      throw EngineError("\(target): cannot mount the container's layer over \(lower): \(error)\(hint(error))")
    }
  }

  /// Attaches a copy of a directory's mount in which files have the owners that `maps` makes of them (Linux 5.12, and
  /// not on every file system).
  static func mountMapped(_ source: String, on target: String, _ maps: IdentityMaps) throws(EngineError) {
    do {
      let mount = try openTreeClone(.workingDirectory, source, recursive: false)
      let namespace = try makeUserNamespace(
        users: maps.users.map(IDMapLine.init), groups: maps.groups.map(IDMapLine.init))
      try mountSetAttributes(mount.fd, .init(), recursive: false, userNamespace: namespace.fd)
      let place = try openat(.workingDirectory, target, [.path, .directory, .noFollow])
      try moveMount(mount.fd, onto: place.fd)
    } catch {
      let reason =
        error.errno == .invalidArgument
        ? "; its file system cannot show files under other ids (idmapped mounts)" : ""
      throw EngineError("\(source): cannot be given to the container's user namespace: \(error)\(reason)")
    }
  }

  private static func hint(_ error: SyscallError) -> String {
    error.errno == .invalidArgument
      ? "; the engine's directory must be on a file system that can hold layers, such as ext4, xfs or tmpfs: --root "
        + "or ROOST_ROOT chooses another" : ""
  }

  /// A directory as a value for the file system's configuration.
  private struct Layer: ~Copyable {
    let directory: Descriptor
    let value: String

    init(_ path: String) throws(SyscallError) {
      directory = try openat(.workingDirectory, path, [.path, .directory])
      // Overlay splits at colons and takes backslashes away; a descriptor's name has neither, and is short.
      let isPlain =
        path.utf8.count <= longestValue && !path.utf8.contains(Byte.colon)
        && !path.utf8.contains(UInt8(ascii: "\\"))
      value = isPlain ? path : "/proc/self/fd/\(directory.rawValue)"
    }
  }
}
