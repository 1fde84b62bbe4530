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
    if let events = try files.bytes("memory.events") {
      memory.usage.failureCount = number(for: "max", in: events) ?? 0
      memory.oomKills = number(for: "oom_kill", in: events) ?? 0
    }
    guard let swap = try files.numberIfPresent("memory.swap.current") else { return }
    // Version 1 counts the two together.
    memory.swap.usage = swap &+ usage
    let limit = try files.number("memory.swap.max")
    let (sum, overflow) = limit.addingReportingOverflow(memory.usage.limit)
    memory.swap.limit = limit == .max || overflow ? .max : sum
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
        guard pair.count == 2,
          let name = StatisticsV2.operations.first(where: { pair[0].elementsEqual($0.key.utf8) })
        else { continue }
        let entry = CgroupStatistics.BlockIOEntry(
          major: major, minor: minor, operation: name.operation, value: try files.parse(pair[1], file))
        if name.isBytes { io.serviceBytes.append(entry) } else { io.serviced.append(entry) }
      }
    }
  }

  private static let operations: [(key: String, operation: String, isBytes: Bool)] = [
    ("rbytes", "Read", true), ("wbytes", "Write", true), ("dbytes", "Discard", true), ("rios", "Read", false),
    ("wios", "Write", false), ("dios", "Discard", false),
  ]

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
