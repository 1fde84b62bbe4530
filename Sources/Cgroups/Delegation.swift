// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

// Delegation on version 2, in both directions: to the container, and to us (cgroups(7), "Delegation").

/// Hands a cgroup to a user, who may then make cgroups below it, move processes between them and enable controllers,
/// but not lift the cgroup's own limits (config-linux.md, "Cgroup ownership").
///
/// - Parameters:
///   - leaf: the cgroup, open for reading.
///   - owner: a user id of the host.
func delegate(_ leaf: FD, _ hostPath: String, to owner: UInt32) throws(CgroupError) {
  var name = ""
  do throws(SyscallError) {
    for file in try delegatedFiles() {
      name = "/" + file
      do throws(SyscallError) {
        try fchownat(leaf, file, uid: owner, gid: .max)
      } catch {
        // The list is the kernel's of all there can be; some come with a controller.
        if error.errno != .noEntry { throw error }
      }
    }
    name = ""
    try fchown(leaf, uid: owner, gid: .max)
  } catch {
    throw .refused("cannot give the cgroup \(hostPath)\(name) to user \(owner)", error)
  }
}

/// What belongs to delegation, besides the directory.
private func delegatedFiles() throws(SyscallError) -> [String] {
  do throws(SyscallError) {
    return lines(try readKernelFile(.workingDirectory, "/sys/kernel/cgroup/delegate")).map {
      String(decoding: $0, as: UTF8.self)
    }
  } catch {
    // Linux 4.15 brought the list; a container's /sys may not show it.
    if error.errno != .noEntry { throw error }
    return ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"]
  }
}

extension CgroupHost {
  /// This host as an ordinary user may use it: with the tree of version 2 when a part of it that the user's own cgroup
  /// is in was delegated, otherwise with nothing.
  ///
  /// Containers come beside the caller's cgroup where the user may make directories there, as below systemd's
  /// `user@.service`, otherwise below it, as in a service with `User=` and `Delegate=yes`. A user can move no process
  /// from one delegated tree to another, so no other place is worth looking at.
  public func delegated() -> CgroupHost {
    guard layout == .v2, var tree = hierarchies.first, let own = tree.ownPath else {
      return CgroupHost(hierarchies: [])
    }
    for base in [parentPath(own), own] where tree.isDelegated(base) {
      tree.base = base
      return CgroupHost(hierarchies: [tree])
    }
    return CgroupHost(hierarchies: [])
  }
}

extension CgroupHierarchy {
  /// Whether the caller may make a cgroup in one, and move processes of that cgroup's tree there.
  fileprivate func isDelegated(_ path: String) -> Bool {
    [path, path + "/cgroup.procs"].allSatisfy { name in
      do throws(SyscallError) {
        try checkWritable(.workingDirectory, mountPoint + name)
        return true
      } catch {
        return false
      }
    }
  }
}
