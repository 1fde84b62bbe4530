// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import OCI
import Testing

@testable import Cgroups

extension KernelTests {
  /// Containers that run, against the running kernel.
  @Suite(.enabled(if: Kernel.hasV1, "needs root and cgroup v1")) struct LiveTests {
    @Test func processesAreListedAlsoBelow() throws {
      let box = try Sandbox()
      defer { box.remove() }
      try box.create()
      let first = try box.start("exec sleep 1000")
      for record in box.set.records { try box.makeDirectory(record.hostPath + "/inner") }
      for file in ["cpuset.cpus", "cpuset.mems"] {
        try write(box.read(.cpuset, file), to: box.path(.cpuset) + "/inner/" + file)
      }
      let second = try box.start("exec sleep 1000", below: "/inner")
      #expect(try Set(box.set.processes()) == [first.processIdentifier, second.processIdentifier])
      // The processes go first, then the cgroups, the inner ones before the outer.
      try box.set.remove(killing: true)
      #expect(try !box.set.exists())
      #expect(try box.set.processes().isEmpty)
    }

    @Test func frozenProcessesStopAndGoOn() throws {
      let box = try Sandbox()
      defer { box.remove() }
      try box.create()
      try box.start("while :; do :; done")
      #expect(try !box.set.isFrozen())
      try box.set.freeze()
      #expect(try box.set.isFrozen())
      #expect(try box.read(.freezer, "freezer.state") == "FROZEN")
      let usage = try box.read(.cpuacct, "cpuacct.usage")
      usleep(50000)
      #expect(try box.read(.cpuacct, "cpuacct.usage") == usage)
      try box.set.thaw()
      #expect(try !box.set.isFrozen())
      #expect(try eventually { try box.read(.cpuacct, "cpuacct.usage") != usage })
    }

    @Test func freezingWithoutFreezerIsAnError() throws {
      let box = try Sandbox(only: .pids)
      defer { box.remove() }
      try box.create()
      #expect(try !box.set.isFrozen())
      #expect(#expect(throws: CgroupError.self) { try box.set.freeze() }?.reason == .controllerAbsent)
      try box.set.remove()
      #expect(try !box.set.isFrozen())
    }

    @Test(arguments: [false, true]) func aSignalReachesAll(frozen: Bool) throws {
      let box = try Sandbox()
      defer { box.remove() }
      try box.create()
      let children = try (0..<3).map { _ in
        try box.start("trap 'exit 7' USR1; echo; while :; do sleep 0.01; done", output: Pipe())
      }
      // Each has set its trap when it says so.
      for child in children {
        let output = try #require(child.standardOutput as? Pipe)
        #expect(!output.fileHandleForReading.availableData.isEmpty)
      }
      if frozen { try box.set.freeze() }
      try box.set.signalAll(SIGUSR1)
      #expect(try box.set.isFrozen() == frozen)
      if frozen { try box.set.thaw() }
      for child in children {
        child.waitUntilExit()
        #expect(child.terminationStatus == 7)
      }
    }

    /// Processes that come and go all the time, and that ask for no attention.
    private let restless =
      "trap '' TERM HUP INT; n=0; while [ $n -lt 20 ]; do (while :; do sleep 0.001; done) & n=$((n+1)); done; wait"

    @Test(arguments: [false, true]) func noneSurvivesKilling(paused: Bool) throws {
      let box = try Sandbox()
      defer { box.remove() }
      try box.create()
      let child = try box.start(restless)
      #expect(try eventually { try box.set.processes().count >= 20 })
      if paused { try box.set.freeze() }
      try box.set.killAll()
      #expect(try box.set.processes().isEmpty)
      child.waitUntilExit()
      try box.set.remove()
    }

    @Test func killingUsesTheFreezerWithoutVersion2() throws {
      let box = try Sandbox(version: .v1)
      defer { box.remove() }
      try box.create()
      let child = try box.start(restless)
      #expect(try eventually { try box.set.processes().count >= 20 })
      try box.set.killAll()
      #expect(try box.set.processes().isEmpty)
      child.waitUntilExit()
      #expect(child.terminationReason == .uncaughtSignal && child.terminationStatus == SIGKILL)
    }

    @Test func killingWithoutFreezerWorks() throws {
      let box = try Sandbox(only: .pids)
      defer { box.remove() }
      try box.create()
      try box.start("exec sleep 1000")
      try box.start("trap '' TERM; exec sleep 1000")
      try box.set.killAll()
      #expect(try box.set.processes().isEmpty)
    }

    // MARK: Removal

    @Test func processesThatStayAreNamedInTheError() throws {
      let box = try Sandbox()
      defer { box.remove() }
      try box.create()
      try box.start("exec sleep 1000")
      let error = #expect(throws: CgroupError.self) { try box.set.remove(timeoutMilliseconds: 30) }
      #expect(error?.reason == .timedOut)
      #expect(error?.message.hasPrefix("cannot remove the cgroup /sys/fs/cgroup/") == true)
      #expect(error?.message.hasSuffix(": 1 process(es) still in it") == true)
      #expect(error?.cleanUpFailures.count == box.set.records.count - 1)
      try box.set.remove(killing: true)
    }

    @Test func deepAndWideTreesAreRemoved() throws {
      let box = try Sandbox(only: .freezer)
      defer { box.remove() }
      try box.create()
      let top = try box.path(.freezer)
      for number in 0..<40 { #expect(mkdir("\(top)/wide-\(number)", 0o755) == 0) }
      // Deeper than a path may be long, as a process in there could make it.
      let name = String(repeating: "d", count: 200)
      var directory = open(top, O_RDONLY | O_DIRECTORY)
      for _ in 0..<60 {
        #expect(mkdirat(directory, name, 0o755) == 0)
        let next = openat(directory, name, O_RDONLY | O_DIRECTORY)
        close(directory)
        directory = next
      }
      close(directory)
      try box.set.remove()
      #expect(!exists(top))
    }

    // MARK: Updates

    private func memory(_ limit: Int64, _ swap: Int64) -> Resources {
      .memory {
        $0.limit = limit
        $0.swap = swap
      }
    }

    @Test func memoryAndSwapRiseAndFallTogether() throws {
      let box = try Sandbox(only: .memory)
      defer { box.remove() }
      try box.create(memory(64 << 20, 64 << 20))
      for size in [Int64(128) << 20, 32 << 20, 48 << 20] {
        try box.set.update(memory(size, size))
        #expect(try box.read(.memory, "memory.limit_in_bytes") == String(size))
        #expect(try box.read(.memory, "memory.memsw.limit_in_bytes") == String(size))
      }
      let unlimited = try text("/sys/fs/cgroup/memory/memory.limit_in_bytes")
      try box.set.update(.memory { $0.limit = -1 })
      #expect(try box.read(.memory, "memory.limit_in_bytes") == unlimited)
      #expect(try box.read(.memory, "memory.memsw.limit_in_bytes") == unlimited)
    }

    @Test func memoryAboveSwapIsExplained() throws {
      let box = try Sandbox(only: .memory)
      defer { box.remove() }
      try box.create(memory(64 << 20, 64 << 20))
      let error = #expect(throws: CgroupError.self) { try box.set.update(.memory { $0.limit = 128 << 20 }) }
      #expect(error?.field == "/linux/resources/memory/limit")
      #expect(error?.message.hasSuffix("change the two together") == true)
      #expect(try box.read(.memory, "memory.limit_in_bytes") == String(64 << 20))
    }

    @Test func aLimitBelowTheUseIsExplained() throws {
      let box = try Sandbox(only: .memory)
      defer { box.remove() }
      try box.create()
      let output = Pipe()
      try box.start(
        "x=$(head -c 30000000 /dev/zero | tr '\\0' a); echo ready; sleep 1000; echo $x", output: output)
      #expect(output.fileHandleForReading.availableData == Data("ready\n".utf8))
      let error = #expect(throws: CgroupError.self) { try box.set.update(.memory { $0.limit = 8 << 20 }) }
      #expect(error?.field == "/linux/resources/memory/limit")
      #expect(
        error?.message.contains("device or resource busy: the cgroup already uses ") == true,
        "\(error?.message ?? "")")
    }

    @Test func bandwidthChangesInEitherDirection() throws {
      let box = try Sandbox(only: .cpu)
      defer { box.remove() }
      try box.create(
        .cpu {
          $0.quota = 20000
          $0.period = 100_000
          $0.burst = 20000
        })
      for (quota, period) in [(Int64(400_000), UInt64(1_000_000)), (2000, 5000), (90000, 100_000)] {
        try box.set.update(
          .cpu {
            $0.quota = quota
            $0.period = period
            $0.burst = UInt64(quota)
          })
        #expect(try box.read(.cpu, "cpu.cfs_quota_us") == String(quota))
        #expect(try box.read(.cpu, "cpu.cfs_period_us") == String(period))
        #expect(try box.read(.cpu, "cpu.cfs_burst_us") == String(quota))
      }
      try box.set.update(.cpu { $0.quota = -1 })
      #expect(try box.read(.cpu, "cpu.cfs_quota_us") == "-1")
      let error = #expect(throws: CgroupError.self) { try box.set.update(.cpu { $0.period = 5 }) }
      #expect(error?.description.hasPrefix("/linux/resources/cpu/period: cannot write \"5\" to ") == true)
    }

    @Test func anUpdateTouchesOnlyWhatItNames() throws {
      let box = try Sandbox()
      defer { box.remove() }
      var resources = memory(64 << 20, 64 << 20)
      resources.pids = PidsResources(limit: 9)
      try box.create(resources)
      let devices = try box.read(.devices, "devices.list")
      try box.set.update(
        .with {
          $0.pids = PidsResources(limit: 11)
          $0.devices = [DeviceRule(allow: false)]
        })
      #expect(try box.read(.pids, "pids.max") == "11")
      #expect(try box.read(.memory, "memory.limit_in_bytes") == String(64 << 20))
      #expect(try box.read(.devices, "devices.list") == devices)
    }
  }
}

