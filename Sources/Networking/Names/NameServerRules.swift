// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Netlink

/// What takes questions to port 53 of ``NameServer/address`` to sockets at another port of it, and the answers back: a container may
/// want port 53 for a server of its own, on all its addresses.
///
/// Packets are rewritten one by one, as they leave a socket of the container: without connections to be tracked, all others pass as
/// if nothing were there.
enum NameServerRules {
  private static let table = FilterTable(.ipv4, "roost")

  static var messages: [NetlinkMessage] {
    let (asked, own) = (NameServer.port, NameServer.ownPort)
    var rules = [answersOfOthers]
    for (transport, checksum) in [(TransportProtocol.udp, 6), (.tcp, 16)] {
      rules.append(rewriting(transport, isSource: false, asked, to: own, checksum: checksum))
      rules.append(rewriting(transport, isSource: true, own, to: asked, checksum: checksum))
    }
    rules.append(unreachable)
    let chain = FilterChain("output", FilterHook(.filter, .output, .raw), rules)
    return NetlinkMessage.replace(table, sets: [], elements: [:], chains: [chain])
  }

  private static func isOurs(_ isSource: Bool) -> [FilterExpression] {
    [
      .loadPayload(.network, offset: isSource ? 12 : 16, length: 4, register: 0),
      .compare(.equal, NameServer.address.bytes, register: 0),
    ]
  }

  private static func isTransport(_ number: UInt8) -> [FilterExpression] {
    [.load(.transportProtocol, register: 0), .compare(.equal, [number], register: 0)]
  }

  private static func isPort(_ port: UInt16, at offset: Int) -> [FilterExpression] {
    [
      .loadPayload(.transport, offset: offset, length: 2, register: 0),
      .compare(.equal, bytes(port), register: 0),
    ]
  }

  private static func setPort(_ port: UInt16, at offset: Int, checksum: Int) -> [FilterExpression] {
    [
      .put(bytes(port), register: 0),
      .storePayload(.transport, offset: offset, length: 2, register: 0, checksum: checksum),
    ]
  }

  /// Anybody in the container may have that address and port 53; nobody shall believe him.
  private static var answersOfOthers: FilterRule {
    FilterRule(
      isOurs(true) + isTransport(TransportProtocol.udp.number) + isPort(NameServer.port, at: 0) + [
        .verdict(.drop)
      ],
      comment: "answers of others")
  }

  private static func rewriting(
    _ transport: TransportProtocol, isSource: Bool, _ old: UInt16, to new: UInt16, checksum: Int
  ) -> FilterRule {
    let offset = isSource ? 0 : 2
    return FilterRule(
      isOurs(isSource) + isTransport(transport.number) + isPort(old, at: offset)
        + setPort(new, at: offset, checksum: checksum),
      comment: isSource ? "answers about names" : "questions about names")
  }

  /// When this process is gone, the kernel says so of the port that it knows; who asked knows another (icmp(7), type 3: the packet
  /// that it is about follows, its destination port 30 bytes on).
  private static var unreachable: FilterRule {
    FilterRule(
      isOurs(true) + isTransport(1) + [
        .loadPayload(.transport, offset: 0, length: 1, register: 0), .compare(.equal, [3], register: 0),
      ] + isPort(NameServer.ownPort, at: 30) + setPort(NameServer.port, at: 30, checksum: 2),
      comment: "nobody answers")
  }

  private static func bytes(_ port: UInt16) -> [UInt8] { [UInt8(port >> 8), UInt8(port & 0xff)] }
}
