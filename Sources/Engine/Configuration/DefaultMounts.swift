// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI

/// The file systems that every container gets, and the paths that are hidden from it; both as Docker has them.
enum DefaultMounts {
  /// The kernel's file systems, in the order in which they are mounted.
  static func mounts(for options: RunOptions, _ facts: Facts) -> [Mount] {
    let writable = options.privileged
    // Group 5 owns terminals (tty on most systems); a namespace without it leaves them to their user.
    let terminalGroup = facts.maps?.hasGroup(5) ?? true ? ["gid=5"] : []
    let cgroupsWritable = writable || options.security.writableCgroups
    return [
      Mount(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
      Mount(
        destination: "/dev", type: "tmpfs", source: "tmpfs",
        options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
      Mount(
        destination: "/dev/pts", type: "devpts", source: "devpts",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]
          + terminalGroup),
      sysfs(isWritable: writable, isOwn: ownsNetwork(options, facts)),
      Mount(
        destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
        options: [cgroupsWritable ? "rw" : "ro", "nosuid", "noexec", "nodev"]),
      Mount(
        destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]),
      Mount(
        destination: "/dev/shm", type: "tmpfs", source: "shm",
        options: ["nosuid", "noexec", "nodev", "mode=1777", "size=\(options.sharedMemoryBytes)"]),
    ]
  }

  /// Whether the container's network namespace belongs to the user namespace that it lives in.
  private static func ownsNetwork(_ options: RunOptions, _ facts: Facts) -> Bool {
    switch options.effectiveNetwork {
    case .none: true
    case .user: facts.userNamespace == nil
    case .host, .container, .path, .attached: facts.maps == nil
    }
  }

  /// - Parameter isOwn: whether the kernel lets us mount it, which only the owner of the network namespace may.
  private static func sysfs(isWritable: Bool, isOwn: Bool) -> Mount {
    let flags = ["nosuid", "noexec", "nodev", isWritable ? "rw" : "ro"]
    return isOwn
      ? Mount(destination: "/sys", type: "sysfs", source: "sysfs", options: flags)
      : Mount(destination: "/sys", type: "bind", source: "/sys", options: ["rbind", "rprivate"] + flags)
  }

  /// Paths that become unreadable: they tell about the host or about other containers, or reach hardware.
  static let maskedPaths = [
    "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
    "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
    "/sys/devices/virtual/powercap", "/sys/firmware",
  ]

  /// Paths that become read-only: writing there would change the host.
  static let readOnlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]

  /// The devices that every container may use; the runtime makes their nodes. Everything else is denied first.
  static let deviceRules: [DeviceRule] =
    [
      DeviceRule(allow: false, type: .all, access: .all),
      // Making nodes is harmless where using them is denied.
      DeviceRule(allow: true, type: .character, access: .mknod),
      DeviceRule(allow: true, type: .block, access: .mknod),
    ]
    + [
      (1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2),
    ].map { DeviceRule(allow: true, type: .character, major: $0.0, minor: $0.1, access: .all) }
    + [DeviceRule(allow: true, type: .character, major: 136, access: .all)]
}
