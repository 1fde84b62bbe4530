// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// What a container uses, in the shape of runc's `events --stats`: the same groups, so that writing them out is a
/// matter of names. Times are nanoseconds, sizes bytes; a limit of `UInt64.max` is none.
public struct CgroupStatistics: Equatable, Sendable {
  public var cpu = CPU()
  /// Version 1 only.
  public var cpuset: Cpuset?
  public var memory = Memory()
  public var pids = Pids()
  public var blockIO = BlockIO()
  /// By page size (`2MB`), in the kernel's order.
  public var hugepages: [Hugepages] = []
  /// One per device.
  public var rdma: [Rdma] = []

  public init() {}

  public struct CPU: Equatable, Sendable {
    public var total: UInt64 = 0
    public var kernel: UInt64 = 0
    public var user: UInt64 = 0
    /// By processor; empty on version 2.
    public var perCPU: [UInt64] = []
    public var perCPUKernel: [UInt64] = []
    public var perCPUUser: [UInt64] = []
    /// Enforcement intervals that have elapsed, and those in which the quota was used up.
    public var periods: UInt64 = 0
    public var throttledPeriods: UInt64 = 0
    public var throttledTime: UInt64 = 0
    /// Intervals in which saved-up time was used beyond the quota, and how much of it.
    public var bursts: UInt64 = 0
    public var burstTime: UInt64 = 0
    public var pressure: Pressure?
  }

  public struct Cpuset: Equatable, Sendable {
    public var cpus: [UInt16] = []
    public var mems: [UInt16] = []
    public var cpuExclusive: UInt64 = 0
    public var memExclusive: UInt64 = 0
    public var memHardwall: UInt64 = 0
    public var memoryMigrate: UInt64 = 0
    public var memorySpreadPage: UInt64 = 0
    public var memorySpreadSlab: UInt64 = 0
    public var memoryPressure: UInt64 = 0
    public var schedLoadBalance: UInt64 = 0
    public var schedRelaxDomainLevel: Int64 = 0
  }

  public struct Memory: Equatable, Sendable {
    /// Page cache.
    public var cache: UInt64 = 0
    public var usage = MemoryCounter()
    /// Memory and swap together, also on version 2.
    public var swap = MemoryCounter()
    /// Version 1 only.
    public var kernel = MemoryCounter()
    /// Version 1 only.
    public var kernelTCP = MemoryCounter()
    /// All of `memory.stat`, in the kernel's order.
    public var raw: [NamedValue] = []
    /// Processes that were killed because the limit was reached.
    public var oomKills: UInt64 = 0
    /// What happened at limits, in the kernel's words and order: `memory.events` of version 2, the counts of
    /// `memory.oom_control` of version 1.
    public var events: [NamedValue] = []
    public var pressure: Pressure?
  }

  public struct MemoryCounter: Equatable, Sendable {
    public var limit: UInt64 = 0
    public var usage: UInt64 = 0
    /// The highest usage so far; 0 where the kernel does not keep it.
    public var max: UInt64 = 0
    /// How often the limit was hit.
    public var failureCount: UInt64 = 0
  }

  public struct Pids: Equatable, Sendable {
    public var current: UInt64 = 0
    /// 0 is no limit, as runc has it.
    public var limit: UInt64 = 0
  }

  public struct BlockIO: Equatable, Sendable {
    public var serviceBytes: [BlockIOEntry] = []
    public var serviced: [BlockIOEntry] = []
    public var queued: [BlockIOEntry] = []
    public var serviceTime: [BlockIOEntry] = []
    public var waitTime: [BlockIOEntry] = []
    public var merged: [BlockIOEntry] = []
    public var time: [BlockIOEntry] = []
    public var sectors: [BlockIOEntry] = []
    /// Version 2 with the io.cost model: time in microseconds.
    public var costUsage: [BlockIOEntry] = []
    public var costWait: [BlockIOEntry] = []
    public var costIndebt: [BlockIOEntry] = []
    public var costIndelay: [BlockIOEntry] = []
    public var pressure: Pressure?
  }

  public struct BlockIOEntry: Equatable, Sendable {
    public var major: UInt64
    public var minor: UInt64
    /// `Read`, `Write`, `Sync`, …; empty for a value that is not split.
    public var operation: String
    public var value: UInt64
  }

  public struct Hugepages: Equatable, Sendable {
    public var pageSize: String
    public var usage: UInt64 = 0
    public var max: UInt64 = 0
    public var failureCount: UInt64 = 0
  }

  public struct Rdma: Equatable, Sendable {
    public var device: String
    public var handles: UInt64 = 0
    public var objects: UInt64 = 0
    public var handleLimit: UInt64 = 0
    public var objectLimit: UInt64 = 0
  }

  /// Pressure stall information (Linux 4.20): the share of time that some, or all, tasks waited for the resource.
  public struct Pressure: Equatable, Sendable {
    public var some = Stall()
    public var full = Stall()

    public struct Stall: Equatable, Sendable {
      /// Per cent over the last 10, 60 and 300 seconds.
      public var average10 = 0.0
      public var average60 = 0.0
      public var average300 = 0.0
      /// Microseconds in all.
      public var total: UInt64 = 0
    }
  }

  public struct NamedValue: Equatable, Sendable {
    public var name: String
    public var value: UInt64
  }
}

extension CgroupSet {
  /// What the container uses now. Groups whose controller it is not in stay at their zero values.
  public func statistics() throws(CgroupError) -> CgroupStatistics {
    var result = CgroupStatistics()
    for record in records {
      let files = try StatisticsFiles(hostPath: record.hostPath)
      switch record.version {
      case .v1: try StatisticsV1(files: files).read(record.controllers, into: &result)
      case .v2:
        try StatisticsV2(files: files).read(
          into: &result, isOnly: !records.contains { $0.version == .v1 })
      }
    }
    return result
  }
}
