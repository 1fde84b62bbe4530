// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Netlink

/// The rules of all networks: a pure function of networks and endpoints.
///
/// Everything is in two tables of our own. Nothing here accepts what another table drops: in nf_tables a drop in any
/// chain is final and an accept ends one chain only. Who wants to restrict containers writes a chain of their own at the
/// hooks `prerouting`, `forward` or `input`, at any priority; published ports have `ct status dnat` in `forward`.
public struct Firewall: Equatable, Sendable {
  /// Addresses, ports, forwarding.
  public let routing: FilterTable
  /// What each port of a bridge may send.
  public let guardTable: FilterTable
  public var networks: [Network]
  public var endpoints: [Endpoint]

  /// - Parameter name: The tables' name; each engine directory has its own.
  public init(name: String, networks: [Network], endpoints: [Endpoint]) {
    routing = FilterTable(.inet, name)
    guardTable = FilterTable(.bridge, name)
    self.networks = networks.filter { $0.driver == .bridge }
    let known = Set(self.networks.map(\.name))
    self.endpoints = endpoints.filter { known.contains($0.network) }
  }

  /// Messages that make the kernel's rules these, in one transaction.
  public func replacement() -> [NetlinkMessage] {
    var routingElements = networkElements
    var guardElements: [String: [FilterElement]] = [:]
    for endpoint in endpoints {
      routingElements.merge(Self.portElements(endpoint)) { $0 + $1 }
      guardElements.merge(Self.guardElements(endpoint)) { $0 + $1 }
    }
    return NetlinkMessage.replace(
      routing, sets: Self.routingSets, elements: routingElements.mapValues(Self.unique), chains: routingChains
    )
      + NetlinkMessage.replace(
        guardTable, sets: Self.guardSets, elements: guardElements.mapValues(Self.unique),
        chains: Self.guardChains)
  }

  /// Messages for one more endpoint.
  public func addition(_ endpoint: Endpoint) -> [NetlinkMessage] {
    messages(endpoint) { .add($0, to: $1, of: $2) }
  }

  /// Messages for one endpoint less; what is gone already is fine.
  public func removal(_ endpoint: Endpoint) -> [NetlinkMessage] {
    // Deleting refuses what is not there: what was just added is there.
    addition(endpoint) + messages(endpoint) { .delete($0, from: $1, of: $2) }
  }

  private func messages(
    _ endpoint: Endpoint, _ make: ([FilterElement], String, FilterTable) -> NetlinkMessage
  ) -> [NetlinkMessage] {
    let ports = Self.portElements(endpoint).sorted { $0.key < $1.key }
    let guards = Self.guardElements(endpoint).sorted { $0.key < $1.key }
    return ports.map { make($0.value, $0.key, routing) } + guards.map { make($0.value, $0.key, guardTable) }
  }

  private static func unique(_ elements: [FilterElement]) -> [FilterElement] {
    var keys: Set<[FilterDatum]> = []
    return elements.filter { keys.insert($0.key).inserted }
  }

  // MARK: Addresses, ports, forwarding

  enum SetName {
    static let bridges = "bridges"
    static let internals = "internal"
    static let within = "within"
    static func ports(_ version: IPAddress.Version, anyAddress: Bool) -> String {
      (anyAddress ? "ports" : "ports_of_address") + (version == .v4 ? "4" : "6")
    }
  }

  static let routingSets: [FilterSet] = {
    var sets = [
      FilterSet(SetName.bridges, key: [.interfaceName]), FilterSet(SetName.internals, key: [.interfaceName]),
      FilterSet(SetName.within, key: [.interfaceName, .interfaceName]),
    ]
    for (version, field) in [(IPAddress.Version.v4, FilterField.ipv4), (.v6, .ipv6)] {
      let target: [FilterField] = [field, .port]
      sets.append(
        FilterSet(SetName.ports(version, anyAddress: true), key: [.transportProtocol, .port], value: target))
      sets.append(
        FilterSet(
          SetName.ports(version, anyAddress: false), key: [field, .transportProtocol, .port], value: target))
    }
    return sets
  }()

  private var networkElements: [String: [FilterElement]] {
    var result: [String: [FilterElement]] = [:]
    for network in networks {
      let name = FilterDatum.interface(network.interface)
      result[SetName.bridges, default: []].append(FilterElement([name]))
      if network.isInternal { result[SetName.internals, default: []].append(FilterElement([name])) }
      if network.connectsContainers {
        result[SetName.within, default: []].append(FilterElement([name, name]))
      }
    }
    return result
  }

  static func portElements(_ endpoint: Endpoint) -> [String: [FilterElement]] {
    var result: [String: [FilterElement]] = [:]
    for port in endpoint.translatedPorts {
      for version in [IPAddress.Version.v4, .v6] {
        guard let target = endpoint.address(version) else { continue }
        if let own = port.hostAddress, own.version != version { continue }
        var key: [FilterDatum] = [.transportProtocol(port.transport.number), .port(port.hostPort)]
        if let own = port.hostAddress { key.insert(.address(own), at: 0) }
        let element = FilterElement(key, value: [.address(target), .port(port.containerPort)])
        result[SetName.ports(version, anyAddress: port.hostAddress == nil), default: []].append(element)
      }
    }
    return result
  }

