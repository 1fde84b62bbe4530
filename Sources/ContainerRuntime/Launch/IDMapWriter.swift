// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Glibc
internal import Linux
internal import OCI
internal import SafePath

/// Writes the id maps of a user namespace (user_namespaces(7)).
struct IDMapWriter {
  /// A process in the namespace.
  let pid: Int32

  func write(uid: [IDMapping], gid: [IDMapping]) throws(StepFailure) {
    let proc = try step { () throws(SyscallError) in try Verified.procDirectory("/proc/\(pid)") }
    do throws(SyscallError) {
      if effectiveUserID() != 0 { try writeFile(proc.fd, "setgroups", "deny") }
      try writeFile(proc.fd, "uid_map", IDMapWriter.text(uid))
      try writeFile(proc.fd, "gid_map", IDMapWriter.text(gid))
    } catch {
      throw StepFailure("writing the id maps of the user namespace (config.json: /linux/uidMappings)", error)
    }
  }

  private static func text(_ mappings: [IDMapping]) -> String {
    mappings.map { "\($0.containerID) \($0.hostID) \($0.size)" }.joined(separator: "\n")
  }

  /// A user namespace that exists only as a descriptor, for an idmapped mount.
  static func userNamespace(uid: [IDMapping], gid: [IDMapping]) throws(SyscallError) -> Descriptor {
    let pair = try socketpair(.sequencedPacket)
    switch try clone3(.newUser) {
    case .child:
      // Lives until the parent has opened its namespace: the read ends when the parent closes its end.
      let end = pair.takeSecond()
      _ = try? receive(end.fd, limit: 1)  // bestEffort: any answer means the end
      exitProcess(0)
    case .parent(let pid, let pidfd):
      let proc = try openat(.workingDirectory, "/proc/\(pid)", [.path, .directory])
      try writeFile(proc.fd, "uid_map", text(uid))
      try writeFile(proc.fd, "gid_map", text(gid))
      let namespace = try openat(proc.fd, "ns/user", .readOnly)
      try pidfdSendSignal(pidfd.fd, SIGKILL)
      _ = try waitid(pidfd.fd)
      return namespace
    }
  }
}
