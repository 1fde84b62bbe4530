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
      // Neighbour discovery starts from this one.
      result[GuardSet.addresses6, default: []].append(
        FilterElement([port, .address(endpoint.hardwareAddress.linkLocal)]))
    }
    return result
  }

  static var guardChains: [FilterChain] {
    let ports = FilterExpression.interface(.inputInterface, in: GuardSet.ports, isMember: false)
    let first = [
      FilterRule(ports + [.verdict(.accept)], comment: "not ours"),
      FilterRule(
        own(GuardSet.hardware, .frame, 6, 6, isMember: false) + [.verdict(.drop)],
        comment: "sender's hardware address"),
    ]
    let last = FilterRule([.verdict(.drop)], comment: "no other source, no other protocol, no VLAN")
    return [
      FilterChain(
        "guard", FilterHook(.filter, .prerouting, .bridgeDestinationNAT),
        first + guardIPv4 + guardARP + guardIPv6 + [last]),
      // What ``NetworkStep/forwardedGroups`` cannot say of 01:80:c2:00:00:02: the bridge hands such frames to the host as its
      // port's, around prerouting, and learns where their sender is.
      FilterChain(
        "reserved", FilterHook(.filter, .input, .filter),
        [
          FilterRule(ports + [.verdict(.accept)], comment: "not ours"),
          FilterRule(
            [
              .loadPayload(.frame, offset: 0, length: 5, register: 0),
              .compare(.equal, [0x01, 0x80, 0xc2, 0, 0], register: 0), .verdict(.drop),
            ], comment: "frames for bridges"),
        ]),
    ]
  }

  /// RFC 791, 792, 2131.
  private static var guardIPv4: [FilterRule] {
    let ipv4 = FilterExpression.etherType(.ipv4)
    var rules = [
      FilterRule(ipv4 + transport(17, 0, [0, 67]) + [.verdict(.drop)], comment: "DHCP server")
    ]
    for (type, name) in [(UInt8(5), "ICMP redirect"), (9, "ICMP router advertisement")] {
      rules.append(FilterRule(ipv4 + transport(1, 0, [type]) + [.verdict(.drop)], comment: name))
    }
    rules.append(
      FilterRule(
        ipv4 + own(GuardSet.addresses4, .network, 12, 4, isMember: true) + [.verdict(.accept)],
        comment: "IPv4 source"))
    return rules
  }

  /// RFC 826.
  private static var guardARP: [FilterRule] {
    let arp = FilterExpression.etherType(.arp)
    return [
      FilterRule(
        arp + [
          .loadPayload(.network, offset: 0, length: 6, register: 0),
          .compare(.notEqual, [0, 1, 8, 0, 6, 4], register: 0), .verdict(.drop),
        ], comment: "ARP not for IPv4 over Ethernet"),
      FilterRule(
        arp + own(GuardSet.hardware, .network, 8, 6, isMember: false) + [.verdict(.drop)],
        comment: "ARP sender hardware"),
      FilterRule(
        arp + own(GuardSet.addresses4, .network, 14, 4, isMember: true) + [.verdict(.accept)],
        comment: "ARP sender"),
    ]
  }

  /// RFC 8200, 4861, 4862, 8415. What is in a first fragment is looked at as what is in none.
  private static var guardIPv6: [FilterRule] {
    let ipv6 = FilterExpression.etherType(.ipv6)
    let unspecified: [FilterExpression] = [
      .loadPayload(.network, offset: 8, length: 16, register: 0),
      .compare(.equal, [UInt8](repeating: 0, count: 16), register: 0),
    ]
    // RFC 6980 forbids them for neighbour discovery, and so do we for all.
    var rules = [UInt8(0), 43, 60].map { header in
      FilterRule(
        ipv6 + [
          .loadPayload(.network, offset: 6, length: 1, register: 0), .compare(.equal, [header], register: 0),
          .verdict(.drop),
        ], comment: "IPv6 extension header \(header)")
    }
    // The kernel's search for what is above IP ends here.
    rules.append(
      FilterRule(
        ipv6 + [
          .load(.transportProtocol, register: 0), .compare(.equal, [51], register: 0), .verdict(.drop),
        ], comment: "IPv6 authentication header"))
    rules.append(FilterRule(ipv6 + transport(17, 0, [2, 35]) + [.verdict(.drop)], comment: "DHCPv6 server"))
    for (type, name) in [(UInt8(134), "router advertisement"), (137, "redirect")] {
      rules.append(FilterRule(ipv6 + transport(58, 0, [type]) + [.verdict(.drop)], comment: name))
    }
    rules += [
      FilterRule(
        ipv6 + transport(58, 0, [136]) + own(GuardSet.addresses6, .transport, 8, 16, isMember: false)
          + [.verdict(.drop)], comment: "neighbour advertisement for others"),
      FilterRule(
        ipv6 + unspecified + transport(58, 0, [135])
          + own(GuardSet.addresses6, .transport, 8, 16, isMember: true) + [.verdict(.accept)],
        comment: "whether others have an address of its own"),
      FilterRule(
        ipv6 + own(GuardSet.addresses6, .network, 8, 16, isMember: true) + [.verdict(.accept)],
        comment: "IPv6 source"),
    ]
    return rules
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

  /// A protocol above IP whose header has these bytes at an offset.
  private static func transport(_ number: UInt8, _ offset: Int, _ bytes: [UInt8]) -> [FilterExpression] {
    [
      .load(.transportProtocol, register: 0), .compare(.equal, [number], register: 0),
      .loadPayload(.transport, offset: offset, length: bytes.count, register: 0),
      .compare(.equal, bytes, register: 0),
    ]
  }
}
