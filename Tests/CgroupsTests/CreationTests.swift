// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import OCI
import Testing

@testable import Cgroups

extension KernelTests {
  /// Against the running kernel, below the test's own cgroups.
  @Suite(.enabled(if: Kernel.hasV1, "needs root and cgroup v1")) struct CreationTests {
    @Test func aThoroughLookFindsNoLess() throws {
      let (quick, thorough) = (try CgroupHost.detect(), try CgroupHost.detect(isThorough: true))
      #expect(quick.hierarchies.allSatisfy { thorough.hierarchies.contains($0) })
    }

    @Test func directoriesAppearBelowTheCallersOwnAndVanish() throws {
      let box = try Sandbox()
      defer { box.remove() }
      try box.create()
      #expect(box.set.records.count == box.host.hierarchies.count)
      for (record, hierarchy) in zip(box.set.records, box.host.hierarchies) {
        #expect(exists(record.hostPath), "\(record)")
        if record.version == .v1 {
          let own = try #require(hierarchy.ownPath)
          #expect(record.path == (own == "/" ? "" : own) + "/" + box.name)
        }
        #expect(record.createdFrom == record.path)
      }
      try box.set.remove()
      for record in box.set.records { #expect(!exists(record.hostPath), "\(record)") }
      // Nothing there is nothing to do.
      try box.set.remove()
    }

    @Test func limitsArriveInTheKernel() throws {
      let box = try Sandbox()
      defer { box.remove() }
      var resources = Resources.cpu {
        $0.shares = 512
        $0.quota = 30000
        $0.period = 50000
        $0.burst = 10000
      }
      resources.memory = MemoryResources()
      resources.memory?.limit = 64 << 20
      resources.memory?.reservation = 32 << 20
      resources.memory?.swappiness = 7
      resources.memory?.disableOOMKiller = true
      resources.pids = PidsResources(limit: 17)
      try box.create(resources)
      #expect(try box.read(.memory, "memory.limit_in_bytes") == "67108864")
      #expect(try box.read(.memory, "memory.soft_limit_in_bytes") == "33554432")
      #expect(try box.read(.memory, "memory.swappiness") == "7")
      #expect(try box.read(.memory, "memory.oom_control").contains("oom_kill_disable 1"))
      #expect(try box.read(.pids, "pids.max") == "17")
      #expect(try box.read(.cpu, "cpu.shares") == "512")
      #expect(try box.read(.cpu, "cpu.cfs_quota_us") == "30000")
      #expect(try box.read(.cpu, "cpu.cfs_period_us") == "50000")
      #expect(try box.read(.cpu, "cpu.cfs_burst_us") == "10000")
    }

    @Test func idleAndSharesFindTheirOrder() throws {
      let box = try Sandbox(only: .cpu)
      defer { box.remove() }
      try box.create(
        .cpu {
          $0.shares = 512
          $0.idle = 1
        })
      #expect(try box.read(.cpu, "cpu.idle") == "1")
      // Only an idle cgroup that ceases to be idle can get shares.
      try box.set.update(
        .cpu {
          $0.shares = 300
          $0.idle = 0
        })
      #expect(try box.read(.cpu, "cpu.shares") == "300")
      #expect(try box.read(.cpu, "cpu.idle") == "0")
    }

    @Test func aCpusetIsReadyForTasksAlsoBelowNewParents() throws {
      let box = try Sandbox(only: .cpuset)
      defer { box.remove() }
      try box.create(path: box.name + "/a/b")
      let record = try #require(box.set.records.first)
      for path in [record.hostPath, parentPath(record.hostPath)] {
        #expect(try text(path + "/cpuset.cpus") == text(record.mountPoint + "/cpuset.cpus"))
        #expect(try text(path + "/cpuset.mems") == text(record.mountPoint + "/cpuset.mems"))
      }
      let process = try box.start("exec sleep 1000")
      #expect(try box.set.processes() == [process.processIdentifier])
    }

    @Test func cpusThatAreGivenAreNotInherited() throws {
      let box = try Sandbox(only: .cpuset)
      defer { box.remove() }
      try box.create(.cpu { $0.cpus = "0" })
      #expect(try box.read(.cpuset, "cpuset.cpus") == "0")
      #expect(try box.read(.cpuset, "cpuset.mems") == text("/sys/fs/cgroup/cpuset/cpuset.mems"))
    }

    @Test func devicesAreAListOfWhatIsAllowed() throws {
      let box = try Sandbox(only: .devices)
      defer { box.remove() }
      var options = CgroupOptions()
      options.defaultDevices = [DeviceRule(allow: true, type: .character, major: 136)]
      try box.create(
        .with {
          $0.devices = [
            DeviceRule(allow: false), DeviceRule(allow: true, type: .character, major: 1, minor: 3),
            DeviceRule(allow: true, type: .block, access: .mknod),
          ]
        }, options: options)
      #expect(
        try box.read(.devices, "devices.list").split(separator: "\n") == [
          "c 1:3 rwm", "b *:* m", "c 136:* rwm",
        ])
      let output = Pipe()
      try box.start("head -c 1 /dev/zero >/dev/null || echo refused", output: output)
      #expect(
        String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) == "refused\n")
    }

    @Test func parentsThatWereMadeAreRememberedAndRemoved() throws {
      let box = try Sandbox(only: .pids)
      defer { box.remove() }
      let path = box.name + "/a/b/c"
      let plan = try CgroupPlan(resources: nil, cgroupsPath: path, id: "x", host: box.host)
      let intent = try plan.intent()
      try box.create(path: path)
      #expect(box.set.records == intent)
      let top = try #require(intent.first).mountPoint + (try #require(intent.first).createdFrom)
      #expect(top.hasSuffix("/" + box.name))
      #expect(exists(top + "/a/b/c"))
      try box.set.remove()
      #expect(!exists(top))
    }

    @Test func aParentThatOthersUseStays() throws {
      let first = try Sandbox(only: .pids)
      defer { first.remove() }
      let second = try Sandbox(only: .pids)
      defer { second.remove() }
      try first.create(path: first.name + "/one")
      try second.create(path: first.name + "/two")
      #expect(second.set.records[0].createdFrom == second.set.records[0].path)
      try first.set.remove()
      #expect(try second.set.exists())
      try second.set.remove()
      // Its maker has let go of it, and the other has no claim.
      let parent = parentPath(second.set.records[0].hostPath)
      #expect(exists(parent))
      #expect(rmdir(parent) == 0)
    }

    @Test func aRefusedValueLeavesNothingBehind() throws {
      let box = try Sandbox()
      defer { box.remove() }
      let resources = Resources.cpu { $0.cpus = "4000-4001" }
      let plan = try CgroupPlan(
        resources: resources, cgroupsPath: box.name + "/deep/er", id: "x", host: box.host)
      let error = #expect(throws: CgroupError.self) { try plan.create() }
      #expect(error?.reason == .refused)
      #expect(error?.field == "/linux/resources/cpu/cpus")
      let message = error?.description ?? ""
      #expect(
        message.hasPrefix("/linux/resources/cpu/cpus: cannot write \"4000-4001\" to /sys/fs/cgroup/cpuset/"))
      #expect(error?.cleanUpFailures == [])
      for record in try plan.intent() {
        #expect(record.createdFrom.hasSuffix("/" + box.name), "\(record) was left behind")
      }
    }

    @Test func aFileThatTheKernelLacksIsNamed() throws {
      let box = try Sandbox(only: .io)
      defer { box.remove() }
      let plan = try CgroupPlan(
        resources: .blockIO { $0.leafWeight = 500 }, cgroupsPath: nil, id: box.name, host: box.host)
      let error = #expect(throws: CgroupError.self) { try plan.create() }
      #expect(error?.message.contains("there is no ") == true)
      #expect(error?.message.contains("/blkio.leaf_weight: no such file or directory: only the CFQ") == true)
    }

    @Test func aDeviceThatIsNotThereIsNamed() throws {
      let box = try Sandbox(only: .io)
      defer { box.remove() }
      let resources = Resources.blockIO {
        $0.throttleReadBpsDevice = [ThrottleDevice(major: 259, minor: 9999, rate: 5)]
      }
      let plan = try CgroupPlan(resources: resources, cgroupsPath: nil, id: box.name, host: box.host)
      let error = #expect(throws: CgroupError.self) { try plan.create() }
      #expect(
        error?.description.contains("throttleReadBpsDevice/0/rate: cannot write \"259:9999 5\"") == true)
      #expect(error?.description.hasSuffix("there is no such device") == true)
    }

    // MARK: A cgroup that is there already

    @Test func anEmptyCgroupIsTaken() throws {
      let box = try Sandbox()
      defer { box.remove() }
      try box.create(.with { $0.pids = PidsResources(limit: 5) })
      try box.create(.with { $0.pids = PidsResources(limit: 6) })
      #expect(try box.read(.pids, "pids.max") == "6")
      #expect(box.set.records.allSatisfy { $0.createdFrom.isEmpty })
    }

    @Test func aCgroupWithProcessesIsRefused() throws {
      let box = try Sandbox()
      defer { box.remove() }
      try box.create()
      try box.start("exec sleep 1000")
      let plan = try CgroupPlan(resources: nil, cgroupsPath: nil, id: box.name, host: box.host)
      let error = #expect(throws: CgroupError.self) { try plan.create() }
      #expect(error?.reason == .notEmpty)
      #expect(
        error?.description.hasPrefix(
          "container's cgroup is not empty: 1 process(es) found in /sys/fs/cgroup/")
          == true)
      #expect(try box.set.processes().count == 1)
    }

    @Test func aFrozenCgroupIsRefused() throws {
      let box = try Sandbox(only: .freezer)
      defer { box.remove() }
      try box.create()
      try write("FROZEN", to: box.path(.freezer) + "/freezer.state")
      let plan = try CgroupPlan(resources: nil, cgroupsPath: nil, id: box.name, host: box.host)
      #expect(#expect(throws: CgroupError.self) { try plan.create() }?.reason == .frozen)
      // Also a new cgroup below it, where the container would stop before its first step.
      let own = try #require(box.host.hierarchies[0].ownPath)
      let below = try CgroupPlan(
        resources: nil, cgroupsPath: own + "/" + box.name + "/leaf", id: "x", host: box.host)
      let error = #expect(throws: CgroupError.self) { try below.create() }
      #expect(error?.reason == .frozen)
      #expect(error?.message.hasPrefix("container's cgroup unexpectedly frozen: ") == true)
      #expect(try !exists(box.path(.freezer) + "/leaf"))
      try write("THAWED", to: box.path(.freezer) + "/freezer.state")
    }

    // MARK: Entering

    @Test func aThreadEntersEveryHierarchy() throws {
      let box = try Sandbox()
      defer { box.remove() }
      let membership = try box.create()
      let before = try Membership.parse(Array(text("/proc/thread-self/cgroup").utf8))
      try membership.enter()
      let inside = try Membership.parse(Array(text("/proc/thread-self/cgroup").utf8))
      for hierarchy in box.host.hierarchies where hierarchy.version == .v1 {
        let own = before.first { $0.name == hierarchy.name }?.path ?? ""
        try write("0", to: hierarchy.mountPoint + own + "/tasks")
      }
      // Others may mount hierarchies in mount namespaces of their own meanwhile.
      for record in box.set.records where record.version == .v1 {
        #expect(
          inside.contains { $0.name == record.hierarchy && $0.path == record.path }, "\(record) in \(inside)")
      }
      let after = try Membership.parse(Array(text("/proc/thread-self/cgroup").utf8))
      #expect(after.allSatisfy { !$0.path.contains(box.name) })
    }

    @Test func aLaterProcessFindsTheSameDoors() throws {
      let box = try Sandbox()
      defer { box.remove() }
      try box.create()
      try box.makeDirectory(box.path(.pids) + "/inner")
      let again = try box.set.openMembership()
      #expect((again.cloneTarget != nil) == (box.host.unified != nil))
      let only = CgroupSet(records: box.set.records.filter { $0.controllers.contains(.pids) })
      let inner = try only.openMembership(below: "inner")
      try inner.enter()
      let path = try Membership.parse(Array(text("/proc/thread-self/cgroup").utf8)).first {
        $0.controllers.contains(.pids)
      }?.path
      let own = try #require(box.host.index(of: .pids).flatMap { box.host.hierarchies[$0].ownPath })
      try write("0", to: only.records[0].mountPoint + own + "/tasks")
      #expect(path == only.records[0].path + "/inner")
      #expect(throws: CgroupError.self) { try only.openMembership(below: "../..") }
      #expect(throws: CgroupError.self) { try only.openMembership(below: "nowhere") }
    }

    @Test func aCpusetWithoutProcessorsSaysSo() throws {
      let box = try Sandbox(only: .cpuset)
      defer { box.remove() }
      try box.create()
      try box.makeDirectory(box.path(.cpuset) + "/hollow")
      let error = #expect(throws: CgroupError.self) { try box.set.openMembership(below: "hollow").enter() }
      #expect(
        error?.message.hasSuffix("no space left on device: its cpuset has no processors or no memory nodes")
          == true)
    }
  }
}
