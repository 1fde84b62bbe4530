// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import OCI

extension ResourcePlanner {
  private var cpuBase: String { "/linux/resources/cpu/" }

  /// `linux.resources.cpu` but for the cpuset. As with runc, 0 leaves shares, quota, period and the real-time values
  /// alone; any negative quota is "no limit".
  mutating func addCPU(_ cpu: CPUResources) throws(CgroupError) {
    guard let field = firstCPUField(cpu) else { return }
    let place = try place(.cpu, field: field)
    if let idle = cpu.idle, idle != 0, idle != 1 {
      throw CgroupError(.invalidValue, field: cpuBase + "idle", "\(idle) is neither 0 nor 1")
    }
    switch place.version {
    case .v1: try addCPUV1(cpu, place)
    case .v2: try addCPUV2(cpu, place)
    }
  }

  private func firstCPUField(_ cpu: CPUResources) -> String? {
    if cpu.shares ?? 0 != 0 { return cpuBase + "shares" }
    if cpu.quota ?? 0 != 0 { return cpuBase + "quota" }
    if cpu.period ?? 0 != 0 { return cpuBase + "period" }
    if cpu.burst != nil { return cpuBase + "burst" }
    if cpu.idle != nil { return cpuBase + "idle" }
    if cpu.realtimeRuntime ?? 0 != 0 { return cpuBase + "realtimeRuntime" }
    if cpu.realtimePeriod ?? 0 != 0 { return cpuBase + "realtimePeriod" }
    return nil
  }

  private mutating func addCPUV1(_ cpu: CPUResources, _ place: Place) throws(CgroupError) {
    // A task with a real-time policy may not enter a cgroup without real-time budget, so that comes first.
    if let period = cpu.realtimePeriod, period != 0 {
      put("cpu.rt_period_us", String(period), "realtimePeriod", place, isOrdered: true)
    }
    if let runtime = cpu.realtimeRuntime, runtime != 0 {
      put("cpu.rt_runtime_us", String(runtime), "realtimeRuntime", place, isOrdered: true)
    }
    if let shares = cpu.shares, shares != 0 {
      // The kernel would clamp in silence.
      if shares < 2 {
        throw CgroupError(
          .invalidValue, field: cpuBase + "shares", "the minimum allowed cpu-shares is 2, not \(shares)")
      }
      if shares > 262_144 {
        throw CgroupError(
          .invalidValue, field: cpuBase + "shares", "the maximum allowed cpu-shares is 262144, not \(shares)")
      }
      put("cpu.shares", String(shares), "shares", place, isOrdered: true)
    }
    if let (quota, period, field) = bandwidth(cpu) {
      if let period {
        let name = cpu.givenPeriod == nil ? field : "period"
        put("cpu.cfs_period_us", String(period), name, place, isOrdered: true)
      }
      if let quota {
        put("cpu.cfs_quota_us", quota < 0 ? "-1" : String(quota), field, place, isOrdered: true)
      }
    }
    if let burst = cpu.burst {
      // Linux 5.14; no burst is what earlier kernels do.
      put("cpu.cfs_burst_us", String(burst), "burst", place, isOptional: burst == 0, isOrdered: true)
    }
    // An idle cgroup has fixed shares, so these are set before it becomes idle and after it ceases to be.
    if let idle = cpu.idle {
      put("cpu.idle", String(idle), "idle", place, isOptional: idle == 0, isOrdered: true)
    }
  }

  private mutating func addCPUV2(_ cpu: CPUResources, _ place: Place) throws(CgroupError) {
    for (isSet, name) in [
      (cpu.realtimePeriod ?? 0 != 0, "realtimePeriod"), (cpu.realtimeRuntime ?? 0 != 0, "realtimeRuntime"),
    ] where isSet {
      throw unsupported(cpuBase + name, "cgroup v2 has no real-time budget: leave the field out")
    }
    if let shares = cpu.shares, shares != 0 {
      put("cpu.weight", String(cpuWeight(shares: shares)), "shares", place, isOrdered: true)
    }
    if let (quota, period, field) = bandwidth(cpu) {
      var value = quota.map { $0 < 0 ? "max" : String($0) } ?? "max"
      // Alone, a quota leaves the period as it is, which is 100000 in a new cgroup.
      if let period { value += " " + String(period) }
      put("cpu.max", value, field, place, isOrdered: true)
    }
    if let burst = cpu.burst {
      put("cpu.max.burst", String(burst), "burst", place, isOptional: burst == 0, isOrdered: true)
    }
    if let idle = cpu.idle {
      put("cpu.idle", String(idle), "idle", place, isOptional: idle == 0, isOrdered: true)
    }
  }

  /// Quota and period, of which an update may leave one as it is; nil where neither is given.
  private func bandwidth(_ cpu: CPUResources) -> (quota: Int64?, period: UInt64?, field: String)? {
    let (quota, period) = (cpu.givenQuota, cpu.givenPeriod)
    if quota == nil && period == nil { return nil }
    return (quota ?? live.cpuQuota, period ?? live.cpuPeriod, quota != nil ? "quota" : "period")
  }

  private mutating func put(
    _ file: String, _ value: String, _ name: String, _ place: Place, isOptional: Bool = false,
    isOrdered: Bool
  ) {
    var write = FileWrite(file, value, field: cpuBase + name)
    write.isOptional = isOptional
    write.isOrdered = isOrdered
    self.write(write, at: place, .cpu)
  }

  /// `linux.resources.cpu.cpus` and `.mems`; an empty list leaves them alone.
  ///
  /// A new cpuset of version 1 is empty and admits nobody: what is not given is copied from its parent.
  mutating func addCpuset(_ cpu: CPUResources?) throws(CgroupError) {
    let index = host.index(of: .cpuset)
    for (value, file, name) in [
      (cpu?.cpus ?? "", "cpuset.cpus", "cpus"), (cpu?.mems ?? "", "cpuset.mems", "mems"),
    ] {
      if !value.isEmpty {
        let field = cpuBase + name
        try checkList(value, field: field)
        write(FileWrite(file, value, field: field), at: try place(.cpuset, field: field), .cpuset)
      } else if let index, host.hierarchies[index].version == .v1, !isUpdate {
        inherit(file, at: index)
      }
    }
  }

  /// Lists like `0-3,7`: anything else would be a surprise in a file that takes a line.
  private func checkList(_ list: String, field: String) throws(CgroupError) {
    let isPlain = list.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ","), UInt8(ascii: "-"): true
      // The kernel's list also has strides, `0-7:1/2`, and takes blanks.
      case UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: " "): true
      default: false
      }
    }
    if !isPlain {
      throw CgroupError(.invalidValue, field: field, "\"\(list)\" is not a list of numbers like 0-3,7")
    }
  }
}

extension CPUResources {
  /// Microseconds, negative for no limit; nil also for 0, which callers write for "not set".
  var givenQuota: Int64? { quota == 0 ? nil : quota }
  /// Microseconds; nil also for 0.
  var givenPeriod: UInt64? { period == 0 ? nil : period }
}
