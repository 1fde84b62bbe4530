// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux
import Testing

@testable import Netlink

/// Calls `body` in a new network namespace that ends with it.
func inNewNamespace(_ body: () throws -> Void) throws {
  let home = try openat(.workingDirectory, "/proc/thread-self/ns/net", [.readOnly])
  try unshare(.newNetwork)
  defer { #expect(throws: Never.self) { try setns(home.fd, .newNetwork) } }
  try body()
}

@Suite("Against the kernel, in namespaces of the test's own", .enabled(if: geteuid() == 0))
struct LiveTests {
  @Test func cableBetweenTwoNamespaces() throws {
    try inNewNamespace {
      let outside = try NetlinkSocket(.route)
      let here = try openat(.workingDirectory, "/proc/thread-self/ns/net", [.readOnly])
      try inNewNamespace {
        let inside = try NetlinkSocket(.route)
        let there = try openat(.workingDirectory, "/proc/thread-self/ns/net", [.readOnly])
        var near = LinkProperties(name: "h0")
        near.isUp = true
        near.mtuBytes = 1400
        var far = LinkProperties(name: "eth0")
        far.namespace = there.fd
        far.address = MACAddress("02:00:00:00:00:05")
        try outside.send(.addLink(.veth(peer: far), near))

        let host = try #require(try outside.link(named: "h0"))
        #expect(host.kind == "veth" && host.mtuBytes == 1400 && host.isUp)
        let link = try #require(try inside.link(named: "eth0"))
        #expect(link.address == far.address && !link.isUp)
        var up = LinkProperties()
        up.isUp = true
        let ip = InterfaceAddress(try prefix("10.0.0.1/24"), interface: link.index)
        let route = try #require(Route.byDefault(via: try address("10.0.0.2"), interface: link.index))
        try inside.send([.setLink(index: link.index, up), .add(ip), .add(route)])

        let addresses = try inside.addresses(ofInterface: link.index)
        let found = try #require(addresses.first { $0.prefix == ip.prefix })
        #expect(found.isGlobal && found.isPermanent && found.broadcast == ip.broadcast)
        let routes = try inside.routes(.v4)
        #expect(routes.contains { $0.isDefault && $0.gateway == route.gateway })
        #expect(routes.contains { $0.destination == ip.prefix.network && $0.gateway == nil })

        // Back, under a name that the kernel completes.
        var back = LinkProperties(name: "back%d")
        back.namespace = here.fd
        try inside.send(.setLink(index: link.index, back))
        #expect(try inside.link(named: "eth0") == nil)
        #expect(try outside.link(named: "back0") != nil)
      }
    }
  }

  @Test func theKernelsWords() throws {
    try inNewNamespace {
      let socket = try NetlinkSocket(.route)
      try socket.send(.addLink(.bridge(forwardedGroups: 0), LinkProperties(name: "br0")))
      let again = #expect(throws: NetlinkError.self) {
        try socket.send(.addLink(.bridge(forwardedGroups: 0), LinkProperties(name: "br0")))
      }
      #expect(again?.errno == .exists && again?.object == "br0")
      let bridge = try #require(try socket.link(named: "br0"))
      let unreachable = try #require(Route.byDefault(via: try address("192.0.2.1"), interface: bridge.index))
      let error = #expect(throws: NetlinkError.self) { try socket.send(.add(unreachable)) }
      #expect(error?.reason.isEmpty == false)
      try socket.send(.deleteLink(index: bridge.index))
      #expect(try socket.link(named: "br0") == nil)
      #expect(try socket.link(named: "a-name-that-is-far-too-long") == nil)
    }
  }

  @Test func bridgePortsAndNeighbours() throws {
    try inNewNamespace {
      let socket = try NetlinkSocket(.route)
      try socket.send(.addLink(.bridge(forwardedGroups: 0), LinkProperties(name: "br0")))
      let bridge = try #require(try socket.link(named: "br0"))
      var quiet = LinkProperties()
      quiet.linkLocalMode = LinkProperties.LinkLocalMode.none
      var up = LinkProperties()
      up.isUp = true
      try socket.send([.setLink(index: bridge.index, quiet), .setLink(index: bridge.index, up)])
      #expect(try socket.addresses(ofInterface: bridge.index).isEmpty)
      var port = LinkProperties(name: "p0")
      port.master = bridge.index
      try socket.send(.addLink(.veth(peer: LinkProperties(name: "p1")), port))
      var named = LinkProperties()
      named.alias = "a port"
      let index = try #require(try socket.link(named: "p0")).index
      try socket.send(.setLink(index: index, named))
      let link = try #require(try socket.link(named: "p0"))
      #expect(link.master == bridge.index && link.alias == "a port")
      var properties = BridgePortProperties()
      properties.isIsolated = true
      properties.learns = false
      try socket.send(.setBridgePort(index: link.index, properties, object: "p0"))
      let mac = try #require(MACAddress("02:00:00:00:00:09"))
      let neighbour = Neighbour(permanent: try address("10.0.0.9"), at: mac, interface: bridge.index)
      try socket.send(.set(neighbour))
      #expect(try socket.neighbours().contains(neighbour))
      try socket.send(.delete(neighbour))
      #expect(try socket.links().map(\.name).contains("p1"))
    }
  }
}

