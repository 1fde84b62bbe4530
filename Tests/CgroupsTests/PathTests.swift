// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Cgroups

@Suite struct PathTests {
  private func paths(_ host: CgroupHost, _ path: String?) throws -> [String] {
    try CgroupPlan(resources: nil, cgroupsPath: path, id: "box", host: host).directories.map { $0.hostPath }
  }

  @Test func absolutePathsStartAtTheRootOfEachHierarchy() throws {
    #expect(
      try paths(Hosts.comounted, "/docker/x") == [
        "/sys/fs/cgroup/systemd/docker/x", "/sys/fs/cgroup/cpu,cpuacct/docker/x",
        "/sys/fs/cgroup/net_cls,net_prio/docker/x", "/sys/fs/cgroup/devices/docker/x",
        "/sys/fs/cgroup/freezer/docker/x", "/sys/fs/cgroup/memory/docker/x",
      ])
    #expect(try paths(Hosts.v2, "/docker/x") == ["/sys/fs/cgroup/docker/x"])
  }

  @Test func relativePathsStartAtTheCallersCgroupOnVersion1AndBesideItOnVersion2() throws {
    #expect(
      try paths(Hosts.hybrid, "a/b") == [
        "/sys/fs/cgroup/systemd/a/b", "/sys/fs/cgroup/pids/a/b", "/sys/fs/cgroup/devices/a/b",
        "/sys/fs/cgroup/memory/api/x/a/b", "/sys/fs/cgroup/cpuset/a/b", "/sys/fs/cgroup/cpu/a/b",
        "/sys/fs/cgroup/unified/a/b",
      ])
    #expect(try paths(Hosts.v2, "a/b") == ["/sys/fs/cgroup/user.slice/a/b"])
  }

  @Test(arguments: [nil, ""]) func withoutAPathTheIdIsTheCgroup(path: String?) throws {
    #expect(try paths(Hosts.v2, path) == ["/sys/fs/cgroup/user.slice/box"])
  }

  @Test func pathsAreCleaned() throws {
    #expect(try paths(Hosts.v2, "//a/./b///c/") == ["/sys/fs/cgroup/a/b/c"])
    #expect(try paths(Hosts.v2, "/...") == ["/sys/fs/cgroup/..."])
  }

  @Test(arguments: [
    ("/../x", "\"/../x\" contains \"..\""), ("a/../../b", "\"a/../../b\" contains \"..\""),
    ("..", "\"..\" contains \"..\""), ("/", "\"/\" is the root"), ("/./", "\"/./\" is the root"),
    ("/a\nb", "contains a NUL or a line feed"), ("/a\0b", "contains a NUL or a line feed"),
    ("/" + String(repeating: "x", count: 256), "over 255 bytes"),
  ])
  func badPathsAreRefused(path: String, words: String) throws {
    let error = #expect(throws: CgroupError.self) { try paths(Hosts.v1, path) }
    #expect(error?.reason == .invalidPath)
    #expect(error?.field == "/linux/cgroupsPath")
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  @Test func anOwnCgroupOutsideTheNamespaceIsNoStartingPoint() throws {
    var host = Hosts.v1
    host.hierarchies[1].ownPath = nil
    let error = #expect(throws: CgroupError.self) { try paths(host, "x") }
    #expect(error?.reason == .invalidPath)
    #expect(error?.message.contains("hierarchy pids is outside its cgroup namespace") == true)
    #expect(try paths(host, "/x").count == host.hierarchies.count)
  }

  @Test func recordsNameEveryDirectory() throws {
    let plan = try CgroupPlan(resources: nil, cgroupsPath: nil, id: "box", host: Hosts.hybrid)
    #expect(
      plan.records[3]
        == CgroupRecord(
          hierarchy: "memory", mountPoint: "/sys/fs/cgroup/memory", path: "/api/x/box", createdFrom: ""))
    #expect(plan.records[6].version == .v2)
    #expect(plan.records.map { $0.hostPath } == plan.directories.map { $0.hostPath })
    #expect(
      plan.directories.map { $0.entrance == .clone } == [false, false, false, false, false, false, true])
  }
}
