// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Engine

@Suite struct IdentityTests {
  private static func make(
    _ arguments: [String], _ change: (inout Facts) -> Void = { _ in }
  ) throws(EngineError) -> Blueprint {
    var facts = SpecBuilderTests.facts()
    change(&facts)
    return try Blueprint.make(try RunOptions.parse(arguments), facts)
  }

  private static let ordinary = IdentityMaps(
    users: [IDMapping(containerID: 0, hostID: 1000, size: 1)],
    groups: [IDMapping(containerID: 0, hostID: 1000, size: 1)])

  @Test func subordinateIDs() {
    let text = "# comment\nweb:100000:65536\n1000:200000:10\nother:1:1\nweb:x:1\nweb:1:0\nweb:4294967295:1\n"
    typealias Range = SubordinateIDs.Range
    let both = [Range(first: 100000, count: 65536), Range(first: 200000, count: 10)]
    #expect(SubordinateIDs.ranges(text, user: 1000, name: "web") == both)
    #expect(SubordinateIDs.ranges(text, user: 1000, name: nil) == [Range(first: 200000, count: 10)])
    #expect(SubordinateIDs.ranges(text, user: 7, name: "nobody").isEmpty)
  }

  @Test(arguments: [
    ("0:100000:65536", IDMapping(containerID: 0, hostID: 100000, size: 65536)),
    ("5:6", IDMapping(containerID: 5, hostID: 6, size: 1)),
  ])
  func mapping(text: String, expected: IDMapping) throws {
    #expect(try UserNamespaceOptions.mapping(text) == expected)
  }

  @Test(arguments: [
    "", "0", "0:1:0", "a:1:1", "0:-1:1", "+0:1:1", "0:1:1:1", "4294967295:0:1", "4294967294:0:2",
  ])
  func mappingsThatAreNone(text: String) {
    #expect(!failure { () throws(EngineError) in try UserNamespaceOptions.mapping(text) }.isEmpty)
  }

  @Test func rangesOfContainersDoNotOverlap() {
    var range = IdentityRanges.preferred("0123456789abcdef")
    let (first, size) = (range, IdentityRanges.size)
    for _ in 0..<3 {
      let next = IdentityRanges.next(range)
      #expect(next != range && next != first)
      range = next
    }
    let mapping = IdentityRanges.maps(range).users[0]
    #expect(mapping.hostID == range * size && mapping.hostID >= 524_288 && mapping.hostID < 1_879_048_192)
  }

  @Test func ordinaryUsersGetNoCgroupsUnasked() throws {
    let linux = try #require(
      try Self.make(["./r"]) { $0.ownMaps = Self.ordinary }.spec.linux)
    #expect(linux.cgroupsPath == nil && linux.resources == Resources() && linux.namespace(.user) == nil)
    let limited = try #require(
      try Self.make(["--pids-limit", "5", "./r"]) { $0.ownMaps = Self.ordinary }.spec.linux)
    #expect(limited.resources?.pids?.limit == 5)
  }

  @Test func groupOfTerminalsMustExist() throws {
    let spec = try Self.make(["./r"]) { $0.ownMaps = Self.ordinary }.spec
    let terminals = try #require(spec.mounts.first { $0.type == "devpts" })
    #expect(!terminals.options.contains("gid=5"))
  }

  @Test func usersThatDoNotExistAreRefused() {
    let said = failure { () throws(EngineError) in
      try Self.make(["-u", "33", "./r"]) { $0.ownMaps = Self.ordinary }
    }
    #expect(said.contains("--user: user 33 does not exist"))
  }

  @Test func namespaceOfTheContainersOwn() throws {
    let maps = IdentityRanges.maps(10)
    let blueprint = try Self.make(["--userns", "auto", "--overlay", "./r"]) { $0.userNamespace = maps }
    let linux = try #require(blueprint.spec.linux)
    #expect(linux.namespace(.user) != nil && linux.uidMappings == maps.users)
    #expect(
      blueprint.preparations.suffix(2) == [
        .mountMapped(source: "/roots/r", target: "lower", maps),
        .mountOverlay(
          lower: "/state/c/lower", upper: "upper", work: "work", target: "rootfs", volatile: false),
      ])
  }
}
