// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Cgroups

@Suite struct MemoryPlanTests {
  private let everything = Resources.memory {
    $0.limit = 64 << 20
    $0.swap = 96 << 20
    $0.reservation = 32 << 20
    $0.kernel = 16 << 20
    $0.kernelTCP = 8 << 20
    $0.swappiness = 10
    $0.disableOOMKiller = true
    $0.useHierarchy = true
    $0.checkBeforeUpdate = true
  }

  @Test func everyFieldOfVersion1() throws {
    #expect(
      try writes(Hosts.v1, everything) == [
        "memory memory.use_hierarchy=1 <memory/useHierarchy>",
        "memory memory.limit_in_bytes=67108864 <memory/limit> ordered",
        "memory memory.memsw.limit_in_bytes=100663296 <memory/swap> ordered",
        "memory memory.soft_limit_in_bytes=33554432 <memory/reservation>",
        "memory memory.kmem.limit_in_bytes=16777216 <memory/kernel> optional",
        "memory memory.kmem.tcp.limit_in_bytes=8388608 <memory/kernelTCP> optional",
        "memory memory.oom_control=1 <memory/disableOOMKiller>",
        "memory memory.swappiness=10 <memory/swappiness>",
      ])
  }

  @Test func limitsOfVersion2() throws {
    let resources = Resources.memory {
      $0.limit = 64 << 20
      $0.swap = 96 << 20
      $0.reservation = 32 << 20
      $0.kernel = 1
      $0.kernelTCP = 2
      $0.useHierarchy = true
    }
    let plan = try CgroupPlan(resources: resources, cgroupsPath: "/c", id: "c", host: Hosts.v2)
    #expect(
      render(plan) == [
        "unified memory.swap.max=33554432 <memory/swap>", "unified memory.max=67108864 <memory/limit>",
        "unified memory.low=33554432 <memory/reservation>",
      ])
    #expect(plan.directories[0].required == .memory)
    #expect(
      plan.notes.map { $0.field } == ["/linux/resources/memory/kernel", "/linux/resources/memory/kernelTCP"])
    #expect(plan.notes.allSatisfy { $0.message.contains("cgroup v2 counts the kernel's memory") })
  }

  @Test func unlimitedMemoryTakesSwapWithIt() throws {
    let resources = Resources.memory { $0.limit = -1 }
    #expect(
      try writes(Hosts.v1, resources) == [
        "memory memory.limit_in_bytes=-1 <memory/limit> ordered",
        "memory memory.memsw.limit_in_bytes=-1 <memory/limit> optional ordered",
      ])
    #expect(
      try writes(Hosts.v2, resources) == [
        "unified memory.swap.max=max <memory/limit> optional", "unified memory.max=max <memory/limit>",
      ])
  }

  @Test(arguments: [
    (100, 100, "0 <memory/swap> optional"), (100, 150, "50 <memory/swap>"),
    (100, -1, "max <memory/swap> optional"),
    (-1, 70, "70 <memory/swap>"), (-1, -1, "max <memory/swap> optional"),
  ])
  func swapOfVersion2IsWhatIsAboveMemory(limit: Int64, swap: Int64, expected: String) throws {
    let resources = Resources.memory {
      $0.limit = limit
      $0.swap = swap
    }
    #expect(try writes(Hosts.v2, resources).first == "unified memory.swap.max=" + expected)
  }

  @Test(arguments: [Hosts.v1, Hosts.v2]) func zeroLeavesValuesAlone(host: CgroupHost) throws {
    let resources = Resources.memory {
      $0.limit = 0
      $0.swap = 0
      $0.reservation = 0
      $0.kernel = 0
      $0.disableOOMKiller = false
      $0.swappiness = .max
    }
    #expect(try writes(host, resources).isEmpty)
    #expect(try writes(Hosts.bare, resources).isEmpty)
  }

  @Test(arguments: [
    (Resources.memory { $0.limit = -2 }, "limit", "-2 is not a limit"),
    (Resources.memory { $0.swap = .min }, "swap", "is not a limit"),
    (Resources.memory { $0.reservation = -5 }, "reservation", "is not a limit"),
    (Resources.memory { $0.swap = 5 }, "swap", "unable to set swap limit without memory limit"),
    (
      Resources.memory { ($0.limit, $0.swap) = (9, 5) }, "swap", "memory+swap limit should be >= memory limit"
    ),
  ])
  func nonsenseIsRefusedOnBothVersions(resources: Resources, field: String, words: String) {
    for host in [Hosts.v1, Hosts.v2] {
      let error = refusal(host, resources)
      #expect(error?.reason == .invalidValue)
      #expect(error?.field == "/linux/resources/memory/" + field)
      #expect(error?.message.contains(words) == true)
    }
  }

  @Test func swappinessHasARange() {
    let error = refusal(Hosts.v1, .memory { $0.swappiness = 101 })
    #expect(
      error?.description.hasPrefix("/linux/resources/memory/swappiness: invalid memory swappiness value: 101")
        == true)
  }

  @Test(arguments: [
    (Resources.memory { $0.disableOOMKiller = true }, "disableOOMKiller"),
    (Resources.memory { $0.useHierarchy = false }, "useHierarchy"),
    (Resources.memory { $0.swappiness = 0 }, "swappiness"),
  ])
  func whatVersion2LacksIsRefused(resources: Resources, field: String) {
    let error = refusal(Hosts.v2, resources)
    #expect(error?.reason == .unsupported)
    #expect(error?.field == "/linux/resources/memory/" + field)
  }

  @Test func anUpdateTurnsTheOOMKillerOnAgain() throws {
    var planner = ResourcePlanner(host: Hosts.v1, purpose: .update(LiveLimits()))
    try planner.add(.memory { $0.disableOOMKiller = false }, options: CgroupOptions())
    let index = try #require(Hosts.v1.index(of: .memory))
    var directory = CgroupDirectory(hierarchy: Hosts.v1.hierarchies[index], path: "/c")
    planner.move(index, to: &directory)
    #expect(
      directory.actions == [
        .write(FileWrite("memory.oom_control", "0", field: "/linux/resources/memory/disableOOMKiller"))
      ])
  }

  @Test func anUpdateOfSwapAloneCountsFromTheLiveLimit() throws {
    var planner = ResourcePlanner(host: Hosts.v2, purpose: .update(LiveLimits(memory: 40)))
    try planner.add(.memory { $0.swap = 100 }, options: CgroupOptions())
    var directory = CgroupDirectory(hierarchy: Hosts.v2.hierarchies[0], path: "/c")
    planner.move(0, to: &directory)
    #expect(
      directory.actions == [
        .write(FileWrite("memory.swap.max", "60", field: "/linux/resources/memory/swap"))
      ])
  }
}
