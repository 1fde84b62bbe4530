// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
import Netlink

/// Carries plans out: one socket in the host's network namespace, one in the container's.
final class NetworkExecutor {
  private let host: NetlinkSocket
  private var inside: NetlinkSocket?
  /// The container's network namespace, open; nil until its step was taken.
  private(set) var namespace: OwnedDescriptor?
  private var hostIndices: [String: Int32] = [:]
  private var insideIndices: [String: Int32] = [:]
  /// Puts an endpoint's rules in place, and all others' when there are none to add to.
  private let addRules: (Endpoint) throws -> Void
  /// Runs the plug-ins of a network for an interface.
  var runPlugins: (String, String) throws -> Void = { _, _ in }
  /// Serves the ports of the IPv6 loopback for a container with these addresses.
  var startRelay: ([IPAddress]) throws -> Void = { _ in }
  /// Serves questions about names in the container's namespace.
  var startNameServer: () throws -> Void = {}

  init(addRules: @escaping (Endpoint) throws -> Void) throws(NetworkingError) {
    self.addRules = addRules
    host = try naming("netlink") { try NetlinkSocket(.route) }
  }

  func run(_ plan: NetworkPlan) throws(NetworkingError) {
    for step in plan.steps { try naming(step.summary) { try take(step) } }
  }

  func take(_ step: NetworkStep) throws {
    switch step {
    case .bridge(let name, let alias, let mtu, let addresses): try makeBridge(name, alias, mtu, addresses)
    case .hostSetting(let path, let value): try set(path, value)
    case .namespace: try makeNamespace()
    case .setting(let path, let value): try withNamespace { try set(path, value) }
    case .cable(let host, let inside, let address, let mtu): try makeCable(host, inside, address, mtu)
    case .port(let interface, let bridge): try makePort(interface, bridge)
    case .openvswitchPort(let interface, let bridge): try OpenVSwitch.addPort(interface, to: bridge)
    case .hostAddress(let interface, let prefix):
      try host.send(.add(InterfaceAddress(prefix, interface: try hostIndex(interface))))
    case .hostUp(let interface):
      try host.send(.setLink(index: try hostIndex(interface), Self.up, object: interface))
    case .macvlan(let parent, let mode, let inside, let address, let mtu):
      try makeChild(.macvlan(parent: try hostIndex(parent), mode: mode), inside, address, mtu)
    case .ipvlan(let parent, let mode, let inside, let mtu):
      try makeChild(.ipvlan(parent: try hostIndex(parent), mode: mode), inside, nil, mtu)
    case .address(let interface, let prefix):
      try insideSocket().send(.add(InterfaceAddress(prefix, interface: try insideIndex(interface))))
    case .up(let interface):
      try insideSocket().send(.setLink(index: try insideIndex(interface), Self.up, object: interface))
    case .defaultRoute(let gateway, let interface):
      guard let route = Route.byDefault(via: gateway, interface: try insideIndex(interface)) else { return }
      try insideSocket().send(.add(route))
    case .rate(let outside, let inside, let rate):
      try host.send(.limitRate(interface: try hostIndex(outside), bitsPerSecond: rate, object: outside))
      try insideSocket().send(
        .limitRate(interface: try insideIndex(inside), bitsPerSecond: rate, object: inside))
    case .plugins(let network, let interface): try runPlugins(network, interface)
    case .carrier(let request): throw NetworkingError("\(request.program.rawValue) has a session of its own")
    case .rules(let endpoint): try addRules(endpoint)
    case .relay(_, let addresses): try startRelay(addresses)
    case .nameServer: try naming("names") { try startNameServer() }
    }
  }

  private static var up: LinkProperties {
    var properties = LinkProperties()
    properties.isUp = true
    return properties
  }

  // MARK: The host's side

