// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
public import OCI

extension Spec {
  /// Whether the container has a cgroup namespace of its own, which is the border of what it gets, and sees its cgroups
  /// writable.
  public var mayManageCgroups: Bool {
    guard let namespace = linux?.namespace(.cgroup), namespace.path == nil else { return false }
    return mounts.contains { mount in
      guard mount.type == "cgroup" || mount.type == "cgroup2" else { return false }
      return !ParsedMountOptions(mount.options).attributes.setting.contains(.readOnly)
    }
  }

  /// The user of the host to whom a cgroup of version 2 is handed, so that the container can manage what is below
  /// (config-linux.md, "Cgroup ownership"): the process's own user.
  ///
  /// Nil for nobody.
  public var cgroupOwner: UInt32? {
    guard let linux, mayManageCgroups else { return nil }
    let user = process?.user.uid ?? 0
    if linux.namespace(.user) == nil { return user }
    // In a namespace that is joined by path the map is not ours to know.
    for mapping in linux.uidMappings where user >= mapping.containerID {
      let offset = user - mapping.containerID
      if offset < mapping.size { return mapping.hostID + offset }
    }
    return nil
  }
}
