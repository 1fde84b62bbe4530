// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import OCI
import Testing

@testable import Cgroups

/// Files as kernels show them, in a directory of the test's own.
@Suite struct StatisticsTests {
  private func read(
    _ contents: [String: String], _ body: (StatisticsFiles, inout CgroupStatistics) throws -> Void
  ) throws -> CgroupStatistics {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      "roost-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: directory) } }
    for (name, content) in contents {
      try Data(content.utf8).write(to: directory.appendingPathComponent(name))
    }
    var result = CgroupStatistics()
    try body(StatisticsFiles(hostPath: directory.path), &result)
    return result
  }

  private func v1(_ controllers: CgroupControllers, _ contents: [String: String]) throws -> CgroupStatistics {
    try read(contents) { try StatisticsV1(files: $0).read(controllers, into: &$1) }
  }

  private func v2(_ contents: [String: String]) throws -> CgroupStatistics {
    try read(contents) { try StatisticsV2(files: $0).read(into: &$1, isOnly: true) }
  }

  @Test func processorTimeOfVersion1() throws {
    let cpu = try v1(
      [.cpu, .cpuacct],
      [
        "cpu.stat": "nr_periods 10\nnr_throttled 3\nthrottled_time 12345\nnr_bursts 2\nburst_time 7\n",
        "cpuacct.usage": "6000000000\n", "cpuacct.stat": "user 250\nsystem 101\n",
        "cpuacct.usage_percpu": "1000000000 5000000000 \n",
        "cpuacct.usage_all": "cpu user system\n0 600 400\n1 4000 1000\n",
      ]
    ).cpu
    #expect(cpu.periods == 10 && cpu.throttledPeriods == 3 && cpu.throttledTime == 12345)
    #expect(cpu.total == 6_000_000_000 && cpu.user == 2_500_000_000 && cpu.kernel == 1_010_000_000)
    #expect(cpu.perCPU == [1_000_000_000, 5_000_000_000])
    #expect(cpu.perCPUUser == [600, 4000] && cpu.perCPUKernel == [400, 1000])
    #expect(cpu.bursts == 2 && cpu.burstTime == 7)
    #expect(cpu.pressure == nil)
  }

