// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import OCI

extension GoldenCases {
  static let namespaces: [String: Maker] = [
    "namespaces-none": { try plan(.small([])) },
    "namespaces-all-new": { try plan(.small(NamespaceType.allCases.map { Namespace($0) }) { $0.mapRoot() }) },
    "join-network": { try plan(.small([Namespace(.mount), joined(.network)])) },
    "join-pid-and-time": { try plan(.small([Namespace(.mount), joined(.pid), joined(.time)])) },
    "join-ipc-uts-cgroup": {
      try plan(.small([joined(.ipc), Namespace(.mount), joined(.uts), joined(.cgroup)]))
    },
    "join-mount": { try plan(.small([joined(.mount)])) },
    "user-new": { try plan(.small([Namespace(.mount), Namespace(.user)]) { $0.mapRoot() }) },
    "stage": {
      try plan(
        .small([Namespace(.mount), Namespace(.user), joined(.network), joined(.pid)]) { $0.mapRoot() })
    },
    "stage-user-joined": { try plan(.small([Namespace(.mount), Namespace(.pid), joined(.user)])) },
    "time-offsets": {
      try plan(
        .small([Namespace(.mount), Namespace(.time)]) {
          $0.linux?.timeOffsets = TimeOffsets(
            monotonic: TimeOffset(secs: -5, nanosecs: 7), boottime: TimeOffset(secs: 86400))
        })
    },
    "names-and-loopback": {
      try plan(
        .small([Namespace(.mount), Namespace(.uts), Namespace(.network)]) {
          $0.hostname = "web"
          $0.domainname = "example.org"
          $0.linux?.sysctl = [KeyValue("net.ipv4.ip_forward", "1"), KeyValue("net/ipv4/tcp_syncookies", "0")]
        })
    },
  ]

  static let files: [String: Maker] = [
    "root-readonly": {
      try plan(
        .small {
          $0.root?.readonly = true
          $0.linux?.maskedPaths = ["/proc/kcore", "/sys/firmware"]
          $0.linux?.readonlyPaths = ["/proc/sys"]
        })
    },
    "root-shared": { try plan(.small { $0.linux?.rootfsPropagation = .rshared }) },
    "root-private": { try plan(.small { $0.linux?.rootfsPropagation = .private }) },
    "mount-tmpfs": {
      try plan(
        .mounting(
          Mount(
            destination: "/tmp//x/../y/", type: "tmpfs", source: "tmpfs",
            options: ["tmpcopyup", "ro", "noatime", "size=1m,mode=700"])))
    },
    "mount-binds": {
      try plan(
        .mounting(
          Mount(destination: "/data", source: "/srv/data", options: ["bind", "ro", "nosuid"]),
          Mount(destination: "/tree", type: "bind", source: "tree", options: ["rbind", "rro", "rslave"]),
          Mount(destination: "/link", source: "/etc/link", options: ["bind", "copy-symlink"]),
          Mount(destination: "/dev/snd", source: "/dev/snd", options: ["bind", "unbindable"])))
    },
    "mount-of-mounts": {
      try plan(
        .mounting(
          Mount(destination: "/mnt", source: "/srv", options: ["bind"]),
          Mount(destination: "/bundle/rootfs/a", source: "/bundle/rootfs/mnt/x", options: ["rbind", "ro"]),
          Mount(destination: "/b", source: "/bundle/rootfs/elsewhere", options: ["bind"]),
          Mount(destination: "/c", source: "/bundle/rootfsx/mnt", options: ["bind", "dest-nofollow"])))
    },
    "mount-idmapped": {
      let ids = [IDMapping(containerID: 0, hostID: 1000, size: 10)]
      return try plan(
        .mounting(
          Mount(
            destination: "/a", source: "/a", options: ["bind", "idmap"], uidMappings: ids, gidMappings: ids),
          Mount(
            destination: "/b", source: "/b", options: ["rbind", "ridmap"], uidMappings: ids, gidMappings: ids)
        ))
    },
    "mount-remount": {
      try plan(
        .mounting(
          Mount(destination: "/proc", type: "proc", source: "proc"),
          Mount(destination: "/proc", options: ["remount", "ro", "nosuid"])))
    },
    "mount-dev-of-host": {
      try plan(.mounting(Mount(destination: "/dev", source: "/dev", options: ["rbind"])))
    },
    "mount-cgroup": { try plan(.mounting(Spec.cgroupMount)) { $0.cgroups = Hosts.hybrid } },
    "mount-cgroup-namespace": {
      try plan(.small([Namespace(.mount), Namespace(.cgroup)]) { $0.mounts = [Spec.cgroupMount] }) {
        $0.cgroups = Hosts.hybrid
      }
    },
    "mount-cgroup-v2": { try plan(.mounting(Spec.cgroupMount)) { $0.cgroups = Hosts.v2 } },
    "devices": { try plan(.small { $0.linux?.devices = Spec.someDevices }) },
    "devices-in-user-namespace": {
      try plan(
        .small([Namespace(.mount), Namespace(.user)]) {
          $0.mapRoot()
          $0.linux?.devices = Spec.someDevices
        })
    },
  ]

