// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The statistics of version 2, in the terms of version 1 where those differ.
struct StatisticsV2 {
  let files: StatisticsFiles

  /// - Parameter isOnly: false on a hybrid host, where version 2 adds only what version 1 has not got.
  func read(into result: inout CgroupStatistics, isOnly: Bool) throws(CgroupError) {
    result.cpu.pressure = try files.pressure("cpu.pressure")
    result.memory.pressure = try files.pressure("memory.pressure")
    result.blockIO.pressure = try files.pressure("io.pressure")
    if result.hugepages.isEmpty { try readHugepages(&result.hugepages) }
    if result.rdma.isEmpty { result.rdma = try files.rdma() }
    guard isOnly else { return }
    try readCPU(&result.cpu)
    try readMemory(&result.memory)
    try readPids(&result.pids)
    try readBlockIO(&result.blockIO)
  }

  /// Microseconds, also without the controller.
  private func readCPU(_ cpu: inout CgroupStatistics.CPU) throws(CgroupError) {
    for entry in try files.table("cpu.stat") {
      switch entry.name {
      case "usage_usec": cpu.total = entry.value &* 1000
      case "user_usec": cpu.user = entry.value &* 1000
      case "system_usec": cpu.kernel = entry.value &* 1000
      case "nr_periods": cpu.periods = entry.value
      case "nr_throttled": cpu.throttledPeriods = entry.value
      case "throttled_usec": cpu.throttledTime = entry.value &* 1000
      case "nr_bursts": cpu.bursts = entry.value
      case "burst_usec": cpu.burstTime = entry.value &* 1000
      default: continue
      }
    }
  }

  private func readMemory(_ memory: inout CgroupStatistics.Memory) throws(CgroupError) {
    guard let usage = try files.numberIfPresent("memory.current") else { return }
    memory.raw = try files.table("memory.stat")
    memory.cache = memory.raw.first { $0.name == "file" }?.value ?? 0
    memory.usage.usage = usage
    memory.usage.limit = try files.number("memory.max")
    memory.usage.max = try files.number("memory.peak")
    memory.events = try files.table("memory.events")
    memory.usage.failureCount = memory.events.first { $0.name == "max" }?.value ?? 0
    memory.oomKills = memory.events.first { $0.name == "oom_kill" }?.value ?? 0
    guard let swap = try files.numberIfPresent("memory.swap.current") else { return }
    // Version 1 counts the two together.
    memory.swap.usage = swap &+ usage
    let limit = try files.number("memory.swap.max")
    let (sum, overflow) = limit.addingReportingOverflow(memory.usage.limit)
    memory.swap.limit = limit == .max || overflow ? .max : sum
    memory.swap.failureCount = number(for: "max", in: try files.bytes("memory.swap.events") ?? []) ?? 0
  }

  private func readPids(_ pids: inout CgroupStatistics.Pids) throws(CgroupError) {
    if let current = try files.numberIfPresent("pids.current") {
      pids.current = current
      let limit = try files.number("pids.max")
      pids.limit = limit == .max ? 0 : limit
    } else {
      // Without the controller the processes can be counted.
      pids.current = UInt64(lines(try files.bytes("cgroup.procs") ?? []).count)
    }
  }

  /// `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6`.
  private func readBlockIO(_ io: inout CgroupStatistics.BlockIO) throws(CgroupError) {
    let file = "io.stat"
    for line in lines(try files.bytes(file) ?? []) {
      let parts = words(line)
      let device = parts.first?.split(separator: UInt8(ascii: ":")) ?? []
      // Devices without a number in the kernel's words are "(unknown)".
      guard device.count == 2 else { continue }
      let (major, minor) = (try files.parse(device[0], file), try files.parse(device[1], file))
      for part in parts.dropFirst() {
        let pair = part.split(separator: UInt8(ascii: "="))
        guard pair.count == 2 else { continue }
        try add(String(decoding: pair[0], as: UTF8.self), pair[1], (major, minor), to: &io)
      }
    }
  }

  private func add(
    _ key: String, _ text: ArraySlice<UInt8>, _ device: (major: UInt64, minor: UInt64),
    to io: inout CgroupStatistics.BlockIO
  ) throws(CgroupError) {
    func entry(_ operation: String = "") throws(CgroupError) -> CgroupStatistics.BlockIOEntry {
      CgroupStatistics.BlockIOEntry(
        major: device.major, minor: device.minor, operation: operation,
        value: try files.parse(text, "io.stat"))
    }
    switch key {
    case "rbytes": io.serviceBytes.append(try entry("Read"))
    case "wbytes": io.serviceBytes.append(try entry("Write"))
    case "dbytes": io.serviceBytes.append(try entry("Discard"))
    case "rios": io.serviced.append(try entry("Read"))
    case "wios": io.serviced.append(try entry("Write"))
    case "dios": io.serviced.append(try entry("Discard"))
    case "cost.usage": io.costUsage.append(try entry())
    case "cost.wait": io.costWait.append(try entry())
    case "cost.indebt": io.costIndebt.append(try entry())
    case "cost.indelay": io.costIndelay.append(try entry())
    // Later kernels add keys, some of them with fractions (`cost.vrate`).
    default: return
    }
  }

  private func readHugepages(_ result: inout [CgroupStatistics.Hugepages]) throws(CgroupError) {
    for size in try files.hugepageSizes(suffix: "current") {
      var pages = CgroupStatistics.Hugepages(pageSize: size)
      let reserved = try files.numberIfPresent("hugetlb.\(size).rsvd.current")
      pages.usage = try files.number("hugetlb.\(size)" + (reserved == nil ? "" : ".rsvd") + ".current")
      pages.failureCount = number(for: "max", in: try files.bytes("hugetlb.\(size).events") ?? []) ?? 0
      result.append(pages)
    }
  }
}
