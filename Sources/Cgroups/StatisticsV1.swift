// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// The statistics of one hierarchy of version 1.
struct StatisticsV1 {
  let files: StatisticsFiles

  func read(_ controllers: CgroupControllers, into result: inout CgroupStatistics) throws(CgroupError) {
    if controllers.contains(.cpu) { try readThrottling(&result.cpu) }
    if controllers.contains(.cpuacct) { try readCPU(&result.cpu) }
    if controllers.contains(.cpuset) { result.cpuset = try cpuset() }
    if controllers.contains(.memory) { try readMemory(&result.memory) }
    if controllers.contains(.pids) { try readPids(&result.pids) }
    if controllers.contains(.io) { try readBlockIO(&result.blockIO) }
    if controllers.contains(.hugetlb) { try readHugepages(&result.hugepages) }
    if controllers.contains(.rdma) { result.rdma = try files.rdma() }
  }

  private func readThrottling(_ cpu: inout CgroupStatistics.CPU) throws(CgroupError) {
    for entry in try files.table("cpu.stat") {
      switch entry.name {
      case "nr_periods": cpu.periods = entry.value
      case "nr_throttled": cpu.throttledPeriods = entry.value
      case "throttled_time": cpu.throttledTime = entry.value
      case "nr_bursts": cpu.bursts = entry.value
      case "burst_time": cpu.burstTime = entry.value
      default: continue
      }
    }
  }

  private func readCPU(_ cpu: inout CgroupStatistics.CPU) throws(CgroupError) {
    cpu.total = try files.number("cpuacct.usage")
    let ticksPerSecond = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    for entry in try files.table("cpuacct.stat") {
      let (seconds, ticks) = entry.value.quotientAndRemainder(dividingBy: ticksPerSecond)
      let nanoseconds = seconds &* 1_000_000_000 &+ ticks * 1_000_000_000 / ticksPerSecond
      if entry.name == "user" { cpu.user = nanoseconds }
      if entry.name == "system" { cpu.kernel = nanoseconds }
    }
    if let bytes = try files.bytes("cpuacct.usage_percpu") {
      for word in words(bytes.prefix { $0 != UInt8(ascii: "\n") }) {
        cpu.perCPU.append(try files.parse(word, "cpuacct.usage_percpu"))
      }
    }
    // A heading, then lines of processor, user and system time.
    for line in lines(try files.bytes("cpuacct.usage_all") ?? []).dropFirst() {
      let parts = words(line)
      guard parts.count >= 3 else { throw files.malformed(line, "cpuacct.usage_all") }
      cpu.perCPUUser.append(try files.parse(parts[1], "cpuacct.usage_all"))
      cpu.perCPUKernel.append(try files.parse(parts[2], "cpuacct.usage_all"))
    }
  }

  private func cpuset() throws(CgroupError) -> CgroupStatistics.Cpuset {
    var cpuset = CgroupStatistics.Cpuset()
    cpuset.cpus = try list("cpuset.cpus")
    cpuset.mems = try list("cpuset.mems")
    cpuset.cpuExclusive = try files.number("cpuset.cpu_exclusive")
    cpuset.memExclusive = try files.number("cpuset.mem_exclusive")
    cpuset.memHardwall = try files.number("cpuset.mem_hardwall")
    cpuset.memoryMigrate = try files.number("cpuset.memory_migrate")
    cpuset.memorySpreadPage = try files.number("cpuset.memory_spread_page")
    cpuset.memorySpreadSlab = try files.number("cpuset.memory_spread_slab")
    cpuset.memoryPressure = try files.number("cpuset.memory_pressure")
    cpuset.schedLoadBalance = try files.number("cpuset.sched_load_balance")
    let level = try files.bytes("cpuset.sched_relax_domain_level")?.prefix { $0 != UInt8(ascii: "\n") } ?? []
    cpuset.schedRelaxDomainLevel = Int64(String(decoding: level, as: UTF8.self)) ?? 0
    return cpuset
  }

  /// A list like `0-3,7`, spelled out.
  private func list(_ file: String) throws(CgroupError) -> [UInt16] {
    var result: [UInt16] = []
    let bytes = try files.bytes(file)?.prefix { $0 != UInt8(ascii: "\n") } ?? []
    for part in bytes.split(separator: UInt8(ascii: ",")) {
      let ends = part.split(separator: UInt8(ascii: "-"))
      guard let first = ends.first.flatMap({ parseNumber($0) }), let low = UInt16(exactly: first),
        let last = ends.last.flatMap({ parseNumber($0) }), let high = UInt16(exactly: last),
        ends.count <= 2, low <= high
      else { throw files.malformed(part, file) }
      result += low...high
    }
    return result
  }