@Suite("nf_tables, in namespaces of the test's own", .enabled(if: geteuid() == 0))
struct FilterLiveTests {
  static let table = FilterTable(.inet, "test")
  static let sets = [
    FilterSet("ports", key: [.transportProtocol, .port], value: [.ipv4, .port]),
    FilterSet("bridges", key: [.interfaceName]),
  ]

  static func element(_ port: UInt16, _ target: String) throws -> FilterElement {
    FilterElement([.transportProtocol(6), .port(port)], value: [.address(try address(target)), .port(80)])
  }

  static func replacement(_ rules: [FilterRule], _ elements: [FilterElement]) -> [NetlinkMessage] {
    NetlinkMessage.replace(
      table, sets: sets, elements: ["ports": elements],
      chains: [FilterChain("prerouting", FilterHook(.nat, .prerouting, .destinationNAT), rules)])
  }

  static let translate = FilterRule(
    FilterExpression.isVersion(.v4) + FilterExpression.isToThisMachine + [
      .load(.transportProtocol, register: 0), .loadPayload(.transport, offset: 2, length: 2, register: 1),
      .map("ports", register: 0, into: 4), .destinationNAT(.v4, address: 4, port: 5),
    ], comment: "published")

  @Test func aTableIsReplacedAsAWhole() throws {
    try inNewNamespace {
      let socket = try NetlinkSocket(.netfilter)
      #expect(try !socket.exists(Self.table))
      try socket.commit(Self.replacement([Self.translate], [try Self.element(8080, "10.0.0.2")]))
      #expect(try socket.exists(Self.table))
      #expect(try socket.countRules(of: Self.table) == 1)
      try socket.commit(Self.replacement([Self.translate, Self.translate], []))
      #expect(try socket.countRules(of: Self.table) == 2)

      // A rule that makes no sense: nothing of the batch happens, and the error says what was refused.
      let wrong = FilterRule([.lookup(set: "absent", register: 0, isMember: true)], comment: "wrong")
      let error = #expect(throws: NetlinkError.self) { try socket.commit(Self.replacement([wrong], [])) }
      #expect(error?.request == "NFT_MSG_NEWRULE" && error?.errno == .noEntry)
      #expect(error?.object == "table inet chain prerouting: wrong")
      #expect(try socket.countRules(of: Self.table) == 2)
    }
  }

  @Test func elementsComeAndGo() throws {
    try inNewNamespace {
      let socket = try NetlinkSocket(.netfilter)
      let many = try (UInt16(1)...2000).map { try Self.element($0, "10.0.0.2") }
      try socket.commit(Self.replacement([Self.translate], many))
      let one = try Self.element(8080, "10.0.0.2")
      try socket.commit([.add([one], to: "ports", of: Self.table)])
      try socket.commit([.add([one], to: "ports", of: Self.table)])
      let other = try Self.element(8080, "10.0.0.3")
      #expect(throws: NetlinkError.self) { try socket.commit([.add([other], to: "ports", of: Self.table)]) }
      try socket.commit([.delete([one], from: "ports", of: Self.table)])
      let gone = #expect(throws: NetlinkError.self) {
        try socket.commit([.delete([one], from: "ports", of: Self.table)])
      }
      #expect(gone?.errno == .noEntry)
    }
  }
}
