// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Cgroups
import ContainerPlan
import OCI
import Seccomp

/// Hosts that plans are compiled for: no kernel is asked.
enum Hosts {
  /// Version 1 controllers and a tree of version 2 beside them.
  static let hybrid = CgroupHost(hierarchies: [
    tree("pids", .pids), tree("devices", .devices), tree("memory", .memory), tree("cpuset", .cpuset),
    tree("cpu,cpuacct", [.cpu, .cpuacct]),
    CgroupHierarchy(.v2, name: "unified", controllers: [.hugetlb], mountPoint: "/sys/fs/cgroup/unified"),
  ])

  static let v2 = CgroupHost(hierarchies: [
    CgroupHierarchy(
      .v2, name: "unified", controllers: [.cpuset, .cpu, .io, .memory, .pids], mountPoint: "/sys/fs/cgroup",
      ownPath: "/user.slice/session-1.scope")
  ])

  /// No cgroups at all: what concerns them is left out of the plan's text.
  static let bare = CgroupHost(hierarchies: [])

  private static func tree(_ name: String, _ controllers: CgroupControllers) -> CgroupHierarchy {
    CgroupHierarchy(.v1, name: name, controllers: controllers, mountPoint: "/sys/fs/cgroup/" + name)
  }
}

/// A configuration and everything else that a plan is made from.
struct Case {
  var spec: Spec
  var request = CreateRequest(.run, id: "box", bundle: "/bundle")
  var host = HostFacts(effectiveUserID: 0, lastCapability: 40)
  var cgroups = Hosts.bare
  var systemd: SystemdOptions?

  init(_ spec: Spec) { self.spec = spec }

  func compile() throws -> Plan {
    var options = CgroupOptions()
    options.defaultDevices = DefaultDevices.rules
    options.systemd = systemd
    options.appliesDevices = spec.linux?.namespace(.user) == nil && cgroups.layout != .none
    let plan = try CgroupPlan(
      resources: spec.linux?.resources, cgroupsPath: spec.linux?.cgroupsPath, id: request.id, host: cgroups,
      options: options)
    // One architecture, so that the size of the filter is the same wherever the tests run.
    let seccomp = try spec.linux?.seccomp.map { try SeccompProgram.compile($0, for: .x86_64) }
    return try Plan.compile(spec, request, host: host, cgroups: plan, seccomp: seccomp)
  }
}

extension Spec {
  /// A configuration of which one thing at a time can be changed: a root, a program, a mount namespace.
  static func small(
    _ namespaces: [Namespace] = [Namespace(.mount)], _ change: (inout Spec) -> Void = { _ in }
  ) -> Spec {
    var process = Process(args: ["/bin/true", "a b"])
    process.env = ["PATH=/bin:/usr/bin"]
    process.noNewPrivileges = true
    var spec = Spec(
      ociVersion: Spec.version, root: Root(path: "rootfs"), process: process,
      linux: LinuxConfig(namespaces: namespaces))
    change(&spec)
    return spec
  }
}

extension Plan {
  /// The place of the first step that the closure accepts.
  func position(where accepts: (PlannedStep) -> Bool) -> Int? { steps.firstIndex(where: accepts) }

  func position(_ side: Side, _ action: Step) -> Int? { position { $0.side == side && $0.action == action } }
}

extension SeccompProfile {
  /// Refuses one call and lets all others through.
  static var denyingKeyctl: SeccompProfile {
    var profile = SeccompProfile(defaultAction: .allow)
    profile.syscalls = [SeccompRule(names: ["keyctl"], action: .errno)]
    return profile
  }

  /// Asks an agent about one call.
  static var asking: SeccompProfile {
    var profile = SeccompProfile(defaultAction: .allow)
    profile.listenerPath = "/run/agent.sock"
    profile.syscalls = [SeccompRule(names: ["mount"], action: .notify)]
    return profile
  }
}
