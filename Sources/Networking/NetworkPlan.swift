// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
public import Netlink

/// One thing that is done to give a container its network.
public enum NetworkStep: Equatable, Sendable {
  /// The bridge of a network, made if it is missing.
  case bridge(name: String, alias: String, mtuBytes: UInt32?, addresses: [IPPrefix])
  /// A setting below `/proc/sys/net` of the host; left alone where it is so already.
  case hostSetting(path: String, value: String)
  /// The container's network namespace.
  case namespace
  /// A setting below `/proc/sys/net` of the container.
  case setting(path: String, value: String)
  /// Two interfaces that are each other's other end.
  case cable(host: String, inside: String, hardwareAddress: MACAddress, mtuBytes: UInt32?)
  /// Makes the host's end a port of a bridge.
  case port(interface: String, bridge: String)
  /// The same for a bridge of Open vSwitch.
  case openvswitchPort(interface: String, bridge: String)
  case hostAddress(interface: String, IPPrefix)
  case hostUp(interface: String)
  case macvlan(
    parent: String, mode: LinkKind.MacvlanMode, inside: String, hardwareAddress: MACAddress?,
    mtuBytes: UInt32?)
  case ipvlan(parent: String, mode: LinkKind.IpvlanMode, inside: String, mtuBytes: UInt32?)
  case address(interface: String, IPPrefix)
  case up(interface: String)
  case defaultRoute(IPAddress, interface: String)
  /// At both ends of the cable.
  case rate(host: String, inside: String, bitsPerSecond: UInt64)
  /// The plug-ins of a configuration of the Container Network Interface.
  case plugins(network: String, interface: String)
  /// A program of the user's between the container's network and the host's.
  case carrier(UserNetworkRequest)
  /// Ports and what the container may send, in our tables.
  case rules(Endpoint)
  /// Ports of the IPv6 loopback, which this process takes to the container.
  case relay([PublishedPort], to: [IPAddress])
  /// Questions about names, which this process answers inside.
  case nameServer

  /// Frames to addresses that IEEE 802.1D reserves for bridges go the way of all others, past the rules; without this the
  /// kernel hands some of them to the host and learns their sender, whoever that says to be.
  static let forwardedGroups: UInt16 = 0xfff8
}

/// How a container gets its network: data before it is done.
public struct NetworkPlan: Equatable, Sendable {
  public var steps: [NetworkStep]

  init(steps: [NetworkStep]) { self.steps = steps }

  /// What one interface needs besides what was asked for.
  public struct Interface: Equatable, Sendable {
    public var attachment: Attachment
    public var endpoint: Endpoint
    /// For `network` targets.
    public var network: Network?
    /// Whether `bridge:` names a bridge of Open vSwitch.
    public var isOpenvswitch = false
    /// Whom plug-ins have the container ask.
    public var nameServers = NameServers()
    /// At `[::1]`, where the kernel translates nothing.
    public var relayedPorts: [PublishedPort] = []

    public init(_ attachment: Attachment, _ endpoint: Endpoint, network: Network? = nil) {
      self.attachment = attachment
      self.endpoint = endpoint
      self.network = network
    }

    public var gateways: [IPAddress] {
      guard let network else { return attachment.gateways }
      return network.isInternal ? [] : network.subnets.map(\.gateway)
    }

    /// In a network that was asked for, the network's; else its own.
    public var mtuBytes: UInt32? { attachment.mtuBytes ?? network?.mtuBytes }
  }

  /// - Parameters:
  ///   - alias: What marks a bridge as ours.
  public init(_ interfaces: [Interface], alias: (Network) -> String) throws(NetworkingError) {
    steps = []
    for interface in interfaces {
      guard let network = interface.network, network.driver == .bridge else { continue }
      steps += Self.bridge(network, alias: alias(network))
    }
    steps.append(.namespace)
    // Nobody tells the container which way to go but the engine.
    steps.append(.setting(path: "ipv6/conf/default/accept_ra", value: "0"))
    // As Docker: in a namespace of its own, anybody may ping and have a port below 1024.
    steps.append(.setting(path: "ipv4/ping_group_range", value: "0 2147483647"))
    steps.append(.setting(path: "ipv4/ip_unprivileged_port_start", value: "0"))
    steps.append(.up(interface: "lo"))
    var hasRoute: Set<IPAddress.Version> = []
    for interface in interfaces {
      try attach(interface)
      for gateway in interface.gateways {
        guard interface.endpoint.address(gateway.version) != nil, hasRoute.insert(gateway.version).inserted
        else {
          continue
        }
        steps.append(.defaultRoute(gateway, interface: interface.endpoint.interface))
      }
    }
    if interfaces.contains(where: { $0.network != nil }) { steps.append(.nameServer) }
    for interface in interfaces where interface.network?.driver == .bridge {
      steps.append(.rules(interface.endpoint))
    }
    for interface in interfaces where !interface.relayedPorts.isEmpty {
      steps.append(.relay(interface.relayedPorts, to: interface.endpoint.addresses.map(\.address)))
    }
  }

