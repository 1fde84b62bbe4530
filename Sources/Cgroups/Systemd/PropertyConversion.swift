// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import DBus
internal import OCI

/// Turns `linux.resources` into the properties of a unit.
///
/// What has no property here is written to the scope's files alone, as are all values once more: a property has less
/// precision than its file. What does have one must be told, or systemd would set it back when it next looks.
struct PropertyConversion {
  /// Version 1, also in a hybrid layout, has properties of its own.
  let isV2: Bool
  /// Of an update what it may leave as it is: some properties take several values together.
  private let live: LiveLimits?
  private var result: [UnitProperty] = []

  init(isV2: Bool, _ purpose: ResourcePlanner.Purpose) {
    self.isV2 = isV2
    if case .update(let limits) = purpose { live = limits } else { live = nil }
  }

  /// - Throws: for what contradicts itself; values are checked where files are planned.
  func properties(_ resources: Resources) throws(CgroupError) -> [UnitProperty] {
    var conversion = self
    if let memory = resources.memory { try conversion.addMemory(memory) }
    if let cpu = resources.cpu { conversion.addCPU(cpu) }
    if let limit = resources.pids?.limit { conversion.set("TasksMax", conversion.tasks(limit)) }
    if let io = resources.blockIO { conversion.addBlockIO(io) }
    if isV2 {
      for entry in resources.unified { conversion.addUnified(entry.key, entry.value) }
      // The kernel keeps both, and what is idle has no weight.
      for entry in resources.unified where entry.key == "cpu.idle" { conversion.addIdle(entry.value) }
    }
    return conversion.result
  }

  /// A later value for a property takes the place of an earlier one.
  private mutating func set(_ name: String, _ value: DBusValue, isOptional: Bool = false) {
    result.removeAll { $0.name == name }
    result.append(UnitProperty(name, value, isOptional: isOptional))
  }

  /// No limit is the largest number.
  private func limit(_ value: Int64) -> DBusValue { .uint64(value < 0 ? .max : UInt64(value)) }

  /// systemd takes no limit of 0, and nothing can be started with it; 1 is the strictest that can.
  private func tasks(_ limit: Int64) -> DBusValue { self.limit(limit == 0 ? 1 : limit) }

  private mutating func addMemory(_ memory: MemoryResources) throws(CgroupError) {
    let limit = memory.limit ?? 0
    if limit != 0 { set(isV2 ? "MemoryMax" : "MemoryLimit", self.limit(limit)) }
    guard isV2 else { return }
    if let reservation = memory.reservation, reservation != 0 { set("MemoryLow", self.limit(reservation)) }
    switch try SwapLimit(memory: limit == 0 ? live?.memory ?? 0 : limit, memorySwap: memory.swap ?? 0) {
    case .unset: break
    case .max: set("MemorySwapMax", .uint64(.max))
    case .bytes(let bytes): set("MemorySwapMax", self.limit(bytes))
    }
  }

  // MARK: Processors

  private mutating func addCPU(_ cpu: CPUResources) {
    if let shares = cpu.shares, shares != 0 {
      set(isV2 ? "CPUWeight" : "CPUShares", .uint64(isV2 ? cpuWeight(shares: shares) : shares))
    }
    if isV2, let idle = cpu.idle { addIdle(String(idle)) }
    if cpu.givenQuota != nil || cpu.givenPeriod != nil { addQuota(cpu.givenQuota, period: cpu.givenPeriod) }
    guard isV2 else { return }
    if let cpus = cpu.cpus { addList("AllowedCPUs", cpus) }
    if let mems = cpu.mems { addList("AllowedMemoryNodes", mems) }
  }

  /// Both properties each time: systemd keeps a share of a second, which stands for another quota with every period.
  private mutating func addQuota(_ newQuota: Int64?, period newPeriod: UInt64?) {
    let period = newPeriod ?? live?.cpuPeriod
    // systemd 242 and later; earlier ones have 100 ms.
    if let period { set("CPUQuotaPeriodUSec", .uint64(period), isOptional: true) }
    guard let quota = newQuota ?? live?.cpuQuota else { return }
    var perSecond = UInt64.max
    if quota > 0 {
      let (product, overflow) = UInt64(quota).multipliedReportingOverflow(by: 1_000_000)
      perSecond = overflow ? .max : product / max(period ?? 100_000, 1)
      // systemd counts in per cent of a processor: rounded up, or a cgroup below could not get what it is promised.
      if perSecond != .max { perSecond = (perSecond + 9999) / 10_000 * 10_000 }
    }
    set("CPUQuotaPerSecUSec", .uint64(perSecond))
  }