  private var routingChains: [FilterChain] {
    [
      FilterChain("raw", FilterHook(.filter, .prerouting, .raw), [Self.noLoopbackFromBridges]),
      FilterChain(
        "prerouting", FilterHook(.nat, .prerouting, .destinationNAT),
        [Self.loopbackStaysHere, FilterRule(FilterExpression.isToThisMachine + [.verdict(.jump("publish"))])]),
      FilterChain(
        "output", FilterHook(.nat, .output, .destinationNAT),
        [
          Self.loopback6IsRelayed,
          FilterRule(FilterExpression.isToThisMachine + [.verdict(.jump("publish"))]),
        ]),
      FilterChain("publish", nil, Self.publishRules),
      FilterChain("postrouting", FilterHook(.nat, .postrouting, .sourceNAT), sourceRules),
      FilterChain("forward", FilterHook(.filter, .forward, .filter), Self.forwardRules),
    ]
  }

  private static let loopback = IPPrefix(IPAddress(.v4, 127 << 24), length: 8)
  private static let loopback6 = IPPrefix(IPAddress(.v6, 1), length: 128)

  /// Bridges have `route_localnet`, so that ports published on 127.0.0.1 work; containers must not profit.
  private static var noLoopbackFromBridges: FilterRule {
    var match = FilterExpression.interface(.inputInterface, in: SetName.bridges)
    if let loopback { match += FilterExpression.address(false, in: loopback) }
    return FilterRule(match + [.verdict(.drop)], comment: "containers do not reach the host's loopback")
  }

  /// A neighbour on the wire may send to 127.0.0.1 what only this machine should: nothing is translated for it.
  private static var loopbackStaysHere: FilterRule {
    var match = FilterExpression.interface(.inputInterface, "lo", isSame: false)
    if let loopback { match += FilterExpression.address(false, in: loopback) }
    return FilterRule(match + [.verdict(.return)], comment: "ports of 127.0.0.1 are for this machine")
  }

  /// What was translated would leave with `::1` as its source, and be lost.
  private static var loopback6IsRelayed: FilterRule {
    let match = loopback6.map { FilterExpression.address(false, in: $0) } ?? []
    return FilterRule(match + [.verdict(.return)], comment: "ports of ::1 have a relay")
  }

  private static var publishRules: [FilterRule] {
    var rules: [FilterRule] = []
    for version in [IPAddress.Version.v4, .v6] {
      let words = version.width / 32
      let offset = version == .v4 ? 16 : 24
      let match = FilterExpression.isVersion(version)
      rules.append(
        FilterRule(
          match + [
            .loadPayload(.network, offset: offset, length: words * 4, register: 0),
            .load(.transportProtocol, register: words),
            .loadPayload(.transport, offset: 2, length: 2, register: words + 1),
            .map(SetName.ports(version, anyAddress: false), register: 0, into: 8),
            .destinationNAT(version, address: 8, port: 8 + words),
          ]))
      rules.append(
        FilterRule(
          match + [
            .load(.transportProtocol, register: 0),
            .loadPayload(.transport, offset: 2, length: 2, register: 1),
            .map(SetName.ports(version, anyAddress: true), register: 0, into: 8),
            .destinationNAT(version, address: 8, port: 8 + words),
          ]))
    }
    return rules
  }

  private var sourceRules: [FilterRule] {
    var rules: [FilterRule] = []
    let intoBridge = FilterExpression.interface(.outputInterface, in: SetName.bridges)
    if let loopback = Self.loopback {
      rules.append(
        FilterRule(
          FilterExpression.address(true, in: loopback) + intoBridge + [.masquerade],
          comment: "from this machine's loopback to a container"))
    }
    let outside = FilterExpression.interface(.outputInterface, in: SetName.bridges, isMember: false)
    for network in networks {
      for subnet in network.subnets {
        let isFrom = FilterExpression.address(true, in: subnet.prefix)
        rules.append(
          FilterRule(
            isFrom + FilterExpression.address(false, in: subnet.prefix) + FilterExpression.wasDestinationNAT
              + [
                .masquerade
              ], comment: "\(network.name): its own published ports"))
        if network.isInternal { continue }
        rules.append(FilterRule(isFrom + outside + [.masquerade], comment: "\(network.name): to the outside"))
      }
    }
    return rules
  }

  private static var forwardRules: [FilterRule] {
    let into = FilterExpression.interface(.outputInterface, in: SetName.bridges)
    let within: [FilterExpression] = [
      .load(.inputInterface, register: 0), .load(.outputInterface, register: 4),
      .lookup(set: SetName.within, register: 0, isMember: true),
    ]
    return [
      FilterRule(within + [.verdict(.accept)], comment: "inside one network"),
      FilterRule(
        FilterExpression.interface(.inputInterface, in: SetName.internals) + [.verdict(.drop)],
        comment: "internal networks forward nothing"),
      FilterRule(
        FilterExpression.interface(.outputInterface, in: SetName.internals) + [.verdict(.drop)],
        comment: "internal networks forward nothing"),
      FilterRule(into + FilterExpression.isKnownConnection + [.verdict(.accept)], comment: "answers"),
      FilterRule(into + FilterExpression.wasDestinationNAT + [.verdict(.accept)], comment: "published ports"),
      FilterRule(into + [.verdict(.drop)], comment: "nothing else from other networks and the outside"),
    ]
  }
}
