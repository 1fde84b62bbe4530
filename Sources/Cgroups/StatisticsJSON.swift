// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import JSON

// What callers of runc read from `events --stats`: the names are those of its JSON, numbers that are 0 are written, too.
// `memory.events`, `rdma`, `cpu.burst` and `blkio.ioCost*` are what the kernel counts besides.

extension CgroupStatistics {
  /// One line of `events`: `{"type":"stats","id":…,"data":{…}}`, without the line's end.
  public func event(id: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { json in
      json.member("type", "stats")
      json.member("id", id)
      json.member("data") { encode(to: &$0) }
    }
    return writer.bytes
  }

  /// The line that tells of processes killed for want of memory: `{"type":"oom","id":…}`.
  public static func outOfMemoryEvent(id: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { json in
      json.member("type", "oom")
      json.member("id", id)
    }
    return writer.bytes
  }

  /// Writes what stands behind `data`.
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("cpu") { cpu.encode(to: &$0) }
      json.member("cpuset") { (cpuset ?? Cpuset()).encode(to: &$0) }
      json.member("memory") { memory.encode(to: &$0) }
      json.member("pids") { json in
        json.object { json in
          json.member("current", pids.current)
          json.member("limit", pids.limit)
        }
      }
      json.member("blkio") { blockIO.encode(to: &$0) }
      json.member("hugetlb") { json in
        json.object { json in
          for pages in hugepages { json.member(pages.pageSize) { pages.encode(to: &$0) } }
        }
      }
      if !rdma.isEmpty {
        json.member("rdma") { $0.array(of: rdma) { json, device in device.encode(to: &json) } }
      }
      json.member("intel_rdt") { $0.object { _ in } }
      json.member("network_interfaces") { $0.null() }
    }
  }
}

extension CgroupStatistics.CPU {
  fileprivate func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("usage") { json in
        json.object { json in
          json.member("total", total)
          json.numbers("percpu", perCPU)
          json.numbers("percpu_kernel", perCPUKernel)
          json.numbers("percpu_user", perCPUUser)
          json.member("kernel", kernel)
          json.member("user", user)
        }
      }
      json.member("throttling") { json in
        json.object { json in
          json.member("periods", periods)
          json.member("throttledPeriods", throttledPeriods)
          json.member("throttledTime", throttledTime)
        }
      }
      if bursts != 0 || burstTime != 0 {
        json.member("burst") { json in
          json.object { json in
            json.member("periods", bursts)
            json.member("time", burstTime)
          }
        }
      }
      json.pressure(pressure)
    }
  }
}

extension CgroupStatistics.Cpuset {
  fileprivate func encode(to json: inout JSONWriter) {
    json.object { json in
      json.numbers("cpus", cpus)
      json.member("cpu_exclusive", cpuExclusive)
      json.numbers("mems", mems)
      json.member("mem_hardwall", memHardwall)
      json.member("mem_exclusive", memExclusive)
      json.member("memory_migrate", memoryMigrate)
      json.member("memory_spread_page", memorySpreadPage)
      json.member("memory_spread_slab", memorySpreadSlab)
      json.member("memory_pressure", memoryPressure)
      json.member("sched_load_balance", schedLoadBalance)
      json.member("sched_relax_domain_level", schedRelaxDomainLevel)
    }
  }
}

extension CgroupStatistics.Memory {
  fileprivate func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("cache", cache)
      json.member("usage") { usage.encode(to: &$0) }
      json.member("swap") { swap.encode(to: &$0) }
      json.member("kernel") { kernel.encode(to: &$0) }
      json.member("kernelTCP") { kernelTCP.encode(to: &$0) }
      json.values("raw", raw)
      json.values("events", events.filter { $0.value != 0 })
      json.pressure(pressure)
    }
  }
}

extension CgroupStatistics.MemoryCounter {
  fileprivate func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("limit", limit)
      json.member("usage", usage)
      json.member("max", max)
      json.member("failcnt", failureCount)
    }
  }
}

extension CgroupStatistics.BlockIO {
  fileprivate func encode(to json: inout JSONWriter) {
    json.object { json in
      json.entries("ioServiceBytesRecursive", serviceBytes)
      json.entries("ioServicedRecursive", serviced)
      // Spelled so by runc.
      json.entries("ioQueueRecursive", queued)
      json.entries("ioServiceTimeRecursive", serviceTime)
      json.entries("ioWaitTimeRecursive", waitTime)
      json.entries("ioMergedRecursive", merged)
      json.entries("ioTimeRecursive", time)
      json.entries("sectorsRecursive", sectors)
      json.entries("ioCostUsage", costUsage)
      json.entries("ioCostWait", costWait)
      json.entries("ioCostIndebt", costIndebt)
      json.entries("ioCostIndelay", costIndelay)
      json.pressure(pressure)
    }
  }
}

extension CgroupStatistics.Hugepages {
  fileprivate func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("usage", usage)
      json.member("max", max)
      json.member("failcnt", failureCount)
    }
  }
}

extension CgroupStatistics.Rdma {
  fileprivate func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("device", device)
      json.member("hcaHandles", handles)
      json.member("hcaObjects", objects)
      // No limit is the largest number, as with memory.
      json.member("hcaHandlesLimit", handleLimit)
      json.member("hcaObjectsLimit", objectLimit)
    }
  }
}

extension JSONWriter {
  fileprivate mutating func numbers(_ key: String, _ values: [some FixedWidthInteger]) {
    if values.isEmpty { return }
    member(key) { $0.array(of: values) { json, value in json.value(value) } }
  }

  fileprivate mutating func values(_ key: String, _ values: [CgroupStatistics.NamedValue]) {
    if values.isEmpty { return }
    member(key) { json in
      json.object { json in
        for value in values { json.member(value.name, value.value) }
      }
    }
  }

  fileprivate mutating func entries(_ key: String, _ entries: [CgroupStatistics.BlockIOEntry]) {
    if entries.isEmpty { return }
    member(key) { json in
      json.array(of: entries) { json, entry in
        json.object { json in
          json.member("major", entry.major)
          json.member("minor", entry.minor)
          if !entry.operation.isEmpty { json.member("op", entry.operation) }
          json.member("value", entry.value)
        }
      }
    }
  }

  fileprivate mutating func pressure(_ pressure: CgroupStatistics.Pressure?) {
    guard let pressure else { return }
    member("psi") { json in
      json.object { json in
        for (name, stall) in [("some", pressure.some), ("full", pressure.full)] {
          json.member(name) { json in
            json.object { json in
              json.member("avg10", stall.average10)
              json.member("avg60", stall.average60)
              json.member("avg300", stall.average300)
              json.member("total", stall.total)
            }
          }
        }
      }
    }
  }
}
