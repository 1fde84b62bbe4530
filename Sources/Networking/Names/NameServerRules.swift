// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Netlink

/// What takes questions to port 53 of ``NameServer/address`` to sockets at other ports of it, and the answers back: a container may
/// want port 53 for a server of its own, on all its addresses.
///
/// Packets are rewritten one by one, as they leave a socket of the container: without connections to be tracked, all others pass as
/// if nothing were there.
struct NameServerRules {
  private static let table = FilterTable(.ipv4, "roost")

  let messages: [NetlinkMessage]

  /// - Parameters:
  ///   - datagrams: The port for UDP.
  ///   - connections: The port for TCP.
  init(datagrams: UInt16, connections: UInt16) {
    var rules: [FilterRule] = []
    for (transport, port) in [(TransportProtocol.udp, datagrams), (.tcp, connections)] {
      rules.append(Self.rewriting(transport, isSource: false, NameServer.port, to: port))
      rules.append(Self.rewriting(transport, isSource: true, port, to: NameServer.port))
    }
    rules.append(Self.unreachable(datagrams))
    let chain = FilterChain("output", FilterHook(.filter, .output, .raw), rules)
    messages = NetlinkMessage.replace(Self.table, sets: [], elements: [:], chains: [chain])
  }

  private static func isOurs(_ isSource: Bool) -> [FilterExpression] {
    [
      .loadPayload(.network, offset: isSource ? 12 : 16, length: 4, register: 0),
      .compare(.equal, NameServer.address.bytes, register: 0),
    ]
  }

  private static func rewriting(
    _ transport: TransportProtocol, isSource: Bool, _ old: UInt16, to new: UInt16
  ) -> FilterRule {
    FilterRule(
      isOurs(isSource) + [
        .load(.transportProtocol, register: 0), .compare(.equal, [transport.number], register: 0),
        .loadPayload(.transport, offset: isSource ? 0 : 2, length: 2, register: 0),
        .compare(.equal, bytes(old), register: 0),
        .put(bytes(new), register: 0),
        .storePayload(
          .transport, offset: isSource ? 0 : 2, length: 2, register: 0, checksum: transport == .udp ? 6 : 16),
      ], comment: isSource ? "answers about names" : "questions about names")
  }

  /// When this process is gone, the kernel says so of the port that it knows; who asked knows another (icmp(7), type 3: the packet
  /// that it is about follows, its destination port 30 bytes on).
  private static func unreachable(_ port: UInt16) -> FilterRule {
    FilterRule(
      isOurs(true) + [
        .load(.transportProtocol, register: 0), .compare(.equal, [1], register: 0),
        .loadPayload(.transport, offset: 0, length: 1, register: 0), .compare(.equal, [3], register: 0),
        .loadPayload(.transport, offset: 30, length: 2, register: 0),
        .compare(.equal, bytes(port), register: 0),
        .put(bytes(NameServer.port), register: 0),
        .storePayload(.transport, offset: 30, length: 2, register: 0, checksum: 2),
      ], comment: "nobody answers")
  }

  private static func bytes(_ port: UInt16) -> [UInt8] { [UInt8(port >> 8), UInt8(port & 0xff)] }
}