  @Test func memoryOfVersion1() throws {
    let memory = try v1(
      .memory,
      [
        "memory.stat": "cache 4096\nrss 8192\nhierarchical_memory_limit 9223372036854771712\n",
        "memory.usage_in_bytes": "12288\n", "memory.max_usage_in_bytes": "20480\n",
        "memory.limit_in_bytes": "9223372036854771712\n", "memory.failcnt": "2\n",
        "memory.memsw.usage_in_bytes": "13000\n", "memory.memsw.max_usage_in_bytes": "21000\n",
        "memory.memsw.limit_in_bytes": "30000\n", "memory.memsw.failcnt": "1\n",
        "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
      ]
    ).memory
    #expect(memory.cache == 4096)
    #expect(
      memory.usage == .init(limit: 9_223_372_036_854_771_712, usage: 12288, max: 20480, failureCount: 2))
    #expect(memory.swap == .init(limit: 30000, usage: 13000, max: 21000, failureCount: 1))
    #expect(memory.kernel == .init())
    #expect(memory.raw.map { $0.name } == ["cache", "rss", "hierarchical_memory_limit"])
    #expect(memory.oomKills == 4)
    #expect(memory.events == [.init(name: "under_oom", value: 0), .init(name: "oom_kill", value: 4)])
  }

  @Test func processesOfVersion1() throws {
    #expect(try v1(.pids, ["pids.current": "3\n", "pids.max": "max\n"]).pids == .init(current: 3, limit: 0))
    #expect(try v1(.pids, ["pids.current": "3\n", "pids.max": "64\n"]).pids == .init(current: 3, limit: 64))
  }

  @Test func cpusetOfVersion1() throws {
    let cpuset = try #require(
      v1(
        .cpuset,
        [
          "cpuset.cpus": "0-2,7\n", "cpuset.mems": "0\n", "cpuset.cpu_exclusive": "1\n",
          "cpuset.sched_load_balance": "1\n", "cpuset.sched_relax_domain_level": "-1\n",
        ]
      ).cpuset)
    #expect(cpuset.cpus == [0, 1, 2, 7] && cpuset.mems == [0])
    #expect(cpuset.cpuExclusive == 1 && cpuset.schedLoadBalance == 1 && cpuset.schedRelaxDomainLevel == -1)
    for broken in ["3-1", "1-2-3", "a", "70000", "-"] {
      #expect(throws: CgroupError.self) { try v1(.cpuset, ["cpuset.cpus": broken]) }
    }
  }

  @Test func blockDevicesOfVersion1ComeFromTheFirstFamilyInUse() throws {
    let throttle = [
      "blkio.throttle.io_serviced_recursive": "8:0 Read 5\n8:0 Write 6\n8:0 Total 11\nTotal 11\n",
      "blkio.throttle.io_service_bytes_recursive": "8:0 Read 50\nTotal 50\n",
    ]
    let idleBFQ = [
      "blkio.bfq.io_serviced_recursive": "Total 0\n", "blkio.bfq.io_service_bytes_recursive": "Total 0\n",
    ]
    let io = try v1(.io, throttle.merging(idleBFQ) { $1 }).blockIO
    #expect(
      io.serviced == [
        .init(major: 8, minor: 0, operation: "Read", value: 5),
        .init(major: 8, minor: 0, operation: "Write", value: 6),
        .init(major: 8, minor: 0, operation: "Total", value: 11),
      ])
    #expect(io.serviceBytes == [.init(major: 8, minor: 0, operation: "Read", value: 50)])
    let detailed = [
      "blkio.bfq.sectors_recursive": "8:16 77\nTotal 77\n",
      "blkio.bfq.io_serviced_recursive": "8:16 Read 1\n",
    ]
    let bfq = try v1(.io, throttle.merging(detailed) { $1 }).blockIO
    #expect(bfq.sectors == [.init(major: 8, minor: 16, operation: "", value: 77)])
    #expect(bfq.serviced == [.init(major: 8, minor: 16, operation: "Read", value: 1)])
    #expect(throws: CgroupError.self) { try v1(.io, ["blkio.throttle.io_serviced": "8 Read 5\n"]) }
  }

  @Test func everythingOfVersion2() throws {
    let result = try v2([
      "cpu.stat":
        "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 4\nnr_throttled 2\nthrottled_usec 9\n",
      "cpu.pressure":
        "some avg10=68.76 avg60=7.06 avg300=0.50 total=542976675\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
      "memory.stat": "anon 1\nfile 2\n", "memory.current": "1000\n", "memory.max": "max\n",
      "memory.peak": "3000\n",
      "memory.events": "low 0\nhigh 0\nmax 5\noom 3\noom_kill 2\noom_group_kill 0\n",
      "memory.swap.current": "24\n", "memory.swap.max": "500\n",
      "pids.current": "3\n", "pids.max": "10\n",
      "io.stat":
        "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 cost.vrate=99.5 cost.usage=7\n(unknown) rbytes=9\n",
      "hugetlb.2MB.current": "1\n", "hugetlb.2MB.rsvd.current": "4194304\n", "hugetlb.2MB.events": "max 8\n",
      "rdma.current": "mlx4_0 hca_handle=2 hca_object=2000\nocrdma1 hca_handle=3 hca_object=0\n",
      "rdma.max": "mlx4_0 hca_handle=5 hca_object=max\n",
    ])
    #expect(result.cpu.total == 30000 && result.cpu.user == 20000 && result.cpu.kernel == 10000)
    #expect(result.cpu.periods == 4 && result.cpu.throttledPeriods == 2 && result.cpu.throttledTime == 9000)
    #expect(
      result.cpu.pressure?.some
        == .init(average10: 68.76, average60: 7.06, average300: 0.5, total: 542_976_675))
    #expect(result.memory.cache == 2)
    #expect(result.memory.usage == .init(limit: .max, usage: 1000, max: 3000, failureCount: 5))
    #expect(result.memory.swap == .init(limit: .max, usage: 1024, max: 0, failureCount: 0))
    #expect(result.memory.oomKills == 2)
    #expect(
      result.memory.events.map { "\($0.name) \($0.value)" } == [
        "low 0", "high 0", "max 5", "oom 3", "oom_kill 2", "oom_group_kill 0",
      ])
    #expect(result.blockIO.costUsage == [.init(major: 8, minor: 0, operation: "", value: 7)])
    #expect(result.pids == .init(current: 3, limit: 10))
    #expect(
      result.blockIO.serviceBytes.map { "\($0.operation) \($0.value)" } == ["Read 1", "Write 2", "Discard 5"])
    #expect(
      result.blockIO.serviced.map { "\($0.operation) \($0.value)" } == ["Read 3", "Write 4", "Discard 6"])
    #expect(result.hugepages == [.init(pageSize: "2MB", usage: 4_194_304, max: 0, failureCount: 8)])
    #expect(
      result.rdma == [
        .init(device: "mlx4_0", handles: 2, objects: 2000, handleLimit: 5, objectLimit: .max),
        .init(device: "ocrdma1", handles: 3, objects: 0, handleLimit: 0, objectLimit: 0),
      ])
    #expect(result.cpuset == nil)
  }

  @Test func swapOfVersion2IsCountedWithMemory() throws {
    let swap = try v2([
      "memory.current": "1000", "memory.max": "2000", "memory.swap.current": "24", "memory.swap.max": "500",
    ]).memory.swap
    #expect(swap == .init(limit: 2500, usage: 1024, max: 0, failureCount: 0))
  }

  @Test func withoutControllersThereIsWhatCanBeCounted() throws {
    let result = try v2(["cgroup.procs": "1\n22\n", "cpu.stat": "usage_usec 1\nuser_usec 1\nsystem_usec 0\n"])
    #expect(result.pids == .init(current: 2, limit: 0))
    #expect(result.memory == .init())
    #expect(result.cpu.total == 1000)
  }

  @Test(arguments: ["x", "1 2 3", "cache many", "cache -1"]) func whatIsNotUnderstoodIsAnError(
    content: String
  ) {
    let error = #expect(throws: CgroupError.self) {
      try v1(.memory, ["memory.stat": content, "memory.usage_in_bytes": "1"])
    }
    #expect(error?.message.hasPrefix("cannot understand \"") == true)
  }
}

