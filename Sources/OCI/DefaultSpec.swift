// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

extension Spec {
  /// The version of the runtime specification that this module implements.
  public static let version = "1.3.0"

  /// The configuration that `spec` writes for people to start from; its content is that of `runc spec`.
  ///
  /// - Parameter cgroupNamespace: Whether the container gets a cgroup namespace, as is usual on hosts with cgroup v2
  ///   only.
  public static func standard(cgroupNamespace: Bool) -> Spec {
    var process = Process(args: ["sh"])
    process.terminal = true
    process.env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"]
    let capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
    process.capabilities = Capabilities(
      bounding: capabilities, effective: capabilities, permitted: capabilities)
    process.rlimits = [Rlimit(.openFiles, soft: 1024, hard: 1024)]
    process.noNewPrivileges = true

    var spec = Spec(
      ociVersion: version, root: Root(path: "rootfs", readonly: true), process: process,
      linux: standardLinux(cgroupNamespace: cgroupNamespace))
    spec.hostname = "runc"
    spec.mounts = standardMounts
    return spec
  }

  /// Changes the configuration to one that an ordinary user can run: a user namespace in which the user is root, the host's
  /// network, and no resource limits; the content of `runc spec --rootless`.
  public mutating func makeRootless(uid: UInt32, gid: UInt32) {
    var linux = linux ?? LinuxConfig()
    linux.namespaces.removeAll { $0.type == .network || $0.type == .user }
    linux.namespaces.append(Namespace(.user))
    linux.uidMappings = [IDMapping(containerID: 0, hostID: uid, size: 1)]
    linux.gidMappings = [IDMapping(containerID: 0, hostID: gid, size: 1)]
    linux.resources = nil
    self.linux = linux
    mounts = mounts.map(Self.rootless)
  }

  private static func rootless(_ mount: Mount) -> Mount {
    if mount.destination == "/sys" {
      // A sysfs can be mounted only with a network namespace of one's own.
      return Mount(
        destination: "/sys", type: "none", source: "/sys",
        options: ["rbind", "nosuid", "noexec", "nodev", "ro"])
    }
    var mount = mount
    // Only the user's own ids are mapped.
    mount.options.removeAll { $0.utf8.starts(with: "gid=".utf8) || $0.utf8.starts(with: "uid=".utf8) }
    return mount
  }

  private static var standardMounts: [Mount] {
    [
      Mount(destination: "/proc", type: "proc", source: "proc"),
      Mount(
        destination: "/dev", type: "tmpfs", source: "tmpfs",
        options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
      Mount(
        destination: "/dev/pts", type: "devpts", source: "devpts",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
      Mount(
        destination: "/dev/shm", type: "tmpfs", source: "shm",
        options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
      Mount(
        destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]),
      Mount(
        destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]),
      Mount(
        destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
        options: ["nosuid", "noexec", "nodev", "relatime", "ro"]),
    ]
  }

  private static func standardLinux(cgroupNamespace: Bool) -> LinuxConfig {
    var linux = LinuxConfig(namespaces: [
      Namespace(.pid), Namespace(.network), Namespace(.ipc), Namespace(.uts), Namespace(.mount),
    ])
    if cgroupNamespace { linux.namespaces.append(Namespace(.cgroup)) }
    var resources = Resources()
    resources.devices = [DeviceRule(allow: false)]
    linux.resources = resources
    linux.maskedPaths = [
      "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
      "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
    ]
    linux.readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
    return linux
  }
}
