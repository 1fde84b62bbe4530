// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Netlink
import Testing

@testable import Networking

func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }

@Suite("Published ports")
struct PublishedPortTests {
  @Test(arguments: [
    ("80", "0->80/tcp"), ("8080:80", "8080->80/tcp"), ("127.0.0.1:8080:80/udp", "127.0.0.1:8080->80/udp"),
    ("[::1]:8080:80", "[::1]:8080->80/tcp"), ("127.0.0.1::80", "127.0.0.1:0->80/tcp"),
    ("0.0.0.0:53:53/UDP", "53->53/udp"), ("[::]:1:2/sctp", "1->2/sctp"), ("0:80", "0->80/tcp"),
  ])
  func one(_ text: String, _ expected: String) throws {
    #expect(try PublishedPort.parse(text).map { "\($0)" } == [expected])
  }

  @Test func ranges() throws {
    let ports = try PublishedPort.parse("8000-8002:80-82")
    #expect(ports.map(\.hostPort) == [8000, 8001, 8002])
    #expect(ports.map(\.containerPort) == [80, 81, 82])
    #expect(try PublishedPort.parse("80-81").map(\.containerPort) == [80, 81])
  }

  @Test(arguments: [
    "", "0", "65536", "80/icmp", "a:80", "1:2:3", "1.2.3:80:80", "80-79", "1-2:3", "[::1:80", "-1", "80:",
  ])
  func refused(_ text: String) {
    #expect(throws: NetworkingError.self) { try PublishedPort.parse(text) }
  }

  @Test func whatIsWrittenDownIsReadBack() throws {
    for text in ["127.0.0.1:8080:80/udp", "[::1]:1:2/tcp", "8080:80/sctp"] {
      #expect(try PublishedPort.parse(text).map(\.wireText) == [text])
    }
  }
}

@Suite("Subnets and the addresses that they give away")
struct SubnetTests {
  @Test func theLowestFreeOne() throws {
    let pool = AddressPool(subnet: Subnet(try prefix("10.0.0.0/29")))
    #expect(try pool.next(taken: []) == address("10.0.0.2"))
    #expect(try pool.next(taken: [address("10.0.0.2"), address("10.0.0.4")]) == address("10.0.0.3"))
    let all = try (2...6).map { try address("10.0.0.\($0)") }
    #expect(pool.next(taken: Set(all)) == nil)
    #expect(try !pool.mayGive(address("10.0.0.7")))
    #expect(try !pool.mayGive(address("10.0.0.1")))
  }

  @Test func aRangeInsideTheBlock() throws {
    let subnet = Subnet(try prefix("10.0.0.0/24"), range: try prefix("10.0.0.128/31"))
    let pool = AddressPool(subnet: subnet)
    #expect(try pool.next(taken: []) == address("10.0.0.128"))
    #expect(try pool.next(taken: [address("10.0.0.128"), address("10.0.0.129")]) == nil)
    #expect(try pool.mayGive(address("10.0.0.7")))
  }

