// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Netlink
public import Networking
import OCI

/// What the flags say about the container's first interface, its ports and its names.
public struct NetworkOptions: Equatable, Sendable {
  public var addresses: [AskedAddress] = []
  public var gateways: [IPAddress] = []
  /// The host's end of a cable.
  public var hostAddresses: [AskedAddress] = []
  public var hardwareAddress: MACAddress?
  public var aliases: [String] = []
  public var ports: [PublishedPort] = []
  /// Name servers, in place of the host's.
  public var servers: [IPAddress] = []
  public var searchDomains: [String] = []
  public var resolverOptions: [String] = []

  public init() {}
}

extension RunOptions {
  /// The mode that the flags add up to.
  var effectiveNetwork: NetworkMode { askedNetwork ?? networkByDefault ?? .none }

  /// The mode that the flags ask for; nil when they leave it open.
  var askedNetwork: NetworkMode? {
    if let network { return network }
    // A host address without a network is one end of a cable.
    return interface.hostAddresses.isEmpty ? nil : .attached([Attachment(.cable)])
  }

  /// The interfaces to be made; nil when there are none.
  ///
  /// - Throws: ``EngineError`` naming the flag.
  func networkRequest() throws(EngineError) -> NetworkRequest? {
    // What flags mean for the network of those who ask for none is not known before that is chosen.
    if askedNetwork == nil, networkByDefault == nil { return nil }
    guard case .attached(var attachments) = effectiveNetwork, !attachments.isEmpty else {
      try refuseInterfaceFlags(publishes: try userNetworkRequest() != nil)
      return nil
    }
    attachments[0].addresses += interface.addresses
    attachments[0].gateways += interface.gateways
    attachments[0].hostAddresses += interface.hostAddresses
    attachments[0].hardwareAddress = interface.hardwareAddress ?? attachments[0].hardwareAddress
    attachments[0].aliases += interface.aliases
    var request = NetworkRequest(attachments)
    request.ports = interface.ports
    request.nameServers = NameServers(
      addresses: interface.servers, searchDomains: interface.searchDomains, options: interface.resolverOptions
    )
    try inEngine { () throws(NetworkingError) in try request.check() }
    return request
  }

  /// What a program is to carry; nil when none is.
  ///
  /// - Parameter groups: The container's.
  /// - Throws: ``EngineError`` naming the flag.
  func userNetworkRequest(groups: [IDMapping] = []) throws(EngineError) -> UserNetworkRequest? {
    guard case .user(var request) = effectiveNetwork else { return nil }
    request.ports = interface.ports
    request.highestGroup = groups.map { $0.containerID + $0.size - 1 }.max() ?? 0
    try inEngine { () throws(NetworkingError) in try request.check() }
    if let entry = hosts.first(where: { $0.address == HostEntry.hostGateway }) {
      throw EngineError(
        "--add-host \(entry.name):\(entry.address): \(request.program.rawValue) gives the container no way to the host"
      )
    }
    return request
  }

  private func refuseInterfaceFlags(publishes: Bool) throws(EngineError) {
    let given = [
      ("--ip", !interface.addresses.isEmpty), ("--gateway", !interface.gateways.isEmpty),
      ("--host-ip", !interface.hostAddresses.isEmpty), ("--mac-address", interface.hardwareAddress != nil),
      ("--network-alias", !interface.aliases.isEmpty), ("--publish", !interface.ports.isEmpty && !publishes),
    ]
    if let flag = given.first(where: \.1)?.0 {
      throw EngineError(
        "\(flag): the network \(effectiveNetwork.text) has no interface for it; choose one with --network, such as default"
      )
    }
  }
}

