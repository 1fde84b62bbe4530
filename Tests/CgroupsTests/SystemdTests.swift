// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import DBus
import OCI
import Testing

@testable import Cgroups

/// What systemd is told, for each field that it has a property for.
@Suite struct SystemdTests {
  private func properties(_ isV2: Bool, _ resources: Resources, _ live: LiveLimits? = nil) throws -> [String]
  {
    let purpose = live.map { ResourcePlanner.Purpose.update($0) } ?? .creation
    return try PropertyConversion(isV2: isV2, purpose).properties(resources).map(\.description)
  }

  private func scope(
    _ path: String? = nil, _ host: CgroupHost = Hosts.v2, _ resources: Resources? = nil,
    _ change: (inout SystemdOptions) -> Void = { _ in }
  ) throws -> CgroupPlan {
    var systemd = SystemdOptions(.system)
    change(&systemd)
    var options = CgroupOptions()
    options.systemd = systemd
    return try CgroupPlan(resources: resources, cgroupsPath: path, id: "web", host: host, options: options)
  }

  // MARK: Names

  @Test(arguments: [
    (String?.none, "system.slice", "roost-web.scope", "/system.slice/roost-web.scope"),
    ("", "system.slice", "roost-web.scope", "/system.slice/roost-web.scope"),
    ("machine.slice:libpod:abc", "machine.slice", "libpod-abc.scope", "/machine.slice/libpod-abc.scope"),
    (":cri:abc", "system.slice", "cri-abc.scope", "/system.slice/cri-abc.scope"),
    ("a-b-c.slice:p:n", "a-b-c.slice", "p-n.scope", "/a.slice/a-b.slice/a-b-c.slice/p-n.scope"),
    ("-.slice:p:n", "-.slice", "p-n.scope", "/p-n.scope"),
    ("x.slice::n", "x.slice", "n.scope", "/x.slice/n.scope"),
    ("x.slice::n.scope", "x.slice", "n.scope", "/x.slice/n.scope"),
  ])
  func aPathNamesSliceAndScope(path: String?, slice: String, unit: String, full: String) throws {
    let plan = try scope(path)
    #expect(plan.scope?.slice == slice && plan.scope?.unit == unit)
    #expect(plan.directories.map(\.path) == [full])
  }

  @Test func ordinaryUsersHaveAnotherSlice() throws {
    let name = try ScopeName(nil, id: "web", manager: .user)
    #expect(name.slice == "user.slice")
  }

  @Test(arguments: [
    "/absolute", "web", "a:b", "a.slice:b:c:d", "a.slice:b:", "a:b:c", ".slice:b:c", "a--b.slice:p:n",
    "-a.slice:p:n", "a-.slice:p:n", "a/b.slice:p:n", "a.slice:p:x.slice", "a.slice:p:x/y", "a.slice:p:x y",
  ])
  func whatIsNoPathForSystemd(path: String) {
    do {
      _ = try scope(path)
      Issue.record("accepted")
    } catch {
      #expect((error as? CgroupError)?.field == "/linux/cgroupsPath")
      #expect((error as? CgroupError)?.reason == .invalidPath)
    }
  }

