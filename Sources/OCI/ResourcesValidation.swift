// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import JSON

extension Resources {
  /// Checks limits, whether for a new container or for an update.
  ///
  /// - Parameter pointer: Where the resources stand in their document: `/linux/resources` in `config.json`, empty in a
  ///   document of their own.
  public func validate(at pointer: @autoclosure () -> String) throws(SpecError) {
    for (index, rule) in devices.enumerated() {
      try check(!rule.access.isEmpty, "\(pointer())/devices/\(index)/access", "is empty")
    }
    try memory?.validate(at: "\(pointer())/memory")
    try cpu?.validate(at: "\(pointer())/cpu")
    if let limit = pids?.limit {
      try check(limit >= -1, "\(pointer())/pids/limit", "\(limit) is below -1, which means no limit")
    }
    try blockIO?.validate(at: "\(pointer())/blockIO")
    for (index, limit) in hugepageLimits.enumerated() {
      try check(
        limit.hasValidPageSize, "\(pointer())/hugepageLimits/\(index)/pageSize",
        "\(quoted(limit.pageSize)) is not a size like 64KB, 2MB or 1GB")
    }
    for (index, entry) in (network?.priorities ?? []).enumerated() {
      try checkInterfaceName(entry.name, "\(pointer())/network/priorities/\(index)/name")
    }
    for limit in rdma {
      try limit.validate(at: JSONPointer.appending(limit.device, to: "\(pointer())/rdma"))
    }
    for pair in unified {
      try Self.validate(unified: pair, JSONPointer.appending(pair.key, to: "\(pointer())/unified"))
    }
  }

  /// A key names a file of the container's own cgroup. Its value may have several lines, one per device for `io.max`.
  private static func validate(unified pair: KeyValue, _ pointer: @autoclosure () -> String) throws(SpecError)
  {
    let bytes = pair.key.utf8
    let isFileName =
      bytes.contains(UInt8(ascii: ".")) && bytes.first != UInt8(ascii: ".")
      && bytes.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
    try check(
      isFileName, pointer(), "\(quoted(pair.key)) is not the name of a cgroup file like memory.high")
    try checkPrintable(pair.value, except: [0x09, 0x0A], pointer())
  }
}

extension MemoryResources {
  func validate(at pointer: @autoclosure () -> String) throws(SpecError) {
    let amounts = [
      ("limit", limit), ("reservation", reservation), ("swap", swap), ("kernel", kernel),
      ("kernelTCP", kernelTCP),
    ]
    for (key, amount) in amounts {
      try check(amount ?? 0 >= -1, "\(pointer())/\(key)", "\(amount ?? 0) is below -1, which means no limit")
    }
    if let limit, let swap, limit > 0, swap > 0 {
      try check(
        swap >= limit, "\(pointer())/swap",
        "\(swap) counts memory and swap together and is below the memory limit of \(limit)")
    }
    try check(swappiness ?? 0 <= 100, "\(pointer())/swappiness", "\(swappiness ?? 0) is above 100")
  }
}

extension CPUResources {
  /// The kernel's bounds of a period in microseconds (`kernel/sched/core.c`); 0 leaves the period alone.
  private static let periods: ClosedRange<UInt64> = 1000...1_000_000

  func validate(at pointer: @autoclosure () -> String) throws(SpecError) {
    if let quota {
      try check(
        quota == -1 || quota == 0 || quota >= 1000, "\(pointer())/quota",
        "\(quota) is neither -1 (no limit) nor at least 1000 microseconds")
    }
    if let period, period != 0 {
      try check(
        Self.periods.contains(period), "\(pointer())/period",
        "\(period) is not between \(Self.periods.lowerBound) and \(Self.periods.upperBound) microseconds")
    }
    if let burst, let quota, quota > 0 {
      try check(
        burst <= UInt64(quota), "\(pointer())/burst", "\(burst) is above the quota of \(quota)")
    }
    if let realtimeRuntime {
      try check(
        realtimeRuntime >= -1, "\(pointer())/realtimeRuntime",
        "\(realtimeRuntime) is below -1, which means no limit")
      if let realtimePeriod, realtimePeriod > 0, realtimeRuntime > 0 {
        try check(
          UInt64(realtimeRuntime) <= realtimePeriod, "\(pointer())/realtimeRuntime",
          "\(realtimeRuntime) is above the period of \(realtimePeriod)")
      }
    }
    for (key, list) in [("cpus", cpus), ("mems", mems)] {
      guard let list else { continue }
      try check(
        IndexList.isValidForCpuset(list), "\(pointer())/\(key)", "\(quoted(list)) is not a list like 0-3,7")
    }
    try check(0...1 ~= idle ?? 0, "\(pointer())/idle", "\(idle ?? 0) is neither 0 nor 1")
  }
}

extension BlockIOResources {
  private static let weights: ClosedRange<UInt16> = 10...1000

  func validate(at pointer: @autoclosure () -> String) throws(SpecError) {
    try Self.validate(weight: weight, "\(pointer())/weight")
    try Self.validate(weight: leafWeight, "\(pointer())/leafWeight")
    for (index, device) in weightDevice.enumerated() {
      try check(
        device.weight != nil || device.leafWeight != nil, "\(pointer())/weightDevice/\(index)",
        "has neither weight nor leafWeight")
      try Self.validate(weight: device.weight, "\(pointer())/weightDevice/\(index)/weight")
      try Self.validate(weight: device.leafWeight, "\(pointer())/weightDevice/\(index)/leafWeight")
    }
  }

  private static func validate(weight: UInt16?, _ pointer: @autoclosure () -> String) throws(SpecError) {
    guard let weight, weight != 0 else { return }
    try check(
      weights.contains(weight), pointer(),
      "\(weight) is not between \(weights.lowerBound) and \(weights.upperBound)")
  }
}

extension HugepageLimit {
  var hasValidPageSize: Bool {
    let bytes = Array(pageSize.utf8)
    guard bytes.count >= 3, bytes[bytes.count - 1] == UInt8(ascii: "B") else { return false }
    let unit = bytes[bytes.count - 2]
    guard [UInt8(ascii: "K"), UInt8(ascii: "M"), UInt8(ascii: "G")].contains(unit) else { return false }
    let digits = bytes.dropLast(2)
    return digits.first != UInt8(ascii: "0")
      && digits.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
  }
}

extension RdmaLimit {
  func validate(at pointer: @autoclosure () -> String) throws(SpecError) {
    // The device's name is the first word of a line.
    let isWord =
      !device.isEmpty && device.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "=") }
    try check(isWord, pointer(), "\(quoted(device)) is not the name of a device")
    try check(hcaHandles != nil || hcaObjects != nil, pointer(), "has neither hcaHandles nor hcaObjects")
  }
}
