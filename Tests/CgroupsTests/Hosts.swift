// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Cgroups

/// Hosts as they exist, for planning without a kernel.
enum Hosts {
  /// Every controller in a tree of its own.
  static let v1 = CgroupHost(hierarchies: [
    tree("name=systemd", [], "/sys/fs/cgroup/systemd"), tree("pids", .pids), tree("blkio", .io),
    tree("freezer", .freezer), tree("devices", .devices), tree("memory", .memory, own: "/box/1"),
    tree("cpuset", .cpuset), tree("cpuacct", .cpuacct), tree("cpu", .cpu), tree("hugetlb", .hugetlb),
    tree("net_cls", .netCls), tree("net_prio", .netPrio), tree("rdma", .rdma),
  ])

  /// As systemd mounts them, with several controllers in one tree.
  static let comounted = CgroupHost(hierarchies: [
    tree("name=systemd", [], "/sys/fs/cgroup/systemd", own: "/user.slice"),
    tree("cpu,cpuacct", [.cpu, .cpuacct], own: "/user.slice"),
    tree("net_cls,net_prio", [.netCls, .netPrio]), tree("devices", .devices, own: "/user.slice"),
    tree("freezer", .freezer), tree("memory", .memory),
  ])

  /// Version 1, and version 2 with what version 1 left.
  static let hybrid = CgroupHost(hierarchies: [
    tree("name=systemd", [], "/sys/fs/cgroup/systemd"), tree("pids", .pids), tree("devices", .devices),
    tree("memory", .memory, own: "/api/x"), tree("cpuset", .cpuset), tree("cpu", .cpu),
    CgroupHierarchy(
      .v2, name: "unified", controllers: [.hugetlb], mountPoint: "/sys/fs/cgroup/unified", ownPath: "/"),
  ])

  static let v2 = CgroupHost(hierarchies: [
    CgroupHierarchy(
      .v2, name: "unified", controllers: [.cpuset, .cpu, .io, .memory, .hugetlb, .pids, .rdma, .misc],
      mountPoint: "/sys/fs/cgroup", ownPath: "/user.slice/session-1.scope")
  ])

  static let bare = CgroupHost(hierarchies: [])

  private static func tree(
    _ name: String, _ controllers: CgroupControllers, _ mountPoint: String? = nil, own: String = "/"
  ) -> CgroupHierarchy {
    CgroupHierarchy(
      .v1, name: name, controllers: controllers, mountPoint: mountPoint ?? "/sys/fs/cgroup/" + name,
      ownPath: own)
  }
}

/// A plan's writes as text, one line each: hierarchy, file, value and the field behind it.
func render(_ plan: CgroupPlan) -> [String] {
  plan.directories.flatMap { directory in
    directory.actions.map { action -> String in
      switch action {
      case .inherit(let file): return "\(directory.hierarchy.name) \(file) inherited"
      case .write(let write):
        let alternatives = write.alternatives.map { " | \($0.file)=\($0.value)" }.joined()
        let marks = (write.isOptional ? " optional" : "") + (write.isOrdered ? " ordered" : "")
        let field = write.field.replacing("/linux/resources/", with: "", maxReplacements: 1)
        return "\(directory.hierarchy.name) \(write.file)=\(write.value)\(alternatives) <\(field)>\(marks)"
      }
    }
  }
}

/// The writes that some resources lead to; the copying of cpusets, which every plan of version 1 has, left out.
func writes(_ host: CgroupHost, _ resources: Resources) throws -> [String] {
  let plan = try CgroupPlan(resources: resources, cgroupsPath: "/c", id: "c", host: host)
  return render(plan).filter { !$0.hasSuffix(" inherited") }
}

/// The error that some resources lead to.
func refusal(_ host: CgroupHost, _ resources: Resources) -> CgroupError? {
  do {
    _ = try CgroupPlan(resources: resources, cgroupsPath: "/c", id: "c", host: host)
    return nil
  } catch {
    return error
  }
}

extension Resources {
  static func memory(_ change: (inout MemoryResources) -> Void) -> Resources {
    var resources = Resources()
    var memory = MemoryResources()
    change(&memory)
    resources.memory = memory
    return resources
  }

  static func cpu(_ change: (inout CPUResources) -> Void) -> Resources {
    var resources = Resources()
    var cpu = CPUResources()
    change(&cpu)
    resources.cpu = cpu
    return resources
  }

  static func blockIO(_ change: (inout BlockIOResources) -> Void) -> Resources {
    var resources = Resources()
    var io = BlockIOResources()
    change(&io)
    resources.blockIO = io
    return resources
  }

  static func network(_ change: (inout NetworkResources) -> Void) -> Resources {
    var resources = Resources()
    var network = NetworkResources()
    change(&network)
    resources.network = network
    return resources
  }

  static func with(_ change: (inout Resources) -> Void) -> Resources {
    var resources = Resources()
    change(&resources)
    return resources
  }
}