  @Test func theEndOfAllAddresses() throws {
    let subnet = Subnet(try prefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffc/126"))
    let taken = try Set(["e", "f"].map { try address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff\($0)") })
    #expect(AddressPool(subnet: subnet).next(taken: taken) == nil)
  }

  @Test(arguments: ["10.0.0.0/31", "10.0.0.0/32", "127.0.0.0/8", "224.0.0.0/4", "0.0.0.0/0", "ff00::/64"])
  func blocksOfNoUse(_ text: String) throws {
    let subnet = Subnet(try prefix(text))
    #expect(throws: NetworkingError.self) { try subnet.check() }
  }

  @Test(arguments: ["", ".", "..", "a/b", "-a", "none", "host", "a b", "ü"]) func badNames(_ name: String) {
    #expect(throws: NetworkingError.self) { try Network.check(name: name) }
  }

  @Test func theFileIsReadBack() throws {
    let subnet = Subnet(
      try prefix("10.0.0.0/24"), gateway: try address("10.0.0.9"), range: try prefix("10.0.0.64/26"))
    var network = Network(
      "one", .bridge, interface: "roost7", subnets: [subnet, Subnet(try prefix("fd00::/64"))])
    network.isInternal = true
    network.mtuBytes = 1400
    network.labels = ["a": "b", "c": ""]
    network.createdNanoseconds = 5
    #expect(try Network(json: network.json(), source: "test") == network)
    #expect(throws: NetworkingError.self) { try Network(json: Array("{}".utf8), source: "test") }
  }
}

@Suite("The plan of a container's network")
struct NetworkPlanTests {
  static func endpoint() throws -> Endpoint {
    var endpoint = Endpoint(
      container: "c0ffee", network: "one", hostInterface: "rc0ffee0", interface: "eth0",
      hardwareAddress: try #require(MACAddress("02:42:0a:00:00:02")), addresses: [try prefix("10.0.0.2/24")])
    endpoint.names = ["web", "alias"]
    endpoint.ports = try PublishedPort.parse("127.0.0.1:8080:80") + PublishedPort.parse("53:53/udp")
    return endpoint
  }

  @Test func onABridge() throws {
    let network = Network("one", .bridge, interface: "roost0", subnets: [Subnet(try prefix("10.0.0.0/24"))])
    let endpoint = try Self.endpoint()
    let plan = try NetworkPlan([.init(Attachment(.network("one")), endpoint, network: network)]) { _ in "mark"
    }
    let expected: [NetworkStep] = [
      .bridge(name: "roost0", alias: "mark", mtuBytes: nil, addresses: [try prefix("10.0.0.1/24")]),
      .hostSetting(path: "ipv6/conf/roost0/accept_ra", value: "0"),
      .hostSetting(path: "ipv4/conf/roost0/route_localnet", value: "1"),
      .hostSetting(path: "ipv4/ip_forward", value: "1"),
      .namespace,
      .setting(path: "ipv6/conf/default/accept_ra", value: "0"),
      .setting(path: "ipv4/ping_group_range", value: "0 2147483647"),
      .setting(path: "ipv4/ip_unprivileged_port_start", value: "0"),
      .up(interface: "lo"),
      .cable(host: "rc0ffee0", inside: "eth0", hardwareAddress: endpoint.hardwareAddress, mtuBytes: nil),
      .port(interface: "rc0ffee0", bridge: "roost0"),
      .hostUp(interface: "rc0ffee0"),
      .address(interface: "eth0", try prefix("10.0.0.2/24")),
      .up(interface: "eth0"),
      .defaultRoute(try address("10.0.0.1"), interface: "eth0"),
      .nameServer,
      .rules(endpoint),
    ]
    #expect(plan.steps == expected)
  }

  @Test func anInternalNetworkHasNoWayOut() throws {
    var network = Network("one", .bridge, interface: "roost0", subnets: [Subnet(try prefix("10.0.0.0/24"))])
    network.isInternal = true
    let plan = try NetworkPlan([.init(Attachment(.network("one")), try Self.endpoint(), network: network)]) {
      _ in
      ""
    }
    #expect(!plan.steps.contains { $0.summary.contains("route") || $0.summary.contains("ip_forward") })
  }

  @Test func rulesOfAnEndpoint() throws {
    let endpoint = try Self.endpoint()
    let ports = Firewall.portElements(endpoint)
    #expect(ports["ports_of_address4"]?.map(\.nftText) == ["127.0.0.1 . tcp . 8080 : 10.0.0.2 . 80"])
    #expect(ports["ports4"]?.map(\.nftText) == ["udp . 53 : 10.0.0.2 . 53"])
    let guards = Firewall.guardElements(endpoint)
    #expect(guards["addresses4"]?.map(\.nftText) == ["\"rc0ffee0\" . 10.0.0.2"])
    #expect(guards["hardware"]?.map(\.nftText) == ["\"rc0ffee0\" . 02:42:0a:00:00:02"])
    #expect(guards["addresses6"] == nil)
  }

  @Test func theLoopbackOfIPv6() throws {
    var endpoint = try Self.endpoint()
    endpoint.addresses.append(try prefix("fd00::2/64"))
    endpoint.ports =
      try PublishedPort.parse("[::1]:8080:80") + PublishedPort.parse("53:53/udp")
      + PublishedPort.parse("127.0.0.1:81:81") + PublishedPort.parse("5000:5000/sctp")
    #expect(Firewall.portElements(endpoint)["ports_of_address6"] == nil)
    #expect(endpoint.translatedPorts.count == 3)
    let relayed = endpoint.ports.compactMap(\.onLoopback6)
    #expect(relayed.map(\.wireText) == ["[::1]:8080:80/tcp", "[::1]:53:53/udp"])
    let network = Network("one", .bridge, interface: "roost0", subnets: [Subnet(try prefix("10.0.0.0/24"))])
    var interface = NetworkPlan.Interface(Attachment(.network("one")), endpoint, network: network)
    interface.relayedPorts = relayed
    let last = try #require(try NetworkPlan([interface]) { _ in "" }.steps.last)
    #expect(last == .relay(relayed, to: endpoint.addresses.map(\.address)))
    #expect(
      last.shell == [
        "socat TCP6-LISTEN:8080,bind=[::1],reuseaddr,fork TCP:[fd00::2]:80 &",
        "socat UDP6-LISTEN:53,bind=[::1],fork UDP:[fd00::2]:53 &",
      ])
  }

  @Test func endpointsAreReadBack() throws {
    let endpoint = try Self.endpoint()
    #expect(try Endpoint(json: endpoint.json(), source: "test") == endpoint)
  }

  @Test func namesOfOthers() throws {
    let others = [Networks.lines(try Self.endpoint())]
    let own = Array("127.0.0.1\tlocalhost".utf8)
    let once = Networks.hosts(own, others: others)
    #expect(
      String(decoding: once, as: UTF8.self)
        == "127.0.0.1\tlocalhost\n" + Networks.marker + "10.0.0.2\tweb alias\n")
    #expect(Networks.hosts(once, others: others) == once)
    #expect(Networks.hosts(once, others: []) == Array(("127.0.0.1\tlocalhost\n" + Networks.marker).utf8))
    #expect(Networks.hosts(own, others: []) == own)
    var nameless = try Self.endpoint()
    nameless.names = []
    #expect(Networks.lines(nameless).isEmpty)
  }

  @Test func whatCannotBe() throws {
    var cable = Attachment(.cable)
    cable.addresses = [AskedAddress(address: try address("10.0.0.1"), length: 24)]
    #expect(throws: NetworkingError.self) { try cable.check() }
    cable.hostAddresses = [AskedAddress(address: try address("10.0.0.1"), length: 24)]
    #expect(throws: NetworkingError.self) { try cable.check() }
    cable.hostAddresses = [AskedAddress(address: try address("10.0.0.2"), length: 24)]
    try cable.check()
    cable.gateways = [try address("10.0.1.1")]
    #expect(throws: NetworkingError.self) { try cable.check() }
  }
}