  @Test func aScopeIsHandedOver() throws {
    #expect(
      try scope().scope?.properties.map(\.description) == [
        "Description='roost-runtime container web'", "Slice='system.slice'", "Delegate=true",
        "DefaultDependencies=false", "MemoryAccounting=true", "CPUAccounting=true", "TasksAccounting=true",
        "IOAccounting=true", "CollectMode='inactive-or-failed' optional",
      ])
    let hybrid = try scope(nil, Hosts.hybrid).scope?.properties.map(\.description) ?? []
    #expect(hybrid.contains("BlockIOAccounting=true") && !hybrid.contains("IOAccounting=true"))
  }

  // MARK: Resources

  @Test func memory() throws {
    let memory = Resources.memory {
      $0.limit = 64 << 20
      $0.reservation = 32 << 20
      $0.swap = 96 << 20
    }
    #expect(
      try properties(true, memory) == [
        "MemoryMax=uint64 67108864", "MemoryLow=uint64 33554432", "MemorySwapMax=uint64 33554432",
      ])
    #expect(try properties(false, memory) == ["MemoryLimit=uint64 67108864"])
    let unlimited = Resources.memory { $0.limit = -1 }
    #expect(
      try properties(true, unlimited) == [
        "MemoryMax=uint64 18446744073709551615", "MemorySwapMax=uint64 18446744073709551615",
      ])
    // Of a live container what is not given counts as it is.
    var live = LiveLimits()
    live.memory = 1000
    #expect(try properties(true, .memory { $0.swap = 1500 }, live) == ["MemorySwapMax=uint64 500"])
    #expect(throws: CgroupError.self) { try properties(true, .memory { $0.swap = 500 }, live) }
  }

  @Test func processors() throws {
    let cpu = Resources.cpu {
      $0.shares = 512
      $0.quota = 12_345
      $0.period = 50_000
      $0.cpus = "0-2,9"
      $0.mems = "1"
    }
    #expect(
      try properties(true, cpu) == [
        "CPUWeight=uint64 59", "CPUQuotaPeriodUSec=uint64 50000 optional",
        // 246900 µs, rounded up to whole per cents.
        "CPUQuotaPerSecUSec=uint64 250000", "AllowedCPUs=[byte 0x07, byte 0x02] optional",
        "AllowedMemoryNodes=[byte 0x02] optional",
      ])
    #expect(
      try properties(false, cpu) == [
        "CPUShares=uint64 512", "CPUQuotaPeriodUSec=uint64 50000 optional",
        "CPUQuotaPerSecUSec=uint64 250000",
      ])
    #expect(
      try properties(true, .cpu { $0.quota = -1 }) == ["CPUQuotaPerSecUSec=uint64 18446744073709551615"])
    #expect(try properties(true, .cpu { $0.quota = 30_000 }) == ["CPUQuotaPerSecUSec=uint64 300000"])
    #expect(
      try properties(true, .cpu { $0.quota = .max }) == ["CPUQuotaPerSecUSec=uint64 18446744073709551615"])
    #expect(try properties(true, .cpu { $0.idle = 1 }) == ["CPUWeight=uint64 0 optional"])
    #expect(try properties(true, .cpu { $0.burst = 5 }).isEmpty)
  }

  @Test(arguments: [
    ("0", [UInt8(1)]), ("7", [0x80]), ("8", [0, 1]), ("0-3, 5", [0x2F]), ("0-15", [0xFF, 0xFF]), ("", []),
  ])
  func listsAreMasks(list: String, mask: [UInt8]) { #expect(PropertyConversion.mask(list) == mask) }

  /// What an update leaves out counts as it is.
  @Test(arguments: [
    (Int64(0), UInt64(200_000), "250000", "200000"), (60_000, 0, "600000", "100000"),
    (-1, 0, "18446744073709551615", "100000"), (30_000, 50_000, "600000", "50000"),
  ])
  func halfAnUpdateOfTheQuota(quota: Int64, period: UInt64, share: String, ofPeriod: String) throws {
    let resources = Resources.cpu {
      $0.quota = quota
      $0.period = period
    }
    let live = LiveLimits(cpuQuota: 50_000, cpuPeriod: 100_000)
    let expected = [
      "CPUQuotaPeriodUSec=uint64 \(ofPeriod) optional", "CPUQuotaPerSecUSec=uint64 \(share)",
    ]
    for isV2 in [true, false] { #expect(try properties(isV2, resources, live) == expected) }
    if period == 0 {
      let text = quota < 0 ? "max" : String(quota)
      #expect(try properties(true, .with { $0.unified = [KeyValue("cpu.max", text)] }, live) == expected)
    }
  }

  @Test func whatIsIdleHasNoWeight() throws {
    for keys in [["cpu.idle", "cpu.weight"], ["cpu.weight", "cpu.idle"]] {
      let unified = keys.map { KeyValue($0, $0 == "cpu.idle" ? "1" : "8") }
      #expect(try properties(true, .with { $0.unified = unified }) == ["CPUWeight=uint64 0 optional"])
    }
  }

  @Test(arguments: ["a", "3-1", "1-2-3", "0-7:1/2", "70000", "-"])
  func whatIsNoMask(list: String) { #expect(PropertyConversion.mask(list) == nil) }

  @Test(arguments: [(Int64(-1), "18446744073709551615"), (0, "1"), (1, "1"), (64, "64")])
  func tasks(limit: Int64, value: String) throws {
    let resources = Resources.with { $0.pids = PidsResources(limit: limit) }
    #expect(try properties(true, resources) == ["TasksMax=uint64 \(value)"])
    #expect(try properties(false, resources) == ["TasksMax=uint64 \(value)"])
  }

  /// systemd takes no limit of 0, and what is written beside must not contradict it.
  @Test func noTaskAtAllIsOneForSystemd() throws {
    let plan = try scope(nil, Hosts.v2, .with { $0.pids = PidsResources(limit: 0) })
    #expect(render(plan) == ["unified pids.max=1 <pids/limit>"])
  }

  @Test func blockDevices() throws {
    let io = Resources.blockIO {
      $0.weight = 500
      $0.weightDevice = [WeightDevice(major: 8, minor: 0, weight: 10)]
      $0.throttleReadBpsDevice = [ThrottleDevice(major: 8, minor: 0, rate: 1000)]
      $0.throttleWriteBpsDevice = [ThrottleDevice(major: 8, minor: 16, rate: 0)]
      $0.throttleReadIOPSDevice = [ThrottleDevice(major: 8, minor: 0, rate: 5)]
      $0.throttleWriteIOPSDevice = [ThrottleDevice(major: 8, minor: 0, rate: 6)]
    }
    #expect(
      try properties(true, io) == [
        "IOWeight=uint64 4950", "IODeviceWeight=[('/dev/block/8:0', uint64 1)]",
        "IOReadBandwidthMax=[('/dev/block/8:0', uint64 1000)]",
        "IOWriteBandwidthMax=[('/dev/block/8:16', uint64 18446744073709551615)]",
        "IOReadIOPSMax=[('/dev/block/8:0', uint64 5)]", "IOWriteIOPSMax=[('/dev/block/8:0', uint64 6)]",
      ])
    #expect(
      try properties(false, io) == [
        "BlockIOWeight=uint64 500", "BlockIODeviceWeight=[('/dev/block/8:0', uint64 10)]",
        "BlockIOReadBandwidth=[('/dev/block/8:0', uint64 1000)]",
        "BlockIOWriteBandwidth=[('/dev/block/8:16', uint64 18446744073709551615)]",
      ])
  }

  @Test(arguments: [
    ("cpu.weight", "200", ["CPUWeight=uint64 200"]), ("cpu.idle", "1", ["CPUWeight=uint64 0 optional"]),
    ("cpu.idle", "0", []),
    (
      "cpu.max", "max 50000",
      ["CPUQuotaPeriodUSec=uint64 50000 optional", "CPUQuotaPerSecUSec=uint64 18446744073709551615"]
    ),
    ("cpu.max", "20000", ["CPUQuotaPeriodUSec=uint64 100000 optional", "CPUQuotaPerSecUSec=uint64 200000"]),
    ("cpu.max", "x", []), ("cpuset.cpus", "0-1", ["AllowedCPUs=[byte 0x03] optional"]),
    ("cpuset.mems", "0", ["AllowedMemoryNodes=[byte 0x01] optional"]),
    ("memory.max", "max", ["MemoryMax=uint64 18446744073709551615"]),
    ("memory.high", "5", ["MemoryHigh=uint64 5"]),
    ("memory.low", "6", ["MemoryLow=uint64 6"]), ("memory.min", "7", ["MemoryMin=uint64 7"]),
    ("memory.swap.max", "0", ["MemorySwapMax=uint64 0"]),
    ("memory.zswap.max", "1", ["MemoryZSwapMax=uint64 1 optional"]),
    ("io.weight", "default 42", ["IOWeight=uint64 42"]),
    ("io.weight", "42", ["IOWeight=uint64 42"]), ("pids.max", "0", ["TasksMax=uint64 1"]),
    ("pids.max", "max", ["TasksMax=uint64 18446744073709551615"]), ("memory.oom.group", "1", []),
    ("misc.max", "x 1", []),
  ])
  func unified(key: String, value: String, expected: [String]) throws {
    let resources = Resources.with { $0.unified = [KeyValue(key, value)] }
    #expect(try properties(true, resources) == expected)
    #expect(try properties(false, resources).isEmpty)
  }

  @Test func aFileOverrulesAField() throws {
    var resources = Resources.memory { $0.limit = 10 }
    resources.unified = [KeyValue("memory.max", "20")]
    #expect(try properties(true, resources) == ["MemoryMax=uint64 20"])
  }

  // MARK: Devices

  private static let groups = [
    DeviceGroup(isBlock: false, major: 136, name: "pts"), DeviceGroup(isBlock: true, major: 8, name: "sd"),
  ]

  private func devices(_ rules: [DeviceRule]) throws -> [String] {
    try DeviceRuleList(rules).unitProperties(groups: Self.groups).map(\.description)
  }

  private let denyAll = DeviceRule(allow: false)

  @Test func allowedDevicesAreAList() throws {
    #expect(
      try devices([
        denyAll, DeviceRule(allow: true, type: .character, major: 1, minor: 3, access: .all),
        DeviceRule(allow: true, type: .character, major: 136, access: [.read, .write]),
        DeviceRule(allow: true, type: .block, access: .mknod),
        DeviceRule(allow: true, type: .all, major: 8, minor: 1, access: .read),
      ]) == [
        "DevicePolicy='strict'",
        "DeviceAllow=[('/dev/char/1:3', 'rwm'), ('char-pts', 'rw'), ('block-*', 'm'), ('/dev/char/8:1', 'r'), "
          + "('/dev/block/8:1', 'r')]",
      ])
    #expect(try devices([denyAll]) == ["DevicePolicy='strict'", "DeviceAllow=@a(ss) []"])
  }

  @Test func whatSystemdCannotSayIsLeftToOurOwnProgram() throws {
    let auto = ["DevicePolicy='auto'"]
    let null = DeviceRule(allow: true, type: .character, major: 1, minor: 3)
    // Everything but some; an exception; a driver that this kernel lacks; one minor number of all drivers.
    #expect(try devices([DeviceRule(allow: true)]) == auto)
    #expect(
      try devices([denyAll, null, DeviceRule(allow: false, type: .character, major: 1, access: .read)])
        == auto)
    #expect(try devices([denyAll, DeviceRule(allow: true, type: .character, major: 240)]) == auto)
    #expect(try devices([denyAll, DeviceRule(allow: true, type: .character, minor: 1)]) == auto)
    // To forbid what nothing has allowed changes nothing.
    let other = DeviceRule(allow: false, type: .block, major: 8, minor: 0)
    #expect(try devices([denyAll, other, null])[0] == "DevicePolicy='strict'")
  }

  @Test func theKernelsListOfDrivers() {
    let text = "Character devices:\n  1 mem\n136 pts\n\nBlock devices:\n  8 sd\n259 blkext\nx y\n"
    #expect(
      DeviceGroup.parse(Array(text.utf8)) == [
        DeviceGroup(isBlock: false, major: 1, name: "mem"),
        DeviceGroup(isBlock: false, major: 136, name: "pts"),
        DeviceGroup(isBlock: true, major: 8, name: "sd"),
        DeviceGroup(isBlock: true, major: 259, name: "blkext"),
      ])
  }

  // MARK: Annotations

  private func annotated(_ name: String, _ value: String) throws -> UnitProperty? {
    try scope(nil, Hosts.v2) { $0.annotations = [KeyValue("org.systemd.property.\(name)", value)] }
      .scope?.properties.last
  }

  @Test(arguments: [
    ("CollectMode", "'inactive'", "CollectMode='inactive'"),
    ("TimeoutStopSec", "5", "TimeoutStopUSec=uint64 5000000"),
    ("TimeoutStopSec", "uint64 7", "TimeoutStopUSec=uint64 7000000"),
    ("TimeoutStopSec", "1.5", "TimeoutStopUSec=uint64 1500000"),
    ("TimeoutStopUSec", "uint64 7", "TimeoutStopUSec=uint64 7"),
    ("After", "['a.service', 'b.service']", "After=['a.service', 'b.service']"),
    ("SendSIGHUP", "true", "SendSIGHUP=true"), ("Description", "'mine'", "Description='mine'"),
  ])
  func annotationsBecomeProperties(name: String, value: String, expected: String) throws {
    #expect(try annotated(name, value)?.description == expected)
  }

  @Test func anAnnotationTakesThePlaceOfADefault() throws {
    let plan = try scope(nil, Hosts.v2) {
      $0.annotations = [KeyValue("org.systemd.property.Description", "'mine'"), KeyValue("other", "x")]
    }
    #expect(plan.scope?.properties.filter { $0.name == "Description" }.count == 1)
    #expect(plan.scope?.record.description == "mine")
  }

  @Test(arguments: [
    ("", "true"), ("Ab", "true"), ("A1B", "true"), ("Foo", "bar"), ("Foo", ""), ("TimeoutStopSec", "'x'"),
    ("TimeoutStopSec", "-1"), ("TimeoutStopSec", "uint64 18446744073709551615"), ("Foo", "[]"),
  ])
  func badAnnotationsAreNamed(name: String, value: String) {
    do {
      _ = try annotated(name, value)
      Issue.record("accepted")
    } catch {
      #expect((error as? CgroupError)?.field == "/annotations/org.systemd.property.\(name)")
    }
  }
}
