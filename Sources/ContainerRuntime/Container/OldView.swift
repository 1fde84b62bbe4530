// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// What stays below a root that was moved instead of pivoted (`--no-pivot`).
///
/// The old tree cannot be detached then. Its proc and sysfs mounts have nothing masked or read-only, and as long as one
/// is in the mount namespace, the kernel lets a user namespace inside the container mount another like it.
enum OldView {
  /// Takes away proc and sysfs of the tree below the new root, or covers what cannot be taken away.
  ///
  /// Paths are looked up from the process's root directory, which is the old one until chroot(2).
  static func removeKernelViews() throws(SyscallError) {
    let text = try readText(.workingDirectory, "/proc/self/mountinfo", limit: 16 << 20)
    for path in kernelViews(text).reversed() {
      do throws(SyscallError) {
        try setPropagation(path, .slave, recursive: true)
        try detachMount(path)
      } catch {
        // A mount that came from another user namespace is locked.
        guard error.errno == .invalidArgument || error.errno == .notPermitted else { throw error }
        let context = try fsopen("tmpfs")
        try fsconfigCreate(context.fd)
        let cover = try fsmount(context.fd, [.readOnly, .noSUID, .noDevices, .noExec])
        // path: a mount point of the old tree, as the kernel tells it
        let target = try openat(.workingDirectory, path, [.path])
        try moveMount(cover.fd, onto: target.fd)
      }
    }
  }

  /// Mount points of type proc and sysfs that are not below the new root, which is the mount on top of `/`.
  static func kernelViews(_ mountinfo: String) -> [String] {
    var parents: [String: String] = [:]
    var roots: [String] = []
    var candidates: [(id: String, point: String)] = []
    for line in mountinfo.utf8.split(separator: 0x0A) {
      let fields = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
      guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else { continue }
      parents[fields[0]] = fields[1]
      if fields[4] == "/" { roots.append(fields[0]) }
      if ["proc", "sysfs"].contains(fields[dash + 1]) { candidates.append((fields[0], fields[4])) }
    }
    // The old root hangs on a mount that is out of sight.
    let newRoots = roots.filter { root in parents[root].map { parents[$0] != nil && $0 != root } ?? false }
    return candidates.filter { candidate in
      var next: String? = candidate.id
      while let id = next {
        if newRoots.contains(id) { return false }
        next = parents[id] == id ? nil : parents[id]
      }
      return true
    }.map { $0.point }
  }
}
