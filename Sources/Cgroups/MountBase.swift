// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// The directory that hierarchies are mounted in, opened once: /sys/fs/cgroup, usually for ten of them.
struct MountBase: ~Copyable {
  private var path = ""
  private var descriptor: Descriptor?

  /// - Returns: the root of a hierarchy, valid until the next call.
  mutating func root(mountPoint: String, name: String) throws(CgroupError) -> HierarchyRoot {
    let parent = parentPath(mountPoint)
    let last = mountPoint.utf8.dropFirst(parent == "/" ? 1 : parent.utf8.count + 1)
    let plain = name.utf8.starts(with: "name=".utf8) ? name.utf8.dropFirst(5) : name.utf8[...]
    if last.elementsEqual(plain) {
      return HierarchyRoot(base: try open(parent), prefix: String(last) ?? "", hostPath: mountPoint)
    }
    // A mount point of another name may be a symbolic link (`cpu` to `cpu,cpuacct`), which is followed only here.
    return HierarchyRoot(base: try open(mountPoint), prefix: "", hostPath: mountPoint)
  }

  private mutating func open(_ path: String) throws(CgroupError) -> FD {
    if descriptor == nil || self.path != path {
      do throws(SyscallError) {
        descriptor = try openat(.workingDirectory, path, [.path, .directory])
      } catch {
        throw .refused("cannot open the cgroup hierarchy \(path)", error)
      }
      self.path = path
    }
    return FD(descriptor?.rawValue ?? -1)
  }
}

/// The root of a hierarchy, by an open directory and a name in it. The descriptor belongs to a ``MountBase``.
struct HierarchyRoot {
  let base: FD
  /// The mount point's name in `base`; empty when `base` is the mount point itself.
  let prefix: String
  let hostPath: String

  /// How a cgroup is called from `base`.
  ///
  /// - Parameter path: below the mount point, starting with `/`.
  func name(_ path: String) -> String {
    if prefix.isEmpty { return path == "/" ? "." : String(path.utf8.dropFirst()) ?? "." }
    if path == "/" { return prefix }
    var name = prefix
    name += path
    return name
  }

  /// Opens a cgroup.
  func open(_ path: String, _ flags: OpenFlags) throws(CgroupError) -> Descriptor {
    try openBelow(base, name(path), flags, hostPath + path)
  }
}