extension KernelTests {
  /// The tree of version 2 that a hybrid host has, or a host of version 2.
  @Suite(.enabled(if: Kernel.hasV2, "needs root and cgroup v2")) struct UnifiedTests {
    private func sandbox() throws -> Sandbox {
      let box = try Sandbox(version: .v2)
      var options = CgroupOptions()
      options.accounting = false
      try box.create(options: options)
      return box
    }

    @Test func aProcessCanBeFrozenAndKilledWhileFrozen() throws {
      let box = try sandbox()
      defer { box.remove() }
      let child = try box.start("while :; do :; done")
      try box.set.freeze()
      #expect(try box.set.isFrozen())
      #expect(try text(box.unifiedPath + "/cgroup.events").contains("frozen 1"))
      try box.set.killAll()
      child.waitUntilExit()
      #expect(try box.set.processes().isEmpty)
      try box.set.thaw()
      #expect(try !box.set.isFrozen())
    }

    @Test func aFrozenCgroupIsRefused() throws {
      let box = try sandbox()
      defer { box.remove() }
      try write("1", to: box.unifiedPath + "/cgroup.freeze")
      let plan = try CgroupPlan(resources: nil, cgroupsPath: nil, id: box.name, host: box.host)
      #expect(#expect(throws: CgroupError.self) { try plan.create() }?.reason == .frozen)
      try write("0", to: box.unifiedPath + "/cgroup.freeze")
    }

    @Test func theKernelAcceptsAndObeysTheDeviceProgram() throws {
      let box = try Sandbox(version: .v2)
      defer { box.remove() }
      try box.create(
        .with {
          $0.devices = [
            DeviceRule(allow: false), DeviceRule(allow: true, type: .character, major: 1),
            DeviceRule(allow: false, type: .character, major: 1, minor: 5, access: .read),
          ]
        })
      let output = Pipe()
      // /dev/null is 1:3, /dev/zero 1:5 and /dev/ptmx 5:2.
      try box.start(
        "cat /dev/null && echo null; head -c 1 /dev/zero >/dev/null || echo no zero; : >/dev/zero && echo write zero; "
          + "(: </dev/ptmx) || echo no ptmx", output: output)
      #expect(
        String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
          == "null\nno zero\nwrite zero\nno ptmx\n")
    }

    @Test func aMissingControllerFileIsNamed() throws {
      let box = try Sandbox(version: .v2)
      defer { box.remove() }
      var host = box.host
      // The kernel says otherwise.
      host.hierarchies[0].controllers = [.rdma, .misc]
      let plan = try CgroupPlan(
        resources: .with { $0.unified = [KeyValue("cgroup.no.such.file", "1")] }, cgroupsPath: nil,
        id: box.name,
        host: host)
      let error = #expect(throws: CgroupError.self) { try plan.create() }
      #expect(error?.field == "/linux/resources/unified/cgroup.no.such.file")
      #expect(error?.message.contains("there is no /sys/fs/cgroup/") == true)
      #expect(try plan.intent().allSatisfy { !exists($0.hostPath) })
    }
  }
}
