// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Testing

@testable import Cgroups

@Suite struct HostTests {
  @Test func membershipsAreParsed() throws {
    let text = """
      12:name=systemd:/user.slice/a:b
      4:cpu,cpuacct:/
      3:net_cls,net_prio:/x
      2:debugging:/
      0::/user.slice/session-1.scope

      """
    let memberships = try Membership.parse(Array(text.utf8))
    #expect(
      memberships == [
        Membership(version: .v1, name: "name=systemd", controllers: [], path: "/user.slice/a:b"),
        Membership(version: .v1, name: "cpu,cpuacct", controllers: [.cpu, .cpuacct], path: "/"),
        Membership(version: .v1, name: "net_cls,net_prio", controllers: [.netCls, .netPrio], path: "/x"),
        Membership(version: .v1, name: "debugging", controllers: [], path: "/"),
        Membership(version: .v2, name: "unified", controllers: [], path: "/user.slice/session-1.scope"),
      ])
  }

  @Test(arguments: ["4:cpu", "4:cpu:relative", "nonsense"]) func otherLinesAreErrors(line: String) {
    #expect(throws: CgroupError.self) { try Membership.parse(Array(line.utf8)) }
  }

  @Test func messagesAreLines() {
    let error = #expect(throws: CgroupError.self) { try Membership.parse(Array("1\u{10}133\u{85}".utf8)) }
    #expect(
      error?.description
        == "/proc/self/cgroup: the line \"1\\u0010133\\u0085\" does not have three parts")
  }

  @Test(arguments: [("/", "/"), ("/a", "/a"), ("/..", nil), ("/../b", nil), ("/..a", "/..a")])
  func pathsOutsideTheNamespaceAreTold(path: String, expected: String?) {
    let membership = Membership(version: .v2, name: "unified", controllers: [], path: path)
    #expect(membership.pathBelowMount == expected)
  }

  private let mountInfo = """
    22 1 0:20 / /proc rw - proc proc rw
    30 25 0:26 / /cg/first rw,nosuid shared:9 - cgroup cgroup rw,cpuacct,cpu
    31 25 0:27 /docker/abc /odd\\040place\\134x rw shared:10 master:3 - cgroup none rw,memory
    32 25 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
    33 25 0:29 / /cg/two rw - cgroup2 cgroup2 rw,nsdelegate
    34 25 0:30 / /broken rw - cgroup
    """

  @Test func mountsAreFoundInMountInfo() throws {
    let memberships = [
      Membership(version: .v1, name: "cpu,cpuacct", controllers: [.cpu, .cpuacct], path: "/own"),
      Membership(version: .v1, name: "memory", controllers: .memory, path: "/docker/abc/sub"),
      Membership(version: .v1, name: "name=systemd", controllers: [], path: "/"),
      Membership(version: .v1, name: "pids", controllers: .pids, path: "/"),
      Membership(version: .v2, name: "unified", controllers: [], path: "/../x"),
    ]
    let found = try CgroupHost.located(memberships, inMountInfo: Array(mountInfo.utf8))
    #expect(
      found == [
        CgroupHierarchy(
          .v1, name: "cpu,cpuacct", controllers: [.cpu, .cpuacct], mountPoint: "/cg/first", ownPath: "/own"),
        CgroupHierarchy(
          .v1, name: "memory", controllers: .memory, mountPoint: "/odd place\\x", ownPath: "/sub"),
        CgroupHierarchy(
          .v1, name: "name=systemd", controllers: [], mountPoint: "/sys/fs/cgroup/systemd", ownPath: "/"),
        CgroupHierarchy(.v2, name: "unified", controllers: [], mountPoint: "/cg/two", ownPath: nil),
      ])
  }

  @Test(arguments: [
    ("/", "/a/b", "/a/b"), ("/a", "/a", "/"), ("/a", "/a/b", "/b"), ("/a", "/ab", nil), ("/a/b", "/a", nil),
    ("/", "/../x", nil),
  ])
  func aPathIsSeenBelowAMountOfAPart(root: String, path: String, expected: String?) {
    let mount = CgroupMount(version: .v1, root: root, mountPoint: "/m", options: [])
    #expect(mount.below(path) == expected)
  }

  @Test func layoutsAreTold() {
    #expect(Hosts.bare.layout == .none)
    #expect(Hosts.v1.layout == .v1)
    #expect(Hosts.hybrid.layout == .hybrid)
    #expect(Hosts.v2.layout == .v2)
  }

  @Test func controllersHaveTheNamesOfTheirVersion() {
    #expect(
      CgroupControllers(list: "cpu io  memory nonsense".utf8, separator: UInt8(ascii: " ")) == [
        .cpu, .io, .memory,
      ])
    #expect(CgroupControllers(name: "blkio".utf8) == .io)
    #expect(CgroupControllers([.io, .cpu]).names(.v1) == ["cpu", "blkio"])
    #expect(CgroupControllers([.io, .cpu]).description == "cpu io")
  }

  @Test func numbersAreChecked() {
    #expect(parseNumber("0".utf8) == 0)
    #expect(parseNumber("18446744073709551615".utf8) == .max)
    #expect(parseNumber("max".utf8) == .max)
    for text in ["", "-1", "+1", "1 ", "0x1", "18446744073709551616", "99999999999999999999"] {
      #expect(parseNumber(text.utf8) == nil, "\(text)")
    }
  }
}
