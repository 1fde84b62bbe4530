// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import JSON
import Testing

@testable import Cgroups

/// The text of `events --stats`, as callers of runc parse it.
@Suite struct StatisticsJSONTests {
  private var everything: CgroupStatistics {
    var value = CgroupStatistics()
    value.cpu.total = 30
    value.cpu.user = 20
    value.cpu.kernel = 10
    value.cpu.perCPU = [25, 5]
    value.cpu.perCPUKernel = [9, 1]
    value.cpu.perCPUUser = [16, 4]
    value.cpu.periods = 4
    value.cpu.throttledPeriods = 2
    value.cpu.throttledTime = 9
    value.cpu.bursts = 1
    value.cpu.burstTime = 3
    var pressure = CgroupStatistics.Pressure()
    pressure.some.average10 = 68.76
    pressure.full.total = 5
    value.cpu.pressure = pressure
    var cpuset = CgroupStatistics.Cpuset()
    cpuset.cpus = [0, 1, 7]
    cpuset.mems = [0]
    cpuset.schedRelaxDomainLevel = -1
    value.cpuset = cpuset
    value.memory.cache = 4096
    value.memory.usage = .init(limit: .max, usage: 1000, max: 3000, failureCount: 5)
    value.memory.raw = [.init(name: "anon", value: 1), .init(name: "file", value: 2)]
    value.memory.events = [.init(name: "oom_kill", value: 2)]
    value.pids = .init(current: 3, limit: 10)
    value.blockIO.serviceBytes = [.init(major: 8, minor: 0, operation: "Read", value: 512)]
    value.blockIO.queued = [.init(major: 8, minor: 0, operation: "", value: 1)]
    value.blockIO.costUsage = [.init(major: 8, minor: 0, operation: "", value: 7)]
    value.hugepages = [.init(pageSize: "2MB", usage: 4, max: 8, failureCount: 1)]
    value.rdma = [.init(device: "mlx", handles: 2, objects: 3, handleLimit: 5, objectLimit: .max)]
    return value
  }

  @Test func everyGroupHasTheNamesOfRunc() {
    let expected = """
      {"type":"stats","id":"c1","data":{\
      "cpu":{"usage":{"total":30,"percpu":[25,5],"percpu_kernel":[9,1],"percpu_user":[16,4],"kernel":10,"user":20},\
      "throttling":{"periods":4,"throttledPeriods":2,"throttledTime":9},"burst":{"periods":1,"time":3},\
      "psi":{"some":{"avg10":68.76,"avg60":0.0,"avg300":0.0,"total":0},\
      "full":{"avg10":0.0,"avg60":0.0,"avg300":0.0,"total":5}}},\
      "cpuset":{"cpus":[0,1,7],"cpu_exclusive":0,"mems":[0],"mem_hardwall":0,"mem_exclusive":0,"memory_migrate":0,\
      "memory_spread_page":0,"memory_spread_slab":0,"memory_pressure":0,"sched_load_balance":0,\
      "sched_relax_domain_level":-1},\
      "memory":{"cache":4096,"usage":{"limit":18446744073709551615,"usage":1000,"max":3000,"failcnt":5},\
      "swap":{"limit":0,"usage":0,"max":0,"failcnt":0},"kernel":{"limit":0,"usage":0,"max":0,"failcnt":0},\
      "kernelTCP":{"limit":0,"usage":0,"max":0,"failcnt":0},"raw":{"anon":1,"file":2},"events":{"oom_kill":2}},\
      "pids":{"current":3,"limit":10},\
      "blkio":{"ioServiceBytesRecursive":[{"major":8,"minor":0,"op":"Read","value":512}],\
      "ioQueueRecursive":[{"major":8,"minor":0,"value":1}],"ioCostUsage":[{"major":8,"minor":0,"value":7}]},\
      "hugetlb":{"2MB":{"usage":4,"max":8,"failcnt":1}},\
      "rdma":[{"device":"mlx","hcaHandles":2,"hcaObjects":3,"hcaHandlesLimit":5,\
      "hcaObjectsLimit":18446744073709551615}],\
      "intel_rdt":{},"network_interfaces":null}}
      """
    #expect(String(decoding: everything.event(id: "c1"), as: UTF8.self) == expected)
  }

  @Test func nothingIsAnObjectOfZeros() throws {
    let document = try JSONDocument(CgroupStatistics().event(id: "x"), source: "event").root.object()
    let data = try document.required("data").object()
    #expect(
      data.members.map { $0.key } == [
        "cpu", "cpuset", "memory", "pids", "blkio", "hugetlb", "intel_rdt", "network_interfaces",
      ])
    #expect(try data.required("blkio").object().members.map { $0.key } == [])
  }

  @Test func wantOfMemoryIsAnEventWithoutData() {
    #expect(
      String(decoding: CgroupStatistics.outOfMemoryEvent(id: "a\"b"), as: UTF8.self)
        == #"{"type":"oom","id":"a\"b"}"#)
  }
}