  static func bridge(_ network: Network, alias: String) -> [NetworkStep] {
    var steps: [NetworkStep] = [
      .bridge(
        name: network.interface, alias: alias, mtuBytes: network.mtuBytes,
        addresses: network.subnets.compactMap { IPPrefix($0.gateway, length: $0.prefix.length) }),
      .hostSetting(path: "ipv6/conf/\(network.interface)/accept_ra", value: "0"),
    ]
    guard !network.isInternal else { return steps }
    if network.subnet(.v4) != nil {
      steps.append(.hostSetting(path: "ipv4/conf/\(network.interface)/route_localnet", value: "1"))
      steps.append(.hostSetting(path: "ipv4/ip_forward", value: "1"))
    }
    if network.subnet(.v6) != nil { steps.append(.hostSetting(path: "ipv6/conf/all/forwarding", value: "1")) }
    return steps
  }

  private mutating func attach(_ interface: Interface) throws(NetworkingError) {
    let endpoint = interface.endpoint
    let attachment = interface.attachment
    switch attachment.target {
    case .network:
      guard let network = interface.network else { return }
      switch network.driver {
      case .bridge: cable(interface, [.port(interface: endpoint.hostInterface, bridge: network.interface)])
      case .macvlan: try macvlan(interface, parent: network.interface, mode: network.mode ?? "bridge")
      case .ipvlan: try ipvlan(interface, parent: network.interface, mode: network.mode ?? "l2")
      }
    case .bridge(let name):
      cable(
        interface,
        [
          interface.isOpenvswitch
            ? .openvswitchPort(interface: endpoint.hostInterface, bridge: name)
            : .port(interface: endpoint.hostInterface, bridge: name)
        ])
    case .cable:
      let addresses = attachment.hostAddresses.compactMap { asked in
        asked.length.flatMap { IPPrefix(asked.address, length: $0) }
      }
      cable(interface, addresses.map { .hostAddress(interface: endpoint.hostInterface, $0) })
    case .macvlan(let parent, let mode): try macvlan(interface, parent: parent, mode: mode)
    case .ipvlan(let parent, let mode): try ipvlan(interface, parent: parent, mode: mode)
    case .cni(let name):
      steps.append(.plugins(network: name, interface: endpoint.interface))
      return
    }
    for prefix in endpoint.addresses { steps.append(.address(interface: endpoint.interface, prefix)) }
    steps.append(.up(interface: endpoint.interface))
  }

  private mutating func cable(_ interface: Interface, _ outside: [NetworkStep]) {
    let endpoint = interface.endpoint
    steps.append(
      .cable(
        host: endpoint.hostInterface, inside: endpoint.interface, hardwareAddress: endpoint.hardwareAddress,
        mtuBytes: interface.mtuBytes))
    steps += outside
    steps.append(.hostUp(interface: endpoint.hostInterface))
    if let rate = interface.attachment.bitsPerSecond {
      steps.append(.rate(host: endpoint.hostInterface, inside: endpoint.interface, bitsPerSecond: rate))
    }
  }

  private mutating func macvlan(_ interface: Interface, parent: String, mode: String) throws(NetworkingError)
  {
    guard let mode = LinkKind.MacvlanMode(rawValue: mode) else {
      let known = LinkKind.MacvlanMode.allCases.map(\.rawValue).joined(separator: ", ")
      throw NetworkingError("macvlan mode \(mode.quoted): expected one of \(known)")
    }
    try refuseRate(interface)
    steps.append(
      .macvlan(
        parent: parent, mode: mode, inside: interface.endpoint.interface,
        hardwareAddress: interface.attachment.hardwareAddress, mtuBytes: interface.mtuBytes))
  }

  private mutating func ipvlan(_ interface: Interface, parent: String, mode: String) throws(NetworkingError) {
    guard let mode = LinkKind.IpvlanMode(rawValue: mode) else {
      let known = LinkKind.IpvlanMode.allCases.map(\.rawValue).joined(separator: ", ")
      throw NetworkingError("ipvlan mode \(mode.quoted): expected one of \(known)")
    }
    if interface.attachment.hardwareAddress != nil {
      throw NetworkingError("--mac-address: interfaces of ipvlan have their parent's")
    }
    try refuseRate(interface)
    steps.append(
      .ipvlan(parent: parent, mode: mode, inside: interface.endpoint.interface, mtuBytes: interface.mtuBytes))
  }

  private func refuseRate(_ interface: Interface) throws(NetworkingError) {
    if interface.attachment.bitsPerSecond != nil {
      throw NetworkingError("rate: macvlan and ipvlan have no end on the host to limit")
    }
  }
}