  private func makeBridge(_ name: String, _ alias: String, _ mtu: UInt32?, _ addresses: [IPPrefix]) throws {
    if let found = try host.link(named: name) {
      guard Self.isBridge(found, alias) else {
        throw NetworkingError("there is an interface \(name) that is not this network's")
      }
      hostIndices[name] = found.index
      if found.alias != alias { try markBridge(found.index, name, alias, addresses) }
      let present = try host.addresses(ofInterface: found.index).map(\.prefix)
      try finishBridge(
        found.index, name, isUp: found.isUp, missing: addresses.filter { !present.contains($0) })
      return
    }
    var properties = LinkProperties(name: name)
    // Without one of its own a bridge takes that of a port, and loses it with the port.
    properties.address = Self.hardwareAddress(for: alias)
    properties.mtuBytes = mtu
    do {
      try host.send(.addLink(.bridge(forwardedGroups: NetworkStep.forwardedGroups), properties))
    } catch {
      if error.errno == .notSupported {
        throw NetworkingError("this kernel has no bridges (CONFIG_BRIDGE): \(error)")
      }
      // Another command was faster, and may be about to name it.
      if error.errno != .exists { throw error }
    }
    let index = try hostIndex(name)
    try markBridge(index, name, alias, addresses)
    try finishBridge(index, name, isUp: false, missing: addresses)
  }

  /// Whether an interface is the bridge with an alias. A bridge that was just made, perhaps by a command that was killed, has
  /// no alias yet, but the hardware address that comes from it.
  static func isBridge(_ link: Link, _ alias: String) -> Bool {
    guard link.kind == "bridge" else { return false }
    let isNameless = link.alias.isEmpty
    return link.alias == alias || isNameless && link.address == hardwareAddress(for: alias)
  }

  private func markBridge(_ index: Int32, _ name: String, _ alias: String, _ addresses: [IPPrefix]) throws {
    var mark = LinkProperties()
    mark.alias = alias
    if !addresses.contains(where: { $0.address.version == .v6 }) {
      mark.linkLocalMode = LinkProperties.LinkLocalMode.none
    }
    try host.send(.setLink(index: index, mark, object: name))
  }

  private func finishBridge(_ index: Int32, _ name: String, isUp: Bool, missing: [IPPrefix]) throws {
    for prefix in missing {
      do { try host.send(.add(InterfaceAddress(prefix, interface: index))) } catch {
        if error.errno != .exists { throw error }
      }
    }
    if !isUp { try host.send(.setLink(index: index, Self.up, object: name)) }
  }

  /// The same for the same text: locally administered, not a group's.
  static func hardwareAddress(for text: String) -> MACAddress? {
    let hash = fingerprint(text)
    return MACAddress(bytes: [0x02] + (0..<5).map { UInt8(truncatingIfNeeded: hash >> UInt64($0 * 8)) })
  }

  private func makePort(_ interface: String, _ bridge: String) throws {
    let index = try hostIndex(interface)
    guard let link = try host.link(named: bridge) else {
      throw NetworkingError("there is no bridge \(bridge); ip link add \(bridge) type bridge makes one")
    }
    guard link.kind == "bridge" else { throw NetworkingError("\(bridge) is no bridge") }
    var properties = LinkProperties()
    properties.master = link.index
    // Ports of a bridge have no use for an address of their own.
    properties.linkLocalMode = LinkProperties.LinkLocalMode.none
    try host.send(.setLink(index: index, properties, object: interface))
  }

  /// Makes the host's end of a cable a port again, if it is there.
  func restorePort(_ interface: String, of bridge: String) throws {
    guard let link = try host.link(named: interface) else { return }
    hostIndices[interface] = link.index
    try makePort(interface, bridge)
    if !link.isUp { try take(.hostUp(interface: interface)) }
  }

  private func hostIndex(_ name: String) throws -> Int32 {
    if let index = hostIndices[name] { return index }
    guard let link = try host.link(named: name) else {
      throw NetworkingError("there is no interface \(name)")
    }
    hostIndices[name] = link.index
    return link.index
  }

