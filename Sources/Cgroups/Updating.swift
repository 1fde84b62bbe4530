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
      let properties = try PropertyConversion(isV2: host.layout == .v2, purpose).properties(resources)
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

  /// What a partial change needs to know: a file of version 2 holds what are two fields, and so does a property of systemd's.
  private func liveLimits(_ resources: Resources) throws(CgroupError) -> LiveLimits {
    var limits = LiveLimits()
    let isQuotaSet =
      resources.cpu?.givenQuota != nil || resources.cpu?.givenPeriod != nil
      || resources.unified.contains { $0.key == "cpu.max" }
    if isQuotaSet, unit != nil, let cpu = record(.cpu) { try readQuotaV1(cpu, into: &limits) }
    guard let unified else { return limits }
    let leaf = try openLeaf(unified)
    if resources.memory?.swap ?? 0 != 0, resources.memory?.limit ?? 0 == 0,
      let bytes = try readBytesIfPresent(leaf.fd, "memory.max", of: unified.hostPath),
      let value = parseNumber(bytes.prefix { $0 != UInt8(ascii: "\n") })
    {
      limits.memory = value == .max ? -1 : Int64(clamping: value)
    }
    if isQuotaSet, let bytes = try readBytesIfPresent(leaf.fd, "cpu.max", of: unified.hostPath),
      let (quota, period) = parseCPUMax(bytes)
    {
      limits.cpuQuota = quota
      limits.cpuPeriod = period
    }
    return limits
  }

  private func readQuotaV1(_ cpu: CgroupRecord, into limits: inout LiveLimits) throws(CgroupError) {
    let leaf = try openLeaf(cpu)
    let quota = try readWord(leaf.fd, "cpu.cfs_quota_us", of: cpu.hostPath)
    // Negative: none.
    limits.cpuQuota = parseNumber(quota).map { Int64(clamping: $0) } ?? -1
    limits.cpuPeriod = parseNumber(try readWord(leaf.fd, "cpu.cfs_period_us", of: cpu.hostPath))
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
