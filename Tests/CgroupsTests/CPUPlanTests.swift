// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Cgroups

@Suite struct CPUPlanTests {
  private let everything = Resources.cpu {
    $0.shares = 512
    $0.quota = 20000
    $0.period = 50000
    $0.burst = 1000
    $0.idle = 1
    $0.realtimePeriod = 1_000_000
    $0.realtimeRuntime = 950_000
    $0.cpus = "0-1"
    $0.mems = "0"
  }

  @Test(arguments: [Hosts.v1, Hosts.comounted]) func everyFieldOfVersion1(host: CgroupHost) throws {
    var resources = everything
    if host.index(of: .cpuset) == nil {
      resources.cpu?.cpus = nil
      resources.cpu?.mems = nil
    }
    let tree = host.index(of: .cpu).map { host.hierarchies[$0].name } ?? ""
    #expect(
      try writes(host, resources).filter { $0.hasPrefix(tree + " ") } == [
        "\(tree) cpu.rt_period_us=1000000 <cpu/realtimePeriod> ordered",
        "\(tree) cpu.rt_runtime_us=950000 <cpu/realtimeRuntime> ordered",
        "\(tree) cpu.shares=512 <cpu/shares> ordered", "\(tree) cpu.cfs_period_us=50000 <cpu/period> ordered",
        "\(tree) cpu.cfs_quota_us=20000 <cpu/quota> ordered",
        "\(tree) cpu.cfs_burst_us=1000 <cpu/burst> ordered", "\(tree) cpu.idle=1 <cpu/idle> ordered",
      ])
  }

  @Test func everyFieldOfVersion2() throws {
    var resources = everything
    resources.cpu?.realtimePeriod = nil
    resources.cpu?.realtimeRuntime = nil
    #expect(
      try writes(Hosts.v2, resources) == [
        "unified cpuset.cpus=0-1 <cpu/cpus>", "unified cpuset.mems=0 <cpu/mems>",
        "unified cpu.weight=59 <cpu/shares> ordered", "unified cpu.max=20000 50000 <cpu/quota> ordered",
        "unified cpu.max.burst=1000 <cpu/burst> ordered", "unified cpu.idle=1 <cpu/idle> ordered",
      ])
  }

  @Test(arguments: [
    (Int64(-1), UInt64(0), ["cpu.max=max <cpu/quota>"], ["cpu.cfs_quota_us=-1 <cpu/quota>"]),
    (
      -7, 20000, ["cpu.max=max 20000 <cpu/quota>"],
      ["cpu.cfs_period_us=20000 <cpu/period>", "cpu.cfs_quota_us=-1 <cpu/quota>"]
    ),
    (5000, 0, ["cpu.max=5000 <cpu/quota>"], ["cpu.cfs_quota_us=5000 <cpu/quota>"]),
    (0, 20000, ["cpu.max=max 20000 <cpu/period>"], ["cpu.cfs_period_us=20000 <cpu/period>"]),
    (0, 0, [], []),
  ])
  func quotaAndPeriod(quota: Int64, period: UInt64, v2: [String], v1: [String]) throws {
    let resources = Resources.cpu {
      $0.quota = quota
      $0.period = period
    }
    #expect(try writes(Hosts.v2, resources) == v2.map { "unified \($0) ordered" })
    #expect(try writes(Hosts.v1, resources) == v1.map { "cpu \($0) ordered" })
  }

  @Test func anUpdateOfThePeriodKeepsTheLiveQuota() throws {
    var planner = ResourcePlanner(host: Hosts.v2, purpose: .update(LiveLimits(cpuQuota: 7000)))
    try planner.add(.cpu { $0.period = 20000 }, options: CgroupOptions())
    var directory = CgroupDirectory(hierarchy: Hosts.v2.hierarchies[0], path: "/c")
    planner.move(0, to: &directory)
    var expected = FileWrite("cpu.max", "7000 20000", field: "/linux/resources/cpu/period")
    expected.isOrdered = true
    #expect(directory.actions == [.write(expected)])
  }

  @Test func zeroIsUnsetButForIdleAndBurst() throws {
    let resources = Resources.cpu {
      $0.shares = 0
      $0.realtimePeriod = 0
      $0.realtimeRuntime = 0
      $0.cpus = ""
      $0.burst = 0
      $0.idle = 0
    }
    #expect(
      try writes(Hosts.v1, resources) == [
        "cpu cpu.cfs_burst_us=0 <cpu/burst> optional ordered", "cpu cpu.idle=0 <cpu/idle> optional ordered",
      ])
    #expect(
      try writes(Hosts.v2, resources) == [
        "unified cpu.max.burst=0 <cpu/burst> optional ordered",
        "unified cpu.idle=0 <cpu/idle> optional ordered",
      ])
  }

  @Test func sharesOutsideTheKernelsRangeAreRefusedOnVersion1() {
    #expect(
      refusal(Hosts.v1, .cpu { $0.shares = 1 })?.description
        == "/linux/resources/cpu/shares: the minimum allowed cpu-shares is 2, not 1")
    #expect(
      refusal(Hosts.v1, .cpu { $0.shares = 262_145 })?.description
        == "/linux/resources/cpu/shares: the maximum allowed cpu-shares is 262144, not 262145")
  }

  @Test(arguments: [
    (UInt64(0), UInt64(0)), (1, 1), (2, 1), (3, 2), (4, 2), (10, 4), (100, 17), (512, 59), (1023, 100),
    (1024, 100),
    (1025, 101), (2048, 174), (10000, 627), (100_000, 4340), (262_143, 10000), (262_144, 10000),
    (.max, 10000),
  ])
  func sharesBecomeWeights(shares: UInt64, weight: UInt64) {
    #expect(cpuWeight(shares: shares) == weight)
  }

  @Test func weightsNeverFallWithShares() {
    var last: UInt64 = 0
    for shares in UInt64(1)...5000 {
      let weight = cpuWeight(shares: shares * 53)
      #expect(weight >= last && weight >= 1 && weight <= 10000)
      last = weight
    }
  }

  @Test(arguments: [Hosts.v1, Hosts.v2]) func idleIsZeroOrOne(host: CgroupHost) {
    #expect(refusal(host, .cpu { $0.idle = 2 })?.field == "/linux/resources/cpu/idle")
  }

  @Test(arguments: ["0\n1", "0;1", "all", "０"]) func listsOfProcessorsArePlain(list: String) {
    #expect(refusal(Hosts.v2, .cpu { $0.cpus = list })?.field == "/linux/resources/cpu/cpus")
    #expect(refusal(Hosts.v1, .cpu { $0.mems = list })?.field == "/linux/resources/cpu/mems")
  }

  @Test(arguments: ["realtimePeriod", "realtimeRuntime"]) func version2HasNoRealTimeBudget(field: String) {
    let error = refusal(
      Hosts.v2,
      .cpu {
        if field == "realtimePeriod" { $0.realtimePeriod = 5 } else { $0.realtimeRuntime = 5 }
      })
    #expect(error?.reason == .unsupported)
    #expect(error?.field == "/linux/resources/cpu/" + field)
  }

  @Test func aCpusetOfVersion1StartsAsItsParents() throws {
    let bare = try CgroupPlan(resources: nil, cgroupsPath: "/c", id: "c", host: Hosts.v1)
    #expect(render(bare) == ["cpuset cpuset.cpus inherited", "cpuset cpuset.mems inherited"])
    let half = try CgroupPlan(resources: .cpu { $0.cpus = "3" }, cgroupsPath: "/c", id: "c", host: Hosts.v1)
    #expect(render(half) == ["cpuset cpuset.cpus=3 <cpu/cpus>", "cpuset cpuset.mems inherited"])
    let v2 = try CgroupPlan(resources: nil, cgroupsPath: "/c", id: "c", host: Hosts.v2)
    #expect(render(v2).isEmpty)
  }
}
