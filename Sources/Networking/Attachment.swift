// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
public import Netlink

/// An address that was asked for, with or without the length of its block.
public struct AskedAddress: Equatable, Sendable {
  public var address: IPAddress
  public var length: Int?

  /// Parses `ADDRESS` or `ADDRESS/LENGTH`.
  ///
  /// - Throws: ``NetworkingError`` without the flag.
  public static func parse(_ text: String) throws(NetworkingError) -> AskedAddress {
    if let prefix = IPPrefix(text) {
      return AskedAddress(address: prefix.address, length: prefix.length)
    }
    if let address = IPAddress(text) { return AskedAddress(address: address, length: nil) }
    throw NetworkingError("\(text.quoted) is no address: expected the like of 10.0.0.1 or 10.0.0.1/24")
  }

  public init(address: IPAddress, length: Int? = nil) {
    self.address = address
    self.length = length
  }
}

/// One interface that a container is to have, as it was asked for.
public struct Attachment: Equatable, Sendable {
  public enum Target: Equatable, Sendable {
    /// A network that `roost network` knows; the default one is made when it is missing.
    case network(String)
    /// A bridge that exists, of Linux or Open vSwitch.
    case bridge(String)
    /// A cable to the host and nothing else.
    case cable
    /// A further interface on one of the host's.
    case macvlan(parent: String, mode: String)
    case ipvlan(parent: String, mode: String)
    /// A configuration of the Container Network Interface, whose plug-ins do everything.
    case cni(String)
  }

  public var target: Target
  public var addresses: [AskedAddress] = []
  public var gateways: [IPAddress] = []
  /// Of the host's end of a cable.
  public var hostAddresses: [AskedAddress] = []
  public var hardwareAddress: MACAddress?
  public var aliases: [String] = []
  /// The container's interface; nil: eth0, eth1 and so on.
  public var interface: String?
  public var mtuBytes: UInt32?
  /// Bits per second in each direction.
  public var bitsPerSecond: UInt64?

  public init(_ target: Target) { self.target = target }

  /// Checks what needs no look at the host.
  public func check() throws(NetworkingError) {
    for version in [IPAddress.Version.v4, .v6] {
      let flag = version == .v4 ? "--ip" : "--ip6"
      guard addresses.filter({ $0.address.version == version }).count <= 1 else {
        throw NetworkingError("\(flag): an interface gets one address of each IP version")
      }
    }
    if let hardwareAddress, hardwareAddress.isMulticast || hardwareAddress.bytes.allSatisfy({ $0 == 0 }) {
      throw NetworkingError("--mac-address \(hardwareAddress): no interface may have this address")
    }
    for asked in addresses
    where asked.address.isLoopback || asked.address.isMulticast || asked.address.isUnspecified {
      throw NetworkingError("--ip \(asked.address): no interface may have this address")
    }
    switch target {
    case .network:
      if !hostAddresses.isEmpty {
        throw NetworkingError("--host-ip: the host's address is the network's gateway")
      }
      if !gateways.isEmpty {
        throw NetworkingError("--gateway: the network has one; see roost network inspect")
      }
    case .bridge(let name):
      try checkOwnAddresses("bridge:\(name)")
      if !hostAddresses.isEmpty { throw NetworkingError("--host-ip: a bridge has its own addresses") }
    case .cable:
      try checkOwnAddresses("a cable")
      if hostAddresses.isEmpty {
        throw NetworkingError("--ip without --network needs --host-ip for the other end")
      }
    case .cni(let name):
      guard gateways.isEmpty, hostAddresses.isEmpty else {
        throw NetworkingError("--gateway, --host-ip: the plug-ins of cni:\(name) choose them")
      }
      if mtuBytes != nil { throw NetworkingError("mtu: it belongs into the configuration of cni:\(name)") }
    case .macvlan, .ipvlan:
      try checkOwnAddresses("this network")
      if !hostAddresses.isEmpty { throw NetworkingError("--host-ip: there is no end on the host") }
    }
  }

  private func checkOwnAddresses(_ what: String) throws(NetworkingError) {
    guard !addresses.isEmpty else {
      throw NetworkingError("--ip ADDRESS/LENGTH is needed: \(what) gives no addresses away")
    }
    var blocks: [IPPrefix] = []
    for asked in addresses + hostAddresses {
      guard let length = asked.length, let block = IPPrefix(asked.address, length: length) else {
        throw NetworkingError(
          "--ip \(asked.address): the length of the block is missing, as in \(asked.address)/24")
      }
      blocks.append(block)
    }
    for gateway in gateways {
      guard let block = blocks.first(where: { $0.address.version == gateway.version }) else {
        throw NetworkingError("--gateway \(gateway): there is no address of this IP version")
      }
      guard block.contains(gateway) else {
        throw NetworkingError("--gateway \(gateway): outside of \(block.network)")
      }
      guard !addresses.contains(where: { $0.address == gateway }) else {
        throw NetworkingError("--gateway \(gateway): this is the container's own address")
      }
    }
    for host in hostAddresses where addresses.contains(where: { $0.address == host.address }) {
      throw NetworkingError("--host-ip \(host.address): this is the container's own address")
    }
  }
}