  /// A list like `0-3,7` as a bit mask, lowest byte first (systemd 244 and later).
  private mutating func addList(_ name: String, _ list: String) {
    guard let mask = PropertyConversion.mask(list), !mask.isEmpty else { return }
    set(name, .bytes(mask), isOptional: true)
  }

  /// - Returns: nil for a list that is none, or that has strides.
  static func mask(_ list: String) -> [UInt8]? {
    var mask: [UInt8] = []
    for part in list.utf8.split(separator: UInt8(ascii: ",")) {
      let ends = part.filter { $0 != UInt8(ascii: " ") }.split(separator: UInt8(ascii: "-"))
      guard ends.count == 1 || ends.count == 2, let low = parseNumber(ends[0]),
        let high = parseNumber(ends[ends.count - 1]), low <= high, high < 65536
      else { return nil }
      for number in Int(low)...Int(high) {
        while mask.count <= number / 8 { mask.append(0) }
        mask[number / 8] |= 1 << UInt8(number % 8)
      }
    }
    return mask
  }

  // MARK: Block devices

  private mutating func addBlockIO(_ io: BlockIOResources) {
    func converted(_ weight: UInt16) -> UInt64 { isV2 ? ioWeight(blkioWeight: weight) : UInt64(weight) }
    func node(_ major: UInt32, _ minor: UInt32) -> DBusValue { .string("/dev/block/\(major):\(minor)") }
    if let weight = io.weight, weight != 0 {
      set(isV2 ? "IOWeight" : "BlockIOWeight", .uint64(converted(weight)))
    }
    var weights: [DBusValue] = []
    for device in io.weightDevice {
      guard let weight = device.weight, weight != 0 else { continue }
      weights.append(.structure([node(device.major, device.minor), .uint64(converted(weight))]))
    }
    if !weights.isEmpty { set(isV2 ? "IODeviceWeight" : "BlockIODeviceWeight", .array(of: "(st)", weights)) }
    var rates: [(name: String, devices: [ThrottleDevice])] = [
      (isV2 ? "IOReadBandwidthMax" : "BlockIOReadBandwidth", io.throttleReadBpsDevice),
      (isV2 ? "IOWriteBandwidthMax" : "BlockIOWriteBandwidth", io.throttleWriteBpsDevice),
    ]
    if isV2 {
      rates.append(("IOReadIOPSMax", io.throttleReadIOPSDevice))
      rates.append(("IOWriteIOPSMax", io.throttleWriteIOPSDevice))
    }
    for (name, devices) in rates where !devices.isEmpty {
      set(
        name,
        .array(
          of: "(st)",
          devices.map {
            .structure([node($0.major, $0.minor), .uint64($0.rate == 0 ? .max : $0.rate)])
          }))
    }
  }

  /// Since systemd 252; the file is written in any case.
  private mutating func addIdle(_ value: String) {
    let line = value.utf8.prefix { $0 != UInt8(ascii: "\n") }
    if line.elementsEqual("1".utf8) { set("CPUWeight", .uint64(0), isOptional: true) }
  }

  // MARK: Unified

  /// Those that have a property; what a kernel would refuse is left to the kernel to refuse.
  private mutating func addUnified(_ key: String, _ value: String) {
    let text =
      value.utf8.split(separator: UInt8(ascii: "\n")).first.map { String(decoding: $0, as: UTF8.self) } ?? ""
    switch key {
    case "cpu.weight": addNumber("CPUWeight", text)
    case "cpu.max":
      guard let (quota, period) = parseCPUMax(text.utf8) else { return }
      addQuota(quota, period: period ?? live?.cpuPeriod ?? 100_000)
    case "cpuset.cpus": addList("AllowedCPUs", text)
    case "cpuset.mems": addList("AllowedMemoryNodes", text)
    case "memory.max": addNumber("MemoryMax", text)
    case "memory.high": addNumber("MemoryHigh", text)
    case "memory.low": addNumber("MemoryLow", text)
    case "memory.min": addNumber("MemoryMin", text)
    case "memory.swap.max": addNumber("MemorySwapMax", text)
    case "memory.zswap.max": addNumber("MemoryZSwapMax", text, isOptional: true)
    case "io.weight":
      addNumber("IOWeight", text.hasPrefix("default ") ? String(text.dropFirst(8)) : text)
    case "pids.max":
      guard let limit = parseNumber(text.utf8) else { return }
      set("TasksMax", limit == .max ? .uint64(.max) : .uint64(max(limit, 1)))
    default: return
    }
  }

  private mutating func addNumber(_ name: String, _ text: String, isOptional: Bool = false) {
    if let number = parseNumber(text.utf8) { set(name, .uint64(number), isOptional: isOptional) }
  }
}
