// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Cgroups

@Suite struct OtherPlanTests {
  private let blockIO = Resources.blockIO {
    $0.weight = 10
    $0.weightDevice = [
      WeightDevice(major: 8, minor: 0, weight: 1000), WeightDevice(major: 8, minor: 16, weight: 500),
    ]
    $0.throttleReadBpsDevice = [ThrottleDevice(major: 8, minor: 0, rate: 1000)]
    $0.throttleWriteBpsDevice = [ThrottleDevice(major: 8, minor: 0, rate: 2000)]
    $0.throttleReadIOPSDevice = [
      ThrottleDevice(major: 8, minor: 0, rate: 30), ThrottleDevice(major: 8, minor: 1, rate: 0),
    ]
    $0.throttleWriteIOPSDevice = [ThrottleDevice(major: 8, minor: 0, rate: .max)]
  }

  @Test func blockDevicesOfVersion1() throws {
    var resources = blockIO
    resources.blockIO?.leafWeight = 20
    resources.blockIO?.weightDevice[0].leafWeight = 30
    #expect(
      try writes(Hosts.v1, resources) == [
        "blkio blkio.weight=10 | blkio.bfq.weight=10 <blockIO/weight>",
        "blkio blkio.leaf_weight=20 <blockIO/leafWeight>",
        "blkio blkio.weight_device=8:0 1000 | blkio.bfq.weight_device=8:0 1000 <blockIO/weightDevice/0/weight>",
        "blkio blkio.leaf_weight_device=8:0 30 <blockIO/weightDevice/0/leafWeight>",
        "blkio blkio.weight_device=8:16 500 | blkio.bfq.weight_device=8:16 500 <blockIO/weightDevice/1/weight>",
        "blkio blkio.throttle.read_bps_device=8:0 1000 <blockIO/throttleReadBpsDevice/0/rate>",
        "blkio blkio.throttle.write_bps_device=8:0 2000 <blockIO/throttleWriteBpsDevice/0/rate>",
        "blkio blkio.throttle.read_iops_device=8:0 30 <blockIO/throttleReadIOPSDevice/0/rate>",
        "blkio blkio.throttle.read_iops_device=8:1 0 <blockIO/throttleReadIOPSDevice/1/rate>",
        "blkio blkio.throttle.write_iops_device=8:0 18446744073709551615 <blockIO/throttleWriteIOPSDevice/0/rate>",
      ])
  }

  @Test func blockDevicesOfVersion2() throws {
    #expect(
      try writes(Hosts.v2, blockIO) == [
        "unified io.bfq.weight=10 | io.weight=1 <blockIO/weight>",
        "unified io.bfq.weight=8:0 1000 | io.weight=8:0 10000 <blockIO/weightDevice/0/weight>",
        "unified io.bfq.weight=8:16 500 | io.weight=8:16 4950 <blockIO/weightDevice/1/weight>",
        "unified io.max=8:0 rbps=1000 <blockIO/throttleReadBpsDevice/0/rate>",
        "unified io.max=8:0 wbps=2000 <blockIO/throttleWriteBpsDevice/0/rate>",
        "unified io.max=8:0 riops=30 <blockIO/throttleReadIOPSDevice/0/rate>",
        "unified io.max=8:1 riops=max <blockIO/throttleReadIOPSDevice/1/rate>",
        "unified io.max=8:0 wiops=18446744073709551615 <blockIO/throttleWriteIOPSDevice/0/rate>",
      ])
  }

  @Test func leafWeightsAreVersion1s() {
    #expect(refusal(Hosts.v2, .blockIO { $0.leafWeight = 100 })?.reason == .unsupported)
    let error = refusal(
      Hosts.v2, .blockIO { $0.weightDevice = [WeightDevice(major: 1, minor: 1, leafWeight: 100)] })
    #expect(error?.field == "/linux/resources/blockIO/weightDevice/0/leafWeight")
    #expect(error?.reason == .unsupported)
  }

  @Test(arguments: [UInt16(9), 1, 1001, .max]) func weightsHaveARange(weight: UInt16) {
    for host in [Hosts.v1, Hosts.v2] {
      #expect(refusal(host, .blockIO { $0.weight = weight })?.field == "/linux/resources/blockIO/weight")
    }
  }

  @Test func aWeightOfZeroIsUnset() throws {
    #expect(try writes(Hosts.v1, .blockIO { ($0.weight, $0.leafWeight) = (0, 0) }).isEmpty)
  }

  @Test(arguments: [(UInt16(10), UInt64(1)), (100, 910), (500, 4950), (1000, 10000)])
  func blockWeightsBecomeWeightsOfVersion2(old: UInt16, new: UInt64) {
    #expect(ioWeight(blkioWeight: old) == new)
  }

  @Test(arguments: [
    (Int64(64), "64"), (-1, "max"), (-100, "max"), (0, "0"), (1, "1"), (.max, "9223372036854775807"),
  ])
  func processes(limit: Int64, value: String) throws {
    let resources = Resources.with { $0.pids = PidsResources(limit: limit) }
    #expect(try writes(Hosts.v1, resources) == ["pids pids.max=\(value) <pids/limit>"])
    #expect(try writes(Hosts.v2, resources) == ["unified pids.max=\(value) <pids/limit>"])
    #expect(try writes(Hosts.v1, Resources.with { $0.pids = PidsResources() }).isEmpty)
  }

  /// A process cannot be cloned into a cgroup that admits none, so there the limit waits for it.
  @Test func noTaskAtAllIsWrittenWhenTheProcessIsThere() throws {
    let resources = Resources.with { $0.pids = PidsResources(limit: 0) }
    func late(_ host: CgroupHost) throws -> [Bool] {
      try CgroupPlan(resources: resources, cgroupsPath: "/c", id: "c", host: host).directories
        .flatMap(\.actions).filter { if case .write = $0 { true } else { false } }.map(\.isLate)
    }
    #expect(try late(Hosts.v2) == [true])
    #expect(try late(Hosts.v1) == [false])
  }

  @Test func hugePagesAndTheirReservations() throws {
    let resources = Resources.with {
      $0.hugepageLimits = [
        HugepageLimit(pageSize: "2MB", limit: 0), HugepageLimit(pageSize: "1GB", limit: 1 << 40),
      ]
    }
    let v1 = [
      "hugetlb hugetlb.2MB.limit_in_bytes=0 <hugepageLimits/0/limit>",
      "hugetlb hugetlb.2MB.rsvd.limit_in_bytes=0 <hugepageLimits/0/limit> optional",
      "hugetlb hugetlb.1GB.limit_in_bytes=1099511627776 <hugepageLimits/1/limit>",
      "hugetlb hugetlb.1GB.rsvd.limit_in_bytes=1099511627776 <hugepageLimits/1/limit> optional",
    ]
    #expect(try writes(Hosts.v1, resources) == v1)
    let v2 = v1.map { $0.replacing("limit_in_bytes", with: "max").replacing("hugetlb h", with: "unified h") }
    #expect(try writes(Hosts.v2, resources) == v2)
    // What version 1 has left to version 2 is limited there.
    #expect(try writes(Hosts.hybrid, resources) == v2)
    let plan = try CgroupPlan(resources: resources, cgroupsPath: nil, id: "c", host: Hosts.hybrid)
    #expect(plan.directories.last?.required == .hugetlb)
  }

  @Test(arguments: ["", "2", "MB", "02MB", "2mb", "2MB/../x", "2 MB", "-2MB", "2TB", "12345678901MB"])
  func pageSizesBecomeFileNamesSoTheyAreChecked(size: String) {
    let error = refusal(Hosts.v1, .with { $0.hugepageLimits = [HugepageLimit(pageSize: size, limit: 1)] })
    #expect(error?.field == "/linux/resources/hugepageLimits/0/pageSize")
    #expect(error?.reason == .invalidValue)
  }

  @Test(arguments: [Hosts.v1, Hosts.comounted]) func packetsOfVersion1(host: CgroupHost) throws {
    let resources = Resources.network {
      $0.classID = 0x10_0001
      $0.priorities = [
        InterfacePriority(name: "eth0", priority: 5), InterfacePriority(name: "lo", priority: .max),
      ]
    }
    let lines = try writes(host, resources).map { $0.split(separator: " ", maxSplits: 1)[1] }
    #expect(
      lines == [
        "net_cls.classid=1048577 <network/classID>",
        "net_prio.ifpriomap=eth0 5 <network/priorities/0/priority>",
        "net_prio.ifpriomap=lo 4294967295 <network/priorities/1/priority>",
      ])
    #expect(try writes(host, .network { $0.classID = 0 }).isEmpty)
  }

  @Test func packetsAreRefusedOnVersion2() {
    #expect(refusal(Hosts.v2, .network { $0.classID = 1 })?.reason == .unsupported)
    let priorities = Resources.network { $0.priorities = [InterfacePriority(name: "lo", priority: 1)] }
    #expect(refusal(Hosts.v2, priorities)?.reason == .unsupported)
  }

  @Test(arguments: ["", "a b", "a/b", "0123456789abcdef", "a\n"]) func interfacesHaveNames(name: String) {
    let resources = Resources.network { $0.priorities = [InterfacePriority(name: name, priority: 1)] }
    #expect(refusal(Hosts.v1, resources)?.field == "/linux/resources/network/priorities/0/name")
  }

  @Test(arguments: [(Hosts.v1, "rdma"), (Hosts.v2, "unified")]) func rdma(host: CgroupHost, tree: String)
    throws
  {
    let resources = Resources.with {
      $0.rdma = [
        RdmaLimit(device: "mlx5_1", hcaHandles: 3, hcaObjects: 10000),
        RdmaLimit(device: "mlx4_0", hcaHandles: 1000),
        RdmaLimit(device: "rxe3", hcaObjects: 0),
      ]
    }
    #expect(
      try writes(host, resources) == [
        "\(tree) rdma.max=mlx5_1 hca_handle=3 hca_object=10000 <rdma/mlx5_1>",
        "\(tree) rdma.max=mlx4_0 hca_handle=1000 <rdma/mlx4_0>",
        "\(tree) rdma.max=rxe3 hca_object=0 <rdma/rxe3>",
      ])
    #expect(
      refusal(host, .with { $0.rdma = [RdmaLimit(device: "a b/c", hcaHandles: 1)] })?.field
        == "/linux/resources/rdma/a b~1c")
  }

  // MARK: Files of version 2 by name

  @Test func filesOfVersion2AreWrittenAsTheyAre() throws {
    let resources = Resources.with {
      $0.unified = [
        KeyValue("memory.high", "1000"), KeyValue("io.max", "8:0 rbps=1\n8:16 wbps=2\n"),
        KeyValue("cgroup.max.descendants", "5"), KeyValue("misc.max", "res_a 1"),
      ]
      $0.pids = PidsResources(limit: 3)
    }
    let plan = try CgroupPlan(resources: resources, cgroupsPath: nil, id: "c", host: Hosts.v2)
    #expect(
      render(plan) == [
        "unified pids.max=3 <pids/limit>", "unified memory.high=1000 <unified/memory.high>",
        "unified io.max=8:0 rbps=1 <unified/io.max>", "unified io.max=8:16 wbps=2 <unified/io.max>",
        "unified cgroup.max.descendants=5 <unified/cgroup.max.descendants>",
        "unified misc.max=res_a 1 <unified/misc.max>",
      ])
    #expect(plan.directories[0].required == [.pids, .memory, .io, .misc])
    #expect(plan.directories[0].accounting == [.cpu, .io, .memory, .pids])
  }

  @Test(arguments: [
    (Hosts.v1, "memory.high", CgroupError.Reason.unsupported, "need cgroup v2"),
    (Hosts.v2, "memory/high", .invalidValue, "must be a file name (no slashes)"),
    (Hosts.v2, "../memory.high", .invalidValue, "must be a file name (no slashes)"),
    (Hosts.v2, "memory", .invalidValue, "must be in the form CONTROLLER.PARAMETER"),
    (Hosts.v2, ".high", .invalidValue, "must be in the form CONTROLLER.PARAMETER"),
    (Hosts.v2, "memory.", .invalidValue, "must be in the form CONTROLLER.PARAMETER"),
    (Hosts.v2, "flux.max", .controllerAbsent, "controller \"flux\" not available"),
    (Hosts.v2, "dmem.max", .controllerAbsent, "controller \"dmem\" not available"),
    (Hosts.hybrid, "memory.high", .controllerAbsent, "on this host it belongs to cgroup v1"),
    (Hosts.v2, "cgroup.procs", .invalidValue, "not a resource"),
    (Hosts.v2, "cgroup.kill", .invalidValue, "not a resource"),
  ])
  func otherNamesAreRefused(host: CgroupHost, key: String, reason: CgroupError.Reason, words: String) {
    let error = refusal(host, .with { $0.unified = [KeyValue(key, "1")] })
    #expect(error?.reason == reason)
    #expect(error?.field.hasPrefix("/linux/resources/unified/") == true)
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  // MARK: Controllers that are not there

  @Test(
    arguments: [
      (Resources.memory { $0.limit = 5 }, "memory/limit", "memory"),
      (.memory { $0.swappiness = 5 }, "memory/swappiness", "memory"),
      (.cpu { $0.shares = 5 }, "cpu/shares", "cpu"),
      (.cpu { $0.idle = 1 }, "cpu/idle", "cpu"),
      (.cpu { $0.realtimePeriod = 1 }, "cpu/realtimePeriod", "cpu"),
      (.cpu { $0.mems = "0" }, "cpu/mems", "cpuset"),
      (.blockIO { $0.weight = 10 }, "blockIO/weight", "blkio"),
      (
        .blockIO { $0.throttleReadBpsDevice = [ThrottleDevice(major: 1, minor: 1, rate: 1)] },
        "blockIO/throttleReadBpsDevice/0/rate", "blkio"
      ),
      (.network { $0.classID = 1 }, "network/classID", "net_cls"),
      (.with { $0.pids = PidsResources(limit: 1) }, "pids/limit", "pids"),
      (
        .with { $0.hugepageLimits = [HugepageLimit(pageSize: "2MB", limit: 1)] }, "hugepageLimits/0/limit",
        "hugetlb"
      ),
      (.with { $0.rdma = [RdmaLimit(device: "d", hcaHandles: 1)] }, "rdma/d", "rdma"),
      (.with { $0.devices = [DeviceRule(allow: false)] }, "devices", "devices"),
    ] as [(Resources, String, String)])
  func aLimitWithoutItsControllerIsAnError(resources: Resources, field: String, controller: String) {
    let error = refusal(Hosts.bare, resources)
    #expect(error?.reason == .controllerAbsent)
    #expect(error?.field == "/linux/resources/" + field)
    #expect(error?.message.contains("the cgroup controller \(controller) is not available") == true)
  }

  @Test(arguments: [Hosts.bare, Hosts.v1, Hosts.comounted, Hosts.hybrid, Hosts.v2])
  func nothingSetIsNothingWritten(host: CgroupHost) throws {
    for resources in [nil, Resources()] {
      let plan = try CgroupPlan(resources: resources, cgroupsPath: "/c", id: "c", host: host)
      #expect(render(plan).allSatisfy { $0.hasSuffix(" inherited") })
      #expect(plan.directories.allSatisfy { $0.deviceProgram == nil && $0.required.isEmpty })
    }
  }
}
