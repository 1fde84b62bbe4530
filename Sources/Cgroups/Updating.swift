// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
public import OCI

extension CgroupSet {
  /// Changes the limits of a live container. What `resources` does not set stays as it is; devices are not touched.
  ///
  /// - Returns: fields without effect on this host.
  /// - Throws: for what ``CgroupPlan`` refuses and what the kernel refuses. Values written until then stay written.
  @discardableResult
  public func update(_ resources: Resources) throws(CgroupError) -> [CgroupNote] {
    let host = try liveHost()
    var options = CgroupOptions()
    options.appliesDevices = false
    let purpose = ResourcePlanner.Purpose.update(try liveLimits(resources))
    var planner = ResourcePlanner(host: host, purpose: purpose)
    if unit != nil { planner.admitsNoTask = false }
    try planner.add(resources, options: options)
    if let memory = resources.memory { try checkUsage(memory) }
    if let unit {
      // First: what systemd is not told it would set back, and what it rounds is made exact below.
      let properties = try PropertyConversion(isV2: host.layout == .v2).properties(resources, purpose)
      if !properties.isEmpty {
        try SystemdManager.connect(unit.manager).setProperties(unit.name, properties)
      }
    }
    var bases = MountBase()
    for (index, record) in records.enumerated() {
      var directory = CgroupDirectory(hierarchy: host.hierarchies[index], path: record.path)
      planner.move(index, to: &directory)
      if directory.actions.isEmpty { continue }
      let root = try bases.root(mountPoint: record.mountPoint, name: record.hierarchy)
      let leaf = try root.open(record.path, [.path, .directory])
      if record.version == .v2 {
        let enabled = try readControllers(leaf.fd, "cgroup.controllers", of: record.hostPath)
        let missing = directory.required.subtracting(enabled)
        if !missing.isEmpty {
          try ControllerEnabling(required: missing, optional: []).run(root, path: record.path)
        }
      }
      var writer = CgroupWriter(hostPath: record.hostPath)
      // A live cpuset has what it needs.
      try writer.run(directory.actions, in: leaf.fd) { _ throws(CgroupError) in }
    }
    return planner.notes
  }

  /// The hierarchies that the container is in.
  private func liveHost() throws(CgroupError) -> CgroupHost {
    var hierarchies: [CgroupHierarchy] = []
    for record in records {
      var controllers = record.controllers
      if record.version == .v2 {
        controllers = try readControllers(
          .workingDirectory, record.mountPoint + "/cgroup.controllers", of: "")
      }
      hierarchies.append(
        CgroupHierarchy(
          record.version, name: record.hierarchy, controllers: controllers, mountPoint: record.mountPoint))
    }
    return CgroupHost(hierarchies: hierarchies)
  }

  /// What a partial change needs to know of version 2, where one file holds what are two fields.
  private func liveLimits(_ resources: Resources) throws(CgroupError) -> LiveLimits {
    var limits = LiveLimits()
    guard let unified else { return limits }
    let leaf = try openLeaf(unified)
    if resources.memory?.swap ?? 0 != 0, resources.memory?.limit ?? 0 == 0,
      let bytes = try readBytesIfPresent(leaf.fd, "memory.max", of: unified.hostPath),
      let value = parseNumber(bytes.prefix { $0 != UInt8(ascii: "\n") })
    {
      limits.memory = value == .max ? -1 : Int64(clamping: value)
    }
    if resources.cpu?.period ?? 0 != 0, resources.cpu?.quota ?? 0 == 0,
      let bytes = try readBytesIfPresent(leaf.fd, "cpu.max", of: unified.hostPath),
      let word = bytes.split(separator: UInt8(ascii: " ")).first
    {
      limits.cpuQuota = String(decoding: word, as: UTF8.self)
    }
    return limits
  }

  /// `memory.checkBeforeUpdate`: version 2 would kill processes to get below a new limit. Version 1 refuses by itself.
  private func checkUsage(_ memory: MemoryResources) throws(CgroupError) {
    guard memory.checkBeforeUpdate == true, record(.memory) == nil, let unified else { return }
    let leaf = try openLeaf(unified)
    guard let bytes = try readBytesIfPresent(leaf.fd, "memory.current", of: unified.hostPath),
      let usage = parseNumber(bytes.prefix { $0 != UInt8(ascii: "\n") })
    else { return }
    for (value, field, words) in [
      (memory.swap ?? 0, "/linux/resources/memory/swap", "memory+swap limit"),
      (memory.limit ?? 0, "/linux/resources/memory/limit", "memory limit"),
    ] where value > 0 {
      if let limit = UInt64(exactly: value), limit <= usage {
        throw CgroupError(.refused, field: field, "rejecting \(words) \(limit) <= usage \(usage)")
      }
    }
  }
}