  static let processes: [String: Maker] = [
    "terminal": {
      try plan(
        .small {
          $0.process?.terminal = true
          $0.process?.consoleSize = ConsoleSize(height: 24, width: 80)
        })
    },
    "identity": {
      try plan(
        .small {
          $0.process?.user = User(uid: 1000, gid: 100, umask: 0o27, additionalGids: [10, 20])
          $0.process?.capabilities = Capabilities(
            bounding: ["CAP_KILL", "CAP_CHOWN", "CAP_UNHEARD_OF"], effective: ["CAP_KILL"],
            inheritable: ["CAP_KILL"], permitted: ["CAP_KILL", "CAP_CHOWN"], ambient: ["CAP_KILL"])
          $0.process?.rlimits = [Rlimit(.openFiles, soft: 64, hard: 128), Rlimit(.core, soft: 0, hard: .max)]
          $0.process?.apparmorProfile = "box"
          $0.process?.selinuxLabel = "system_u:system_r:container_t:s0"
          $0.process?.oomScoreAdj = 500
          $0.process?.cwd = "/home/user"
        })
    },
    "scheduling": {
      try plan(
        .small {
          $0.process?.scheduler = .deadlineExample
          $0.process?.ioPriority = IOPriority(class: .bestEffort, priority: 6)
          $0.linux?.personality = Personality(domain: .linux32)
          $0.linux?.memoryPolicy = MemoryPolicy(mode: .bind, nodes: "0,2-3", flags: [.staticNodes])
        })
    },
    "seccomp-no-new-privileges": { try plan(.small { $0.linux?.seccomp = .denyingKeyctl }) },
    "seccomp-privileged": {
      try plan(
        .small {
          $0.linux?.seccomp = .denyingKeyctl
          $0.process?.noNewPrivileges = false
        })
    },
    "landlock": {
      try plan(.small { $0.fence() }) {
        $0.request.operation = .create
        $0.host.landlockVersion = 4
      }
    },
    "landlock-privileged": {
      try plan(
        .small {
          $0.fence()
          $0.linux?.seccomp = .denyingKeyctl
          $0.process?.noNewPrivileges = false
        }
      ) { $0.host.landlockVersion = 4 }
    },
    "seccomp-listener": {
      try plan(.small { $0.linux?.seccomp = .asking }) { $0.request.operation = .create }
    },
    "seccomp-listener-privileged": {
      try plan(
        .small {
          $0.linux?.seccomp = .asking
          $0.process?.noNewPrivileges = false
        })
    },
  ]

  static let executions: [String: Maker] = [
    "exec": { try execution(.small([Namespace(.mount), Namespace(.pid), Namespace(.network)])) },
    "exec-user-namespace": {
      try execution(.small([Namespace(.mount), Namespace(.pid), Namespace(.user)]) { $0.mapRoot() })
    },
    "exec-terminal": {
      try execution(
        .small([Namespace(.mount), Namespace(.pid)]) {
          $0.process?.terminal = true
          $0.process?.execCPUAffinity = CPUAffinity(initial: "0-1", final: "65")
          $0.process?.oomScoreAdj = 10
          $0.linux?.seccomp = .denyingKeyctl
        })
    },
    "exec-landlock": { try execution(.small([Namespace(.mount), Namespace(.pid)]) { $0.fence() }) },
    "exec-without-mount-namespace": { try execution(.small([Namespace(.pid)])) },
  ]

  private static func joined(_ type: NamespaceType) -> Namespace {
    Namespace(type, path: "/proc/77/ns/\(type.rawValue)")
  }
}
