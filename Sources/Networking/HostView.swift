// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux
import Netlink

/// What the host's network has already, as far as new networks must keep clear of it.
struct HostView {
  /// Blocks of the host's addresses and routes.
  var blocks: [IPPrefix] = []
  var interfaces: Set<String> = []
  var hasIPv6 = true

  static func read() throws(NetworkingError) -> HostView {
    try naming("cannot look at the host's network") {
      let socket = try NetlinkSocket(.route)
      var view = HostView()
      view.interfaces = Set(try socket.links().map(\.name))
      view.blocks = try socket.addresses().map(\.prefix)
      for version in [IPAddress.Version.v4, .v6] {
        view.blocks += try socket.routes(version).filter { !$0.isDefault }.map(\.destination)
      }
      view.hasIPv6 = access("/proc/sys/net/ipv6", F_OK) == 0
      return view
    }
  }

  /// What of the host's own a subnet would hide; nil for nothing. Link-local blocks are everywhere.
  func collision(with prefix: IPPrefix) -> IPPrefix? {
    blocks.first { !$0.address.isLinkLocal && $0.overlaps(prefix) }
  }

  /// A block that neither the host nor a network has.
  ///
  /// - Parameter isDefault: Whether it is for the default network, which gets a larger one.
  func freeSubnet(besides networks: [Network], isDefault: Bool) throws(NetworkingError) -> Subnet {
    let taken = blocks + networks.flatMap { $0.subnets.map(\.prefix) }
    let candidates: [UInt128] =
      isDefault
      ? (210..<230).map { UInt128(10 << 24 | $0 << 16) }
      : (230 << 8..<240 << 8).map { UInt128(10 << 24 | $0 << 8) }
    for value in candidates {
      guard let prefix = IPPrefix(IPAddress(.v4, value), length: isDefault ? 16 : 24) else { continue }
      if !taken.contains(where: { $0.overlaps(prefix) }) { return Subnet(prefix) }
    }
    throw NetworkingError("no free block of addresses is left; choose one with --subnet")
  }

  /// A block of unique local addresses (RFC 4193), from the network's name.
  func freeSubnet6(for name: String, besides networks: [Network]) throws(NetworkingError) -> Subnet {
    let taken = blocks + networks.flatMap { $0.subnets.map(\.prefix) }
    for attempt in 0..<16 {
      let hash = UInt128(fingerprint("\(name) \(attempt)"))
      let value = UInt128(0xfd) << 120 | (hash & 0xff_ffff_ffff_ffff) << 64
      guard let prefix = IPPrefix(IPAddress(.v6, value), length: 64) else { continue }
      if !taken.contains(where: { $0.overlaps(prefix) }) { return Subnet(prefix) }
    }
    throw NetworkingError("no free block of IPv6 addresses is left; choose one with --subnet")
  }

  /// A name for a bridge's interface that nothing has.
  func freeInterface(_ prefix: String, besides networks: [Network]) throws(NetworkingError) -> String {
    let taken = interfaces.union(networks.map(\.interface))
    for number in 0..<10_000 where !taken.contains("\(prefix)\(number)") { return "\(prefix)\(number)" }
    throw NetworkingError("no name for a bridge is left")
  }
}
