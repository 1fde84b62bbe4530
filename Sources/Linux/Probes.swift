// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// Questions to the kernel that change nothing: calls with arguments of which one is wrong on purpose, so that the errno
/// tells how far they got.
public enum Probe {
  /// Whether mount_setattr(2) exists (Linux 5.12).
  public static var mountAttributes: Bool {
    attributes(mount_attr()) != -Int(ENOSYS)
  }

  /// Whether mounts have these attributes. Who may not mount is not told, and then every attribute counts as known.
  public static func mountAttributes(_ wanted: MountAttributes) -> Bool {
    var change = mount_attr()
    change.attr_set = wanted.rawValue
    if !wanted.isDisjoint(with: .accessTimeMask) {
      change.attr_set &= ~CL_MOUNT_ATTR__ATIME
      change.attr_clr = CL_MOUNT_ATTR__ATIME
    }
    return attributes(change) != -Int(EINVAL)
  }

  /// Whether mounts can be idmapped (`MOUNT_ATTR_IDMAP`, Linux 5.12).
  public static var idmappedMounts: Bool {
    var change = mount_attr()
    change.attr_set = CL_MOUNT_ATTR_IDMAP
    // No user namespace, rather than one that is none.
    change.userns_fd = UInt64(Int32.max)
    let result = attributes(change)
    return result != -Int(EINVAL) && result != -Int(ENOSYS)
  }

  /// On a mount that does not exist, hence EBADF where the change as such is in order.
  private static func attributes(_ change: mount_attr) -> Int {
    var change = change
    return cl_mount_setattr(-1, "", UInt32(cl_at_empty_path), &change)
  }

  /// Whether the kernel has a filter's action (seccomp(2), `SECCOMP_GET_ACTION_AVAIL`).
  ///
  /// - Parameter result: `SECCOMP_RET_*`.
  public static func seccompAction(_ result: UInt32) -> Bool { cl_seccomp_action_available(result) == 0 }

  /// Whether seccomp(2) takes these flags (`SECCOMP_FILTER_FLAG_*`).
  public static func seccompFlags(_ flags: UInt32) -> Bool { cl_seccomp_probe_flags(flags) == -Int(EFAULT) }

  /// Whether a call that waits for an agent's answer can be kept from being made again by a signal (Linux 5.19).
  public static var seccompWaitKillable: Bool {
    seccompFlags(UInt32(SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV))
  }

  /// Whether set_mempolicy(2) takes a mode with its flags, for node 0. Changes the policy of the caller to the default.
  public static func memoryPolicy(mode: Int32, nodes: [UInt]) -> Bool {
    // bestEffort: the errno says no more than that it is not possible
    let isPossible = (try? setMemoryPolicy(mode: mode, nodes: nodes)) != nil
    _ = cl_set_mempolicy(Int32(MPOL_DEFAULT), nil, 0)
    return isPossible
  }
}
