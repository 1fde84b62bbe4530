// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Netlink

// What each port of a bridge may send: frames from the addresses that were allotted to it, and nothing that makes
// others believe in a router or a neighbour that is none.
extension Firewall {
  enum GuardSet {
    /// The bridge's ports that are guarded.
    static let ports = "ports"
    static let hardware = "hardware"
    static let addresses4 = "addresses4"
    static let addresses6 = "addresses6"
  }

  static let guardSets = [
    FilterSet(GuardSet.ports, key: [.interfaceName]),
    FilterSet(GuardSet.hardware, key: [.interfaceName, .hardwareAddress]),
    FilterSet(GuardSet.addresses4, key: [.interfaceName, .ipv4]),
    FilterSet(GuardSet.addresses6, key: [.interfaceName, .ipv6]),
  ]

  static func guardElements(_ endpoint: Endpoint) -> [String: [FilterElement]] {
    let port = FilterDatum.interface(endpoint.hostInterface)
    var result = [
      GuardSet.ports: [FilterElement([port])],
      GuardSet.hardware: [FilterElement([port, .hardwareAddress(endpoint.hardwareAddress)])],
    ]
    for address in endpoint.addresses.map(\.address) {
      switch address.version {
      case .v4: result[GuardSet.addresses4, default: []].append(FilterElement([port, .address(address)]))
      case .v6: result[GuardSet.addresses6, default: []].append(FilterElement([port, .address(address)]))
      }
    }
    if endpoint.address(.v6) != nil {
      // Neighbour discovery starts from these.
      for own in [endpoint.hardwareAddress.linkLocal, IPAddress(.v6, 0)] {
        result[GuardSet.addresses6, default: []].append(FilterElement([port, .address(own)]))
      }
    }
    return result
  }

  /// Offsets are those of Ethernet, ARP (RFC 826), IPv4, IPv6 (RFC 8200) and neighbour discovery (RFC 4861).
  static var guardChains: [FilterChain] {
    let drop = FilterExpression.verdict(.drop)
    let accept = FilterExpression.verdict(.accept)
    let arp = FilterExpression.etherType(.arp)
    let ipv4 = FilterExpression.etherType(.ipv4)
    let ipv6 = FilterExpression.etherType(.ipv6)
    var rules = [
      FilterRule(
        FilterExpression.interface(.inputInterface, in: GuardSet.ports, isMember: false) + [accept],
        comment: "not ours"),
      FilterRule(
        own(GuardSet.hardware, .frame, 6, 6, isMember: false) + [drop], comment: "sender's hardware address"),
      FilterRule(
        arp + own(GuardSet.hardware, .network, 8, 6, isMember: false) + [drop], comment: "ARP sender hardware"
      ),
      FilterRule(
        arp + own(GuardSet.addresses4, .network, 14, 4, isMember: true) + [accept], comment: "ARP sender"),
      FilterRule(
        ipv4 + own(GuardSet.addresses4, .network, 12, 4, isMember: true) + [accept], comment: "IPv4 source"),
    ]
    // Extension headers could hide what follows; RFC 6980 forbids them for neighbour discovery, and so do we for all.
    for header in [UInt8(0), 43, 60] {
      rules.append(
        FilterRule(ipv6 + byte(at: 6, header) + [drop], comment: "IPv6 extension header \(header)"))
    }
    for (type, name) in [(UInt8(134), "router advertisement"), (137, "redirect")] {
      rules.append(FilterRule(ipv6 + byte(at: 6, 58) + byte(at: 40, type) + [drop], comment: name))
    }
    rules += [
      FilterRule(
        ipv6 + byte(at: 6, 58) + byte(at: 40, 136)
          + own(GuardSet.addresses6, .network, 48, 16, isMember: false)
          + [drop], comment: "neighbour advertisement for others"),
      FilterRule(
        ipv6 + own(GuardSet.addresses6, .network, 8, 16, isMember: true) + [accept], comment: "IPv6 source"),
      FilterRule([drop], comment: "no other source, no other protocol"),
    ]
    return [FilterChain("guard", FilterHook(.filter, .prerouting, .bridgeDestinationNAT), rules)]
  }

  /// The port together with a field of the packet is, or is not, in a set.
  private static func own(
    _ set: String, _ base: FilterExpression.Payload, _ offset: Int, _ length: Int, isMember: Bool
  ) -> [FilterExpression] {
    [
      // What a shorter field leaves of its last register must be zero, as it is in the set.
      .put([0, 0, 0, 0], register: 5), .load(.inputInterface, register: 0),
      .loadPayload(base, offset: offset, length: length, register: 4),
      .lookup(set: set, register: 0, isMember: isMember),
    ]
  }

  private static func byte(at offset: Int, _ value: UInt8) -> [FilterExpression] {
    [.loadPayload(.network, offset: offset, length: 1, register: 0), .compare(.equal, [value], register: 0)]
  }
}
