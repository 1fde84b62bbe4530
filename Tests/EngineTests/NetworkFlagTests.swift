// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Networking
import OCI
import Testing

@testable import Engine

@Suite("Networks on the command line")
struct NetworkFlagTests {
  static func options(_ arguments: String...) throws -> RunOptions {
    try RunOptions.parse(arguments + ["root"])
  }

  @Test func modes() throws {
    #expect(try Self.options().effectiveNetwork == .none)
    #expect(try Self.options("--net=host").effectiveNetwork == .host)
    #expect(try Self.options("--network", "container:web").effectiveNetwork == .container("web"))
    #expect(try Self.options("--network", "ns:/run/netns/a").effectiveNetwork == .path("/run/netns/a"))
    #expect(try Self.options("--network", "bridge").effectiveNetwork.text == "default")
    #expect(
      try Self.options("--ip", "10.0.0.1/24", "--host-ip", "10.0.0.2/24").effectiveNetwork.text == "cable")
  }

  @Test func theCallerDecidesForThoseWhoAskForNone() throws {
    let root = Caller(workingDirectory: "/", executable: "/roost", userID: 0, groupID: 0)
    let open = try Self.options("-p", "80")
    #expect(open.askedNetwork == nil && open.effectiveNetwork == .none)
    for given in ["none", "host", "pasta"] {
      let asked = try Self.options("--network", given)
      #expect(try root.decidingNetwork(asked) == asked)
    }
  }

  @Test func programsThatCarryNetworks() throws {
    let options = try Self.options(
      "--network", "pasta:-T,5432,--mtu=1400", "-p", "8080:80", "-p", "[::1]:53:53/udp")
    #expect(options.effectiveNetwork.text == "pasta:-T,5432,--mtu=1400")
    let request = try #require(
      try options.userNetworkRequest(groups: [.init(containerID: 0, hostID: 7, size: 10)]))
    #expect(request.highestGroup == 9 && request.ports.count == 2)
    let shell = NetworkStep.carrier(request).shell.joined()
    #expect(shell.contains("-t 8080:80 -u ::1/53:53 -T 5432 --mtu=1400"))
    #expect(try Self.options("--network", "slirp4netns").effectiveNetwork.text == "slirp4netns")
  }

  @Test func propertiesOfAnInterface() throws {
    let request = try Self.options(
      "--network", "one:ip=10.0.0.7,mac=02:00:00:00:00:07,alias=a,alias=b,rate=10mbit,mtu=1400", "--network",
      "name=two", "--network-alias", "c", "-p", "80"
    ).networkRequest()
    let first = try #require(request?.attachments.first)
    #expect(first.target == .network("one") && request?.attachments.count == 2)
    #expect(first.addresses.map { "\($0.address)" } == ["10.0.0.7"])
    #expect(first.aliases == ["a", "b", "c"] && first.bitsPerSecond == 10_000_000 && first.mtuBytes == 1400)
    #expect(request?.ports.map(\.containerPort) == [80])
  }

  @Test(arguments: [
    "one,ip=", "one,ip", "one,nosuch=1", "one,mac=1", "one,rate=1", "one,rate=mbit", "one,mode=l2", "bridge:",
    "bridge:a/b", "macvlan:", "container:", "ns:relative", "", "one,mtu=1", "pasta:", "pasta:--netns,x",
    "slirp4netns:-a=x",
  ])
  func refused(_ text: String) {
    #expect(throws: EngineError.self) { try Self.options("--network", text) }
  }

  @Test func resolvers() {
    let host = ResolverText("# a\nnameserver 127.0.0.53\nnameserver 192.0.2.1\nsearch a b\noptions edns0\n")
    #expect(host.reachableFromElsewhere.text == "nameserver 192.0.2.1\nsearch a b\noptions edns0\n")
    let given = ResolverText(servers: [], search: ["."], options: [])
    #expect(given.over(host.reachableFromElsewhere).text == "nameserver 192.0.2.1\noptions edns0\n")
  }
}