/// The flags of the network, spelled as Docker's; `--ip` takes a length and `--gateway` and `--host-ip` exist for networks
/// that are nobody's.
enum NetworkFlags {
  static let flags: [FlagDefinition<RunOptions>] = {
    let group = "Network"
    return [
      FlagDefinition(
        "network", aliases: ["net"], value: "NETWORK", in: group,
        help: "default, none, host, NAME, container:NAME, bridge:br0, cni:NAME, pasta…"
      ) { (o: inout RunOptions, v) throws(EngineError) in
        o.network = try NetworkMode.parse(v).joined(with: o.network)
      },
      FlagDefinition(
        "publish", "p", value: "[ADDRESS:][HOST:]PORT", in: group, help: "Publish a port, or a range, /udp, …"
      ) {
        (o: inout RunOptions, v) throws(EngineError) in
        o.interface.ports += try inEngine { () throws(NetworkingError) in try PublishedPort.parse(v) }
      },
      FlagDefinition("ip", value: "ADDRESS[/LENGTH]", in: group, help: "The container's address") {
        (o: inout RunOptions, v) throws(EngineError) in o.interface.addresses.append(try asked(v))
      },
      FlagDefinition("ip6", value: "ADDRESS[/LENGTH]", in: group, help: "The container's IPv6 address") {
        (o: inout RunOptions, v) throws(EngineError) in
        let address = try asked(v)
        guard address.address.version == .v6 else { throw EngineError("this is an IPv4 address: use --ip") }
        o.interface.addresses.append(address)
      },
      FlagDefinition(
        "host-ip", value: "ADDRESS/LENGTH", in: group,
        help: "The host's end of a plain cable (without --network)"
      ) { (o: inout RunOptions, v) throws(EngineError) in o.interface.hostAddresses.append(try asked(v)) },
      FlagDefinition(
        "gateway", value: "ADDRESS", in: group, help: "The default route, on bridge: and macvlan:"
      ) {
        (o: inout RunOptions, v) throws(EngineError) in
        o.interface.gateways.append(try AttachmentText.address(v))
      },
      FlagDefinition("mac-address", value: "ADDRESS", in: group, help: "The container's hardware address") {
        (o: inout RunOptions, v) throws(EngineError) in
        o.interface.hardwareAddress = try AttachmentText.hardwareAddress(v)
      },
      FlagDefinition(
        "network-alias", value: "NAME", in: group, help: "Another name for containers of the network"
      ) {
        (o: inout RunOptions, v) throws(EngineError) in
        o.interface.aliases.append(try AttachmentText.alias(v))
      },
      FlagDefinition("dns", value: "ADDRESS", in: group, help: "A name server, in place of the host's") {
        (o: inout RunOptions, v) throws(EngineError) in
        o.interface.servers.append(try AttachmentText.address(v))
      },
      FlagDefinition("dns-search", value: "DOMAIN", in: group, help: "A domain to look names up in") {
        (o: inout RunOptions, v) throws(EngineError) in
        if v != "." { try HostName.check(v, longest: 253) }
        o.interface.searchDomains.append(v)
      },
      FlagDefinition(
        "dns-option", aliases: ["dns-opt"], value: "OPTION", in: group, help: "An option of resolv.conf(5)"
      ) {
        (o: inout RunOptions, v) throws(EngineError) in
        guard !v.isEmpty, v.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
          throw EngineError("not an option")
        }
        o.interface.resolverOptions.append(v)
      },
      FlagDefinition("hostname", "h", value: "NAME", in: group, help: "The container's host name") {
        (o: inout RunOptions, v) throws(EngineError) in
        try HostName.check(v)
        o.hostname = v
      },
      FlagDefinition(
        "add-host", value: "NAME:ADDRESS", in: group,
        help: "Add a line to /etc/hosts; host-gateway is the host"
      ) {
        (o: inout RunOptions, v) throws(EngineError) in o.hosts.append(try HostEntry.parse(v))
      },
    ]
  }()

  private static func asked(_ text: String) throws(EngineError) -> AskedAddress {
    try inEngine { () throws(NetworkingError) in try AskedAddress.parse(text) }
  }
}
