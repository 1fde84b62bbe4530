// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import Linux
internal import OCI
internal import SafePath

/// Writes the id maps of a user namespace (user_namespaces(7)).
struct IDMapWriter {
  /// A process in the namespace.
  let pid: Int32

  /// Root writes the maps itself, and so does who maps one own id, after giving up setgroups(2), as the kernel wants it.
  /// For other users newuidmap(1) and newgidmap(1) do it, if the administrator lets them.
  func write(uid: [IDMapping], gid: [IDMapping]) throws(StepFailure) {
    let isRoot = effectiveUserID() == 0
    do throws(SyscallError) {
      if !isRoot && !IDMapping.areOwn(uid, gid) {
        try IDMapHelper(.user, pid: pid, uid.map(IDMapLine.init)).finish()
        try IDMapHelper(.group, pid: pid, gid.map(IDMapLine.init)).finish()
        return
      }
      let proc = try Verified.procDirectory("/proc/\(pid)")
      if !isRoot { try writeFile(proc.fd, "setgroups", "deny") }
      try writeFile(proc.fd, "uid_map", IDMapWriter.text(uid))
      try writeFile(proc.fd, "gid_map", IDMapWriter.text(gid))
    } catch {
      throw StepFailure("writing the id maps of the user namespace (config.json: /linux/uidMappings)", error)
    }
  }

  private static func text(_ mappings: [IDMapping]) -> String {
    mappings.map { "\($0.containerID) \($0.hostID) \($0.size)" }.joined(separator: "\n")
  }
}

extension IDMapLine {
  init(_ mapping: IDMapping) {
    self.init(inside: mapping.containerID, outside: mapping.hostID, count: mapping.size)
  }
}

extension IDMappedMount {
  /// The maps as a namespace, as mount_setattr(2) takes them.
  func namespace() throws(SyscallError) -> Descriptor {
    try makeUserNamespace(users: uidMappings.map(IDMapLine.init), groups: gidMappings.map(IDMapLine.init))
  }
}
