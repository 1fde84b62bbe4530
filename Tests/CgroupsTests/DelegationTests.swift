// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Testing

@testable import Cgroups

@Suite struct DelegationTests {
  private func owners(_ host: CgroupHost) throws -> [UInt32?] {
    var options = CgroupOptions()
    options.owner = 100_000
    return try CgroupPlan(resources: nil, cgroupsPath: nil, id: "box", host: host, options: options)
      .directories.map(\.owner)
  }

  @Test func onlyVersion2IsDelegated() throws {
    #expect(try owners(Hosts.v2) == [100_000])
    // Beside version 1 the tree of version 2 has no controllers worth having, and version 1 is not safe to give away.
    #expect(try owners(Hosts.hybrid).allSatisfy { $0 == nil })
    #expect(try owners(Hosts.v1).allSatisfy { $0 == nil })
  }

  @Test func aHostWithoutVersion2HasNothingForAnOrdinaryUser() {
    #expect(Hosts.hybrid.delegated() == CgroupHost(hierarchies: []))
    #expect(Hosts.bare.delegated() == CgroupHost(hierarchies: []))
  }

  @Test(arguments: [("/", "/box"), ("/user.slice/app", "/user.slice/app/box")])
  func relativePathsStartAtTheBaseWhereThereIsOne(base: String, expected: String) throws {
    var host = Hosts.v2
    host.hierarchies[0].base = base
    #expect(
      try CgroupPlan(resources: nil, cgroupsPath: nil, id: "box", host: host).directories[0].path == expected)
    #expect(
      try CgroupPlan(resources: nil, cgroupsPath: "/a", id: "box", host: host).directories[0].path == "/a")
  }
}
