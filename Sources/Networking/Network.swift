// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
public import Netlink

/// A block of addresses of a network.
public struct Subnet: Equatable, Sendable {
  /// Without host bits.
  public var prefix: IPPrefix
  /// The network's own address; on a bridge, the host's.
  public var gateway: IPAddress
  /// What containers get their addresses from; nil: all of the block.
  public var range: IPPrefix?

  public init(_ prefix: IPPrefix, gateway: IPAddress? = nil, range: IPPrefix? = nil) {
    self.prefix = prefix.network
    self.gateway = gateway ?? IPAddress(prefix.address.version, prefix.first.value + 1)
    self.range = range
  }

  public var version: IPAddress.Version { prefix.address.version }

  /// Checks what a block must be to be of use.
  public func check() throws(NetworkingError) {
    if prefix.length > version.width - 2 {
      throw NetworkingError("--subnet \(prefix): too small: it has no room for a gateway and a container")
    }
    if prefix.first.isMulticast || prefix.first.isLoopback || prefix.length == 0 {
      throw NetworkingError("--subnet \(prefix): these are no addresses for containers")
    }
    guard isAssignable(gateway) else {
      throw NetworkingError("--gateway \(gateway): not an address of a machine in \(prefix)")
    }
    if let range, !prefix.contains(range.first) || !prefix.contains(range.last) {
      throw NetworkingError("--ip-range \(range): not a part of --subnet \(prefix)")
    }
  }

  /// Whether a machine may have the address: neither the block's name nor its broadcast address.
  public func isAssignable(_ address: IPAddress) -> Bool {
    guard prefix.contains(address), address != prefix.first else { return false }
    return version == .v6 || address != prefix.last
  }
}

/// A network as it should be. Its file is the truth; interfaces and rules are made after it.
public struct Network: Equatable, Sendable {
  public enum Driver: String, Sendable, CaseIterable {
    case bridge, macvlan, ipvlan
  }

  public var name: String
  public var driver: Driver
  /// The bridge's interface, or the interface that macvlan and ipvlan sit on.
  public var interface: String
  public var subnets: [Subnet]
  /// Nothing is forwarded from or to other networks.
  public var isInternal = false
  /// nil is the kernel's default.
  public var mtuBytes: UInt32?
  /// Mode of macvlan or ipvlan.
  public var mode: String?
  /// Whether containers may talk to each other.
  public var connectsContainers = true
  public var labels: [String: String] = [:]
  /// Nanoseconds since 1970.
  public var createdNanoseconds: Int64 = 0

  public init(_ name: String, _ driver: Driver, interface: String, subnets: [Subnet]) {
    self.name = name
    self.driver = driver
    self.interface = interface
    self.subnets = subnets
  }

  /// The network of containers for which none was asked for.
  public static let defaultName = "default"
  /// Words that `--network` understands in another way.
  public static let reservedNames: Set<String> = [
    "none", "host", "container", "ns", "bridge", "macvlan", "ipvlan", "cni", "pasta", "slirp4netns",
    "private",
  ]

  /// Checks a name: it is a file's, and a part of flags.
  public static func check(name: String) throws(NetworkingError) {
    let bytes = name.utf8
    let isPlain = bytes.allSatisfy {
      ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a)
        || [0x2d, 0x2e, 0x5f].contains($0)
    }
    guard isPlain, let first = bytes.first, first != 0x2e, first != 0x2d, bytes.count <= 64 else {
      throw NetworkingError(
        "\(name.quoted) is no network's name: expected 1 to 64 letters, digits, dashes, dots and underscores")
    }
    if reservedNames.contains(name) {
      throw NetworkingError("\(name.quoted) is a word of --network, not a name")
    }
  }

  /// Checks what can be checked without looking at the host.
  public func check() throws(NetworkingError) {
    try Network.check(name: name)
    for (index, subnet) in subnets.enumerated() {
      try subnet.check()
      for other in subnets[..<index] {
        if other.prefix.overlaps(subnet.prefix) {
          throw NetworkingError("--subnet \(subnet.prefix): overlaps with \(other.prefix)")
        }
        if other.version == subnet.version {
          throw NetworkingError("--subnet \(subnet.prefix): there is one of this IP version already")
        }
      }
    }
    guard isValidInterfaceName(interface) else {
      throw NetworkingError(
        "\(interface.quoted) cannot be the name of an interface: it may have 1 to 15 bytes")
    }
    if let mtuBytes, !(68...65535).contains(mtuBytes) {
      throw NetworkingError("--opt mtu=\(mtuBytes): expected 68 to 65535 bytes")
    }
    if subnets.contains(where: { $0.version == .v6 }), let mtuBytes, mtuBytes < 1280 {
      throw NetworkingError("--opt mtu=\(mtuBytes): IPv6 needs at least 1280 bytes")
    }
  }

  public func subnet(_ version: IPAddress.Version) -> Subnet? { subnets.first { $0.version == version } }
}
