// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import OCI
import Seccomp
import Testing

extension GoldenCases {
  /// The plan of a case.
  static func make(_ name: String) throws -> Plan {
    let maker = try #require(all[name], "there is no case \(name)")
    return try maker()
  }

  /// The plan by which the configuration's own process would join the container.
  static func execution(_ spec: Spec) throws -> Plan {
    var process = Process(args: ["id"])
    process = spec.process ?? process
    let seccomp = try spec.linux?.seccomp.map { try SeccompProgram.compile($0, for: .x86_64) }
    var host = HostFacts()
    host.landlockVersion = 4
    return try Plan.compileExec(
      process, in: spec, id: "box", host: host, preserveDescriptors: 0, seccomp: seccomp)
  }
}

extension Spec {
  mutating func mapRoot() {
    linux?.uidMappings = [IDMapping(containerID: 0, hostID: 100_000, size: 65536)]
    linux?.gidMappings = [IDMapping(containerID: 0, hostID: 200_000, size: 65536)]
  }

  /// Two rules on paths, two on ports.
  mutating func fence() {
    annotations = [
      KeyValue("org.roost.landlock.paths", "/bin\n/my data:rw"),
      KeyValue("org.roost.landlock.tcp", "connect:443\n8080"),
    ]
  }

  static func mounting(_ mounts: Mount...) -> Spec { small { $0.mounts = mounts } }

  static var cgroupMount: Mount {
    Mount(
      destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
      options: ["nosuid", "noexec", "nodev", "relatime", "ro"])
  }

  static var someDevices: [Device] {
    [
      Device(type: .block, path: "/dev/sda", major: 8, minor: 0, fileMode: 0o660, uid: 0, gid: 6),
      Device(type: .fifo, path: "/run/pipe"), Device(type: .character, path: "/dev/null", major: 1, minor: 3),
      Device(type: .unbuffered, path: "/dev/mouse", major: 13, minor: 63),
    ]
  }

  /// As many kinds of steps as one container can have.
  static var everything: Spec {
    var spec = standard(cgroupNamespace: true)
    spec.hooks = .everyPoint
    spec.domainname = "example.org"
    spec.root?.readonly = true
    spec.mounts += [
      Mount(destination: "/data", source: "/srv/my data", options: ["rbind", "ro", "rslave"]),
      Mount(
        destination: "/scratch", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "ro", "size=1m"]),
      Mount(destination: "/proc/meminfo", source: "/srv/meminfo", options: ["bind"]),
      Mount(destination: "/scratch", options: ["remount", "nosuid", "private"]),
    ]
    spec.linux?.namespaces.append(Namespace(.time))
    spec.linux?.timeOffsets = TimeOffsets(boottime: TimeOffset(secs: 60))
    spec.linux?.devices = someDevices
    spec.linux?.resources = .several
    spec.linux?.seccomp = .asking
    spec.linux?.rootfsPropagation = .rslave
    spec.linux?.sysctl = [KeyValue("net.ipv4.ip_forward", "1")]
    spec.linux?.personality = Personality(domain: .linux32)
    spec.linux?.memoryPolicy = MemoryPolicy(mode: .interleave, nodes: "0")
    spec.process?.user = User(uid: 1000, gid: 100, umask: 0o27, additionalGids: [10])
    spec.process?.capabilities?.ambient = ["CAP_KILL"]
    spec.process?.capabilities?.inheritable = ["CAP_KILL"]
    spec.process?.scheduler = .deadlineExample
    spec.process?.ioPriority = IOPriority(class: .idle)
    spec.process?.apparmorProfile = "box"
    spec.process?.selinuxLabel = "system_u:system_r:container_t:s0"
    spec.process?.oomScoreAdj = -5
    return spec
  }
}

extension Hooks {
  static func one(_ point: WritableKeyPath<Hooks, [Hook]>, _ hook: Hook) -> Hooks {
    var hooks = Hooks()
    hooks[keyPath: point] = [hook]
    return hooks
  }

  /// A hook at each of the six points.
  static var everyPoint: Hooks {
    var hooks = Hooks()
    hooks.prestart = [Hook(path: "/usr/bin/prestart")]
    hooks.createRuntime = [Hook(path: "/usr/bin/create-runtime", args: ["create-runtime", "-v"], timeout: 5)]
    hooks.createContainer = [Hook(path: "/usr/bin/create-container")]
    hooks.startContainer = [Hook(path: "/bin/start-container"), Hook(path: "/bin/second")]
    hooks.poststart = [Hook(path: "/usr/bin/poststart")]
    hooks.poststop = [Hook(path: "/usr/bin/poststop")]
    return hooks
  }
}

extension Resources {
  static var several: Resources {
    var resources = Resources()
    var memory = MemoryResources()
    memory.limit = 256 << 20
    memory.swap = 256 << 20
    var cpu = CPUResources()
    cpu.shares = 512
    cpu.quota = 150_000
    cpu.period = 100_000
    cpu.cpus = "0-1"
    resources.memory = memory
    resources.cpu = cpu
    resources.pids = PidsResources(limit: 100)
    resources.devices = [DeviceRule(allow: false)]
    return resources
  }
}

extension Scheduler {
  static var deadlineExample: Scheduler {
    var scheduler = Scheduler(policy: .deadline)
    scheduler.runtime = 10_000_000
    scheduler.deadline = 20_000_000
    scheduler.period = 30_000_000
    scheduler.flags = [.resetOnFork]
    return scheduler
  }
}
