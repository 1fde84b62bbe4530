// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import OCI
import Testing

@testable import Cgroups

extension KernelTests {
  /// Against a kernel whose controllers are all in version 2.
  @Suite(.enabled(if: Kernel.isV2, "needs root and nothing but cgroup v2"))
  struct Version2Tests {
    private func value(_ box: Sandbox, _ file: String) throws -> String {
      try text(box.unifiedPath + "/" + file)
    }

    @Test func limitsArriveInTheKernel() throws {
      let box = try Sandbox()
      defer { box.remove() }
      var resources = Resources.cpu {
        $0.shares = 512
        $0.quota = 30000
        $0.period = 50000
        $0.burst = 10000
        $0.cpus = "0"
        $0.mems = "0"
      }
      resources.memory = MemoryResources()
      resources.memory?.limit = 64 << 20
      resources.memory?.reservation = 32 << 20
      resources.memory?.swap = 96 << 20
      resources.pids = PidsResources(limit: 17)
      resources.hugepageLimits = [HugepageLimit(pageSize: "2MB", limit: 4 << 20)]
      resources.unified = [KeyValue("memory.high", "50331648"), KeyValue("cgroup.max.depth", "5")]
      try box.create(resources)
      #expect(try value(box, "memory.max") == "67108864")
      #expect(try value(box, "memory.low") == "33554432")
      #expect(try value(box, "memory.swap.max") == "33554432")
      #expect(try value(box, "memory.high") == "50331648")
      #expect(try value(box, "pids.max") == "17")
      #expect(try value(box, "cpu.weight") == "59")
      #expect(try value(box, "cpu.max") == "30000 50000")
      #expect(try value(box, "cpu.max.burst") == "10000")
      #expect(try value(box, "cpuset.cpus") == "0")
      #expect(try value(box, "hugetlb.2MB.max") == "4194304")
      #expect(try value(box, "hugetlb.2MB.rsvd.max") == "4194304")
      #expect(try value(box, "cgroup.max.depth") == "5")
    }

    @Test func controllersAreHandedDownToNestedCgroups() throws {
      let box = try Sandbox()
      defer { box.remove() }
      try box.create(.with { $0.pids = PidsResources(limit: 3) }, path: box.name + "/a/b")
      #expect(try value(box, "pids.max") == "3")
      let middle = parentPath(try box.unifiedPath)
      let enabled = try Set(text(middle + "/cgroup.subtree_control").split(separator: " "))
      #expect(enabled.isSuperset(of: ["pids", "cpu", "memory", "io"]))
      // What nothing asks for stays off.
      #expect(!enabled.contains("hugetlb"))
      try box.set.remove()
      #expect(!exists(parentPath(middle)))
    }

    @Test func aParentWithProcessesCannotLimitItsChildren() throws {
      let parent = try Sandbox()
      defer { parent.remove() }
      try parent.create()
      try parent.start("exec sleep 1000")
      let path = try #require(parent.set.unified?.path)
      var options = CgroupOptions()
      options.accounting = false
      let plan = try CgroupPlan(
        resources: .memory { $0.limit = 64 << 20 }, cgroupsPath: path + "/leaf", id: "x", host: parent.host,
        options: options)
      let error = #expect(throws: CgroupError.self) { try plan.create() }
      let words = "device or resource busy: it has processes of its own"
      #expect(error?.message.contains(words) == true, "\(error?.description ?? "")")
      #expect(error?.message.hasPrefix("cannot enable the cgroup controllers memory below ") == true)
      #expect(try !exists(parent.unifiedPath + "/leaf"))
      // Without a limit there is nothing to enable, and accounting is no reason to fail.
      let bare = try CgroupPlan(resources: nil, cgroupsPath: path + "/leaf", id: "x", host: parent.host)
      let membership = try bare.create()
      try CgroupSet(records: membership.records).remove()
    }

    @Test func partialUpdatesKeepTheOtherHalf() throws {
      let box = try Sandbox()
      defer { box.remove() }
      try box.create(.cpu { $0.quota = 30000 })
      #expect(try value(box, "cpu.max") == "30000 100000")
      try box.set.update(.cpu { $0.period = 60000 })
      #expect(try value(box, "cpu.max") == "30000 60000")
      try box.set.update(.cpu { $0.quota = -1 })
      #expect(try value(box, "cpu.max") == "max 60000")
      try box.set.update(.memory { $0.limit = 64 << 20 })
      try box.set.update(.memory { $0.swap = 80 << 20 })
      #expect(try value(box, "memory.swap.max") == String(16 << 20))
      try box.set.update(.memory { $0.limit = -1 })
      #expect(try value(box, "memory.max") == "max")
      #expect(try value(box, "memory.swap.max") == "max")
    }

    @Test func anUpdateEnablesWhatItNeeds() throws {
      let box = try Sandbox()
      defer { box.remove() }
      var options = CgroupOptions()
      options.accounting = false
      try box.create(path: box.name + "/inner", options: options)
      #expect(try !exists(box.unifiedPath + "/pids.max"))
      try box.set.update(.with { $0.pids = PidsResources(limit: 5) })
      #expect(try value(box, "pids.max") == "5")
    }

    @Test func aLimitBelowTheUseIsRefusedWhenAsked() throws {
      let box = try Sandbox()
      defer { box.remove() }
      try box.create(.memory { $0.limit = 256 << 20 })
      let output = Pipe()
      try box.start(
        "x=$(head -c 30000000 /dev/zero | tr '\\0' a); echo ready; sleep 1000; echo $x", output: output)
      #expect(output.fileHandleForReading.availableData == Data("ready\n".utf8))
      let error = #expect(throws: CgroupError.self) {
        try box.set.update(
          .memory {
            $0.limit = 8 << 20
            $0.checkBeforeUpdate = true
          })
      }
      #expect(error?.description.hasPrefix("/linux/resources/memory/limit: rejecting memory limit") == true)
      #expect(try value(box, "memory.max") == String(256 << 20))
    }

    @Test func runningContainersAreCountedAndKilled() throws {
      let box = try Sandbox()
      defer { box.remove() }
      try box.create(.memory { $0.limit = 64 << 20 })
      let child = try box.start("while :; do :; done")
      #expect(try eventually { try box.set.statistics().cpu.total > 0 })
      let statistics = try box.set.statistics()
      #expect(statistics.memory.usage.limit == 64 << 20)
      #expect(statistics.memory.raw.contains { $0.name == "anon" })
      #expect(statistics.pids.current == 1)
      #expect(statistics.cpuset == nil)
      try box.set.killAll()
      child.waitUntilExit()
      #expect(try box.set.processes().isEmpty)
    }

    @Test func killsForMemoryAreCounted() throws {
      let box = try Sandbox()
      defer { box.remove() }
      try box.create(
        .memory {
          $0.limit = 8 << 20
          $0.swap = 8 << 20
        })
      let child = try box.start("x=$(head -c 60000000 /dev/zero | tr '\\0' a); echo $x")
      child.waitUntilExit()
      #expect(try box.set.oomKills() >= 1)
    }
  }
}