extension KernelTests {
  @Test(.enabled(if: Kernel.hasV1, "needs root and cgroup v1")) func wantOfMemoryIsAnnounced() throws {
    let box = try Sandbox(only: .memory)
    try box.create(.memory { $0.limit = 8 << 20 })
    let watch = try box.set.watchOutOfMemory()
    #expect(try watch.wait(timeoutMilliseconds: 0) == .none)
    let child = try box.start("x=$(head -c 60000000 /dev/zero | tr '\\0' a); echo $x")
    #expect(try watch.wait(timeoutMilliseconds: 20_000) == .outOfMemory)
    child.waitUntilExit()
    box.remove()
    #expect(try eventually { try watch.wait(timeoutMilliseconds: 100) == .removed })
  }

  @Test(.enabled(if: Kernel.hasV1, "needs root and cgroup v1")) func aRunningContainerIsCounted() throws {
    let box = try Sandbox()
    defer { box.remove() }
    var resources = Resources.memory { $0.limit = 64 << 20 }
    resources.pids = PidsResources(limit: 9)
    try box.create(resources)
    try box.start("while :; do :; done")
    #expect(try eventually { try box.set.statistics().cpu.total > 0 })
    let statistics = try box.set.statistics()
    #expect(statistics.pids == .init(current: 1, limit: 9))
    #expect(statistics.memory.usage.limit == 64 << 20)
    #expect(statistics.memory.raw.contains { $0.name == "cache" })
    #expect(statistics.cpu.perCPU.reduce(0, +) > 0)
    #expect(statistics.cpu.perCPUUser.count == statistics.cpu.perCPU.count)
    #expect(try statistics.cpuset?.cpus.isEmpty == false && box.set.oomKills() == 0)
  }

  @Test(.enabled(if: Kernel.hasV1, "needs root and cgroup v1")) func killsForMemoryAreCounted() throws {
    let box = try Sandbox(only: .memory)
    defer { box.remove() }
    try box.create(.memory { $0.limit = 8 << 20 })
    let child = try box.start("x=$(head -c 60000000 /dev/zero | tr '\\0' a); echo $x")
    child.waitUntilExit()
    #expect(try box.set.oomKills() >= 1)
    #expect(try box.set.statistics().memory.oomKills >= 1)
    #expect(try box.set.statistics().memory.usage.failureCount >= 1)
  }
}