  private func set(_ path: String, _ value: String) throws {
    let file = "/proc/sys/net/\(path)"
    do {
      // Reading costs less than writing, which makes the kernel look at every interface.
      let present = try readText(.workingDirectory, file, limit: 64)
      if present.utf8.prefix(while: { $0 != 0x0a }).elementsEqual(value.utf8) { return }
      try writeFile(.workingDirectory, file, value)
    } catch {
      // A kernel without IPv6 has nothing to be set.
      guard error.errno == .noEntry, path.hasPrefix("ipv6/") else { throw error }
    }
  }

  // MARK: The container's side

  private func makeNamespace() throws {
    let made = try Self.newNamespace()
    namespace = made.namespace
    inside = made.socket
  }

  /// A new network namespace, and a socket in it; the calling process stays where it is.
  static func newNamespace() throws -> (namespace: OwnedDescriptor, socket: NetlinkSocket) {
    let own = "/proc/thread-self/ns/net"
    let home = try openat(.workingDirectory, own, [.readOnly])
    try unshare(.newNetwork)
    // From here on the way is back, whatever happens.
    let result = Result {
      (
        namespace: OwnedDescriptor(try openat(.workingDirectory, own, [.readOnly])),
        socket: try NetlinkSocket(.route)
      )
    }
    try setns(home.fd, .newNetwork)
    return try result.get()
  }

  /// Works in a namespace that exists.
  func adopt(_ path: String) throws {
    let file = OwnedDescriptor(try openat(.workingDirectory, path, [.readOnly]))
    namespace = file
    inside = try withNetworkNamespace(file.fd) { try NetlinkSocket(.route) }.get()
  }

  /// The lowest n for which the container has no interface ethn.
  func freeInterfaceNumber() throws -> Int {
    let taken = Set(try insideSocket().links().map(\.name))
    return (0...taken.count).first { !taken.contains("eth\($0)") } ?? taken.count
  }

  func hasDefaultRoute() throws -> Bool { try insideSocket().routes(.v4).contains(where: \.isDefault) }

  private func withNamespace(_ body: () throws -> Void) throws {
    guard let fd = namespace?.fd else { throw NetworkingError("the container has no network namespace yet") }
    try withNetworkNamespace(fd, body).get()
  }

  private func insideSocket() throws -> NetlinkSocket {
    guard let inside else { throw NetworkingError("the container has no network namespace yet") }
    return inside
  }

  private func insideIndex(_ name: String) throws -> Int32 {
    if let index = insideIndices[name] { return index }
    guard let link = try insideSocket().link(named: name) else {
      throw NetworkingError("the container has no interface \(name)")
    }
    insideIndices[name] = link.index
    return link.index
  }

  private func makeCable(_ outside: String, _ inside: String, _ address: MACAddress, _ mtu: UInt32?) throws {
    guard let fd = namespace?.fd else { throw NetworkingError("the container has no network namespace yet") }
    var near = LinkProperties(name: outside)
    near.mtuBytes = mtu
    var far = LinkProperties(name: inside)
    far.mtuBytes = mtu
    far.address = address
    far.namespace = fd
    do { try host.send(.addLink(.veth(peer: far), near)) } catch {
      guard error.errno == .notSupported else { throw error }
      throw NetworkingError("this kernel has no cables (CONFIG_VETH): \(error)")
    }
  }

  private func makeChild(_ kind: LinkKind, _ inside: String, _ address: MACAddress?, _ mtu: UInt32?) throws {
    guard let fd = namespace?.fd else { throw NetworkingError("the container has no network namespace yet") }
    var properties = LinkProperties(name: inside)
    properties.namespace = fd
    properties.address = address
    properties.mtuBytes = mtu
    do {
      try host.send(.addLink(kind, properties))
    } catch {
      if error.errno != .notSupported { throw error }
      throw NetworkingError("this kernel has no interfaces of the kind \(kind.word): \(error)")
    }
  }
}

/// A number for a text, the same on every machine (FNV-1a, 64 bits).
func fingerprint(_ text: String) -> UInt64 {
  text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}