  private func readMemory(_ memory: inout CgroupStatistics.Memory) throws(CgroupError) {
    memory.raw = try files.table("memory.stat")
    memory.cache = memory.raw.first { $0.name == "cache" }?.value ?? 0
    memory.usage = try counter("memory")
    memory.swap = try counter("memory.memsw")
    memory.kernel = try counter("memory.kmem")
    memory.kernelTCP = try counter("memory.kmem.tcp")
    memory.events = try files.table("memory.oom_control").filter { $0.name != "oom_kill_disable" }
    memory.oomKills = memory.events.first { $0.name == "oom_kill" }?.value ?? 0
  }

  private func counter(_ prefix: String) throws(CgroupError) -> CgroupStatistics.MemoryCounter {
    var counter = CgroupStatistics.MemoryCounter()
    // Swap and kernel memory are options of the kernel.
    guard let usage = try files.numberIfPresent(prefix + ".usage_in_bytes") else { return counter }
    counter.usage = usage
    counter.max = try files.number(prefix + ".max_usage_in_bytes")
    counter.failureCount = try files.number(prefix + ".failcnt")
    counter.limit = try files.number(prefix + ".limit_in_bytes")
    return counter
  }

  private func readPids(_ pids: inout CgroupStatistics.Pids) throws(CgroupError) {
    pids.current = try files.number("pids.current")
    let limit = try files.number("pids.max")
    pids.limit = limit == .max ? 0 : limit
  }

  private func readHugepages(_ result: inout [CgroupStatistics.Hugepages]) throws(CgroupError) {
    for size in try files.hugepageSizes(suffix: "usage_in_bytes") {
      var pages = CgroupStatistics.Hugepages(pageSize: size)
      // Where there are counts of reservations, these are what the limit is checked against first.
      let reserved = try files.numberIfPresent("hugetlb.\(size).rsvd.usage_in_bytes")
      let prefix = "hugetlb.\(size)" + (reserved == nil ? "" : ".rsvd")
      pages.usage = try files.number(prefix + ".usage_in_bytes")
      pages.max = try files.number(prefix + ".max_usage_in_bytes")
      pages.failureCount = try files.number(prefix + ".failcnt")
      result.append(pages)
    }
  }

  // MARK: Block devices

  private typealias BlockIO = CgroupStatistics.BlockIO

  /// Schedulers and kernel versions have different files; the first family that is there counts.
  private func readBlockIO(_ io: inout CgroupStatistics.BlockIO) throws(CgroupError) {
    for prefix in ["blkio.bfq.", "blkio."] {
      // Only debugging kernels have the details of BFQ; CFQ, until Linux 5.0, had them always.
      guard let sectors = try entries(prefix + "sectors_recursive") else { continue }
      io.sectors = sectors
      io.serviceTime = try entries(prefix + "io_service_time_recursive") ?? []
      io.waitTime = try entries(prefix + "io_wait_time_recursive") ?? []
      io.merged = try entries(prefix + "io_merged_recursive") ?? []
      io.queued = try entries(prefix + "io_queued_recursive") ?? []
      io.time = try entries(prefix + "time_recursive") ?? []
      io.serviced = try entries(prefix + "io_serviced_recursive") ?? []
      io.serviceBytes = try entries(prefix + "io_service_bytes_recursive") ?? []
      return
    }
    for (prefix, suffix) in [
      ("blkio.bfq.", "_recursive"), ("blkio.throttle.", "_recursive"), ("blkio.throttle.", ""),
    ] {
      let serviced = try entries(prefix + "io_serviced" + suffix)
      // BFQ's files are there, and empty, also where another scheduler does the work.
      guard let serviced, !serviced.isEmpty else { continue }
      io.serviced = serviced
      io.serviceBytes = try entries(prefix + "io_service_bytes" + suffix) ?? []
      return
    }
  }

  /// Lines `8:0 Read 4096` or `8:0 4096`; nil without such a file.
  private func entries(_ file: String) throws(CgroupError) -> [CgroupStatistics.BlockIOEntry]? {
    guard let bytes = try files.bytes(file) else { return nil }
    var result: [CgroupStatistics.BlockIOEntry] = []
    for line in lines(bytes) {
      let parts = words(line)
      if parts.first?.elementsEqual("Total".utf8) ?? false { continue }
      let device = parts.first?.split(separator: UInt8(ascii: ":")) ?? []
      guard device.count == 2, parts.count == 2 || parts.count == 3 else { throw files.malformed(line, file) }
      result.append(
        CgroupStatistics.BlockIOEntry(
          major: try files.parse(device[0], file), minor: try files.parse(device[1], file),
          operation: parts.count == 3 ? String(decoding: parts[1], as: UTF8.self) : "",
          value: try files.parse(parts[parts.count - 1], file)))
    }
    return result
  }
}
