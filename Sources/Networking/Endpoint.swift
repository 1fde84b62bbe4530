// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
public import Netlink

/// A container's place in a network: what was allotted to it.
public struct Endpoint: Equatable, Sendable {
  public var container: String
  public var network: String
  /// The host's end of the cable.
  public var hostInterface: String
  /// The container's interface.
  public var interface: String
  public var hardwareAddress: MACAddress
  /// One per IP version, with the network's prefix length.
  public var addresses: [IPPrefix]
  /// Names under which others of the network find it.
  public var names: [String] = []
  /// Host ports are not 0 here.
  public var ports: [PublishedPort] = []

  public init(
    container: String, network: String, hostInterface: String, interface: String, hardwareAddress: MACAddress,
    addresses: [IPPrefix]
  ) {
    self.container = container
    self.network = network
    self.hostInterface = hostInterface
    self.interface = interface
    self.hardwareAddress = hardwareAddress
    self.addresses = addresses
  }

  /// The name of the host's end of the cable to a container's interface of that number.
  static func hostInterface(ofContainer id: String, _ index: Int) -> String { "r\(id.prefix(12))\(index)" }

  /// Whether this is the host's end of a container's cable.
  static func isHostInterface(_ link: Link) -> Bool {
    link.kind == "veth" && link.name.count > 13 && link.name.hasPrefix("r")
      && link.name.dropFirst().allSatisfy { $0.isHexDigit }
  }

  public func address(_ version: IPAddress.Version) -> IPAddress? {
    addresses.first { $0.address.version == version }?.address
  }

  /// The ports that the kernel's rules take to the container.
  public var translatedPorts: [PublishedPort] { ports.filter { !$0.isOnLoopback6 } }

  func json() -> [UInt8] {
    var writer = JSONWriter(.pretty)
    writer.object { (writer: inout JSONWriter) in
      writer.member("container", container)
      writer.member("network", network)
      writer.member("hostInterface", hostInterface)
      writer.member("interface", interface)
      writer.member("hardwareAddress", "\(hardwareAddress)")
      writer.member("addresses", addresses.map { "\($0)" })
      writer.member("names", names)
      writer.member("ports", ports.map(\.wireText))
    }
    return writer.bytes + [0x0a]
  }

  init(json bytes: [UInt8], source: String) throws(NetworkingError) {
    do {
      let object = try JSONDocument(bytes, source: source).root.object()
      let mac = try object.required("hardwareAddress")
      guard let hardwareAddress = MACAddress(try mac.string()) else {
        throw mac.error("not a hardware address")
      }
      var addresses: [IPPrefix] = []
      for value in try object.required("addresses").array() {
        guard let prefix = IPPrefix(try value.string()) else {
          throw value.error("not an address with length")
        }
        addresses.append(prefix)
      }
      self.init(
        container: try object.required("container").string(),
        network: try object.required("network").string(),
        hostInterface: try object.required("hostInterface").string(),
        interface: try object.required("interface").string(), hardwareAddress: hardwareAddress,
        addresses: addresses)
      names = try object.strings("names") ?? []
      for text in try object.strings("ports") ?? [] { ports += try PublishedPort.parse(text) }
    } catch {
      throw NetworkingError("\(source): \(error)")
    }
  }
}

extension PublishedPort {
  /// In the grammar of `-p`.
  public var wireText: String {
    let place = hostAddress.map { $0.version == .v6 ? "[\($0)]:" : "\($0):" } ?? ""
    return "\(place)\(hostPort):\(containerPort)/\(transport.rawValue)"
  }
}
