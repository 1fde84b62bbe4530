// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux
import Netlink

/// The networks of one engine directory, and the host's side of them: what `roost network` does.
public final class Networks {
  public let store: NetworkStore
  /// Whether a container still has what was given to it.
  let isAlive: (String) -> Bool
  /// The engine's directory; the default one is called nothing.
  private let engineRoot: String

  /// - Parameters:
  ///   - engineRoot: The engine's directory; networks are kept below it.
  ///   - isReadOnly: Whether nothing is written down.
  ///   - isAlive: By the container's id.
  public init(
    engineRoot: String, isReadOnly: Bool = false, isAlive: @escaping (String) -> Bool
  ) throws(NetworkingError) {
    self.engineRoot = engineRoot
    self.isAlive = isAlive
    store = try NetworkStore(path: engineRoot + "/networks", isReadOnly: isReadOnly)
  }

  static let defaultRoot = "/var/lib/roost"

  /// The name of our tables. Engine directories do not know of each other, but share the host's.
  var tableName: String {
    engineRoot == Self.defaultRoot ? "roost" : "roost-\(String(fingerprint(engineRoot), radix: 16))"
  }

  /// What marks a bridge as a network's.
  func alias(_ network: Network) -> String { "roost \(engineRoot) \(network.name)" }

  // MARK: Making

  /// Writes a network down; its bridge is made with its first container.
  ///
  /// - Parameters:
  ///   - network: An empty `interface` and no subnets are filled in.
  ///   - wantsIPv6: Whether it gets an IPv6 block of its own unless it has one.
  public func create(_ network: Network, wantsIPv6: Bool = false) throws(NetworkingError) -> Network {
    let network = try complete(network, wantsIPv6: wantsIPv6)
    guard try store.create(network) else {
      throw NetworkingError("there is a network \(network.name.quoted) already")
    }
    // Its containers only add to the tables.
    if network.driver == .bridge {
      do {
        try naming("rules") { try withRulesLocked { try self.replaceRules($0) } }
      } catch {
        var failure = error
        // A network without rules would be open to everybody.
        do { try store.remove(network.name) } catch { failure.cleanupFailures.append("\(error)") }
        throw failure
      }
    }
    return network
  }

  /// Fills in what was left open, and checks that nothing stands in the way.
  private func complete(_ network: Network, wantsIPv6: Bool) throws(NetworkingError) -> Network {
    var network = network
    let view = try HostView.read()
    let others = try store.networks()
    try Network.check(name: network.name)
    network.createdNanoseconds = realtimeNanoseconds()
    if network.driver == .bridge {
      if network.interface.isEmpty {
        network.interface = try view.freeInterface("roost", besides: others)
      } else if view.interfaces.contains(network.interface) {
        throw NetworkingError("--interface \(network.interface): there is such an interface already")
      }
    }
    let isDefault = network.name == Network.defaultName
    if network.subnet(.v4) == nil, network.subnets.isEmpty || wantsIPv6 && network.driver == .bridge {
      network.subnets.insert(try view.freeSubnet(besides: others, isDefault: isDefault), at: 0)
    }
    if wantsIPv6, network.subnet(.v6) == nil {
      network.subnets.append(try view.freeSubnet6(for: network.name, besides: others))
    }
    if network.subnet(.v6) != nil, !view.hasIPv6 { throw NetworkingError("--ipv6: this kernel has no IPv6") }
    for subnet in network.subnets {
      // macvlan and ipvlan are in the block of their parent.
      if network.driver == .bridge, let block = view.collision(with: subnet.prefix) {
        throw NetworkingError("--subnet \(subnet.prefix): overlaps with \(block), which the host uses")
      }
      for other in others where other.subnets.contains(where: { $0.prefix.overlaps(subnet.prefix) }) {
        throw NetworkingError("--subnet \(subnet.prefix): overlaps with network \(other.name)")
      }
    }
    try network.check()
    return network
  }

  /// The network of a name; the default one is made when it is missing.
  ///
  /// - Throws: ``NetworkingError`` when there is none.
  public func find(_ name: String) throws(NetworkingError) -> Network {
    if let network = try store.network(named: name) { return network }
    guard name == Network.defaultName else {
      throw NetworkingError("there is no network \(name.quoted); roost network create \(name) makes one")
    }
    do {
      return try create(Network(name, .bridge, interface: "", subnets: []))
    } catch {
      // Another command was faster.
      if let network = try store.network(named: name) { return network }
      throw error
    }
  }

  /// The same without writing anything down: a default network that is missing is what it would be.
  func preview(_ name: String) throws(NetworkingError) -> Network {
    if let network = try store.network(named: name) { return network }
    guard name == Network.defaultName else { return try find(name) }
    return try complete(Network(name, .bridge, interface: "", subnets: []), wantsIPv6: false)
  }

  // MARK: Removing

  /// Removes a network that no container uses, its bridge and its rules.
  public func remove(_ name: String) throws(NetworkingError) {
    guard let network = try store.network(named: name) else {
      throw NetworkingError("there is no network \(name.quoted)")
    }
    let dead = try store.collect(name, isAlive)
    let users = try store.endpoints(of: name)
    if let user = users.first {
      throw NetworkingError(
        "network \(name) is in use by \(users.count) container\(users.count == 1 ? "" : "s"), such as "
          + "\(user.container.prefix(12)); stop or disconnect them first")
    }
    try naming("network \(name)") {
      try removeBridge(of: network)
      try store.remove(name)
      try withRulesLocked { try self.replaceRules($0) }
      for endpoint in dead { try forgetPort(endpoint) }
    }
  }

  private func removeBridge(of network: Network) throws {
    guard network.driver == .bridge else { return }
    let socket = try NetlinkSocket(.route)
    guard let bridge = try socket.link(named: network.interface),
      NetworkExecutor.isBridge(bridge, alias(network))
    else { return }
    // The kernel takes its time to remove the cables of containers that have ended.
    for port in try socket.links() where port.master == bridge.index && Endpoint.isHostInterface(port) {
      try remove(port, socket)
    }
    try remove(bridge, socket)
  }

  func forgetPort(_ endpoint: Endpoint) throws {
    let socket = try NetlinkSocket(.route)
    if let link = try socket.link(named: endpoint.hostInterface) { try remove(link, socket) }
  }

  private func remove(_ link: Link, _ socket: NetlinkSocket) throws(NetlinkError) {
    do {
      try socket.send(.deleteLink(index: link.index, object: link.name))
    } catch {
      // Its other end went, and took it along.
      if error.errno != .noDevice { throw error }
    }
  }

  /// Removes all networks that no container uses, and everything of ours that belongs to none.
  ///
  /// - Returns: the names of those removed.
  public func prune() throws(NetworkingError) -> [String] {
    try collectPlugins()
    var removed: [String] = []
    for name in try store.names() {
      try store.collect(name, isAlive)
      if try store.endpoints(of: name).isEmpty {
        try remove(name)
        removed.append(name)
      }
    }
    return removed
  }

  // MARK: Restoring

  /// Puts bridges and rules as they should be, whatever others have done to them. What plug-ins have made, only they could
  /// put right: they are asked.
  ///
  /// - Parameter namespace: The path of a running container's network namespace, by its id; nil when it does not run.
  /// - Returns: what is wrong and stays so.
  public func reload(namespace: (String) throws -> String?) throws(NetworkingError) -> [NetworkingError] {
    for name in try store.names() { try store.collect(name, isAlive) }
    let networks = try store.networks()
    let executor = try executor()
    for network in networks where network.driver == .bridge {
      let endpoints = try store.endpoints(of: network.name)
      // A bridge without ports is made with its next container.
      if endpoints.isEmpty { continue }
      try executor.run(NetworkPlan(steps: NetworkPlan.bridge(network, alias: alias(network))))
      for endpoint in endpoints {
        try naming("network \(network.name)") {
          try executor.restorePort(endpoint.hostInterface, of: network.interface)
        }
      }
    }
    try naming("rules") { try withRulesLocked { try self.replaceRules($0) } }
    return try checkPlugins(namespace: namespace)
  }

  func executor() throws(NetworkingError) -> NetworkExecutor {
    try NetworkExecutor { try self.addRules($0) }
  }

  private func addRules(_ endpoint: Endpoint) throws {
    let socket = try NetlinkSocket(.netfilter)
    let firewall = Firewall(name: tableName, networks: [], endpoints: [])
    do {
      try store.locked(exclusively: false) { try socket.commit(firewall.addition(endpoint)) }
    } catch let error as NetlinkError where error.errno == .noEntry || error.errno == .exists {
      // Nobody has made the tables yet, somebody has removed them, or a container that was killed has left its own.
      try store.locked(exclusively: true) { try replaceRules(socket) }
    }
  }

  private func withRulesLocked(_ body: (NetlinkSocket) throws -> Void) throws {
    try Self.needingRules { try store.locked(exclusively: true) { try body(try NetlinkSocket(.netfilter)) } }
  }

  /// Puts what a kernel without nf_tables says into other words.
  static func needingRules(_ body: () throws -> Void) throws {
    do { try body() } catch let error as NetlinkError {
      let signs: [Errno] = [.notSupported, .familyNotSupported, Errno(EPROTONOSUPPORT)]
      guard signs.contains(error.errno) else { throw error }
      throw NetworkingError(
        "this kernel lacks nf_tables for inet and bridge, or NAT (CONFIG_NF_TABLES_INET, _BRIDGE, CONFIG_NFT_NAT, _MASQ): "
          + "\(error)")
    }
  }

  /// All rules anew, from what is written down. Without networks there are no tables.
  func replaceRules(_ socket: NetlinkSocket) throws {
    let networks = try store.networks().filter { $0.driver == .bridge }
    var endpoints: [Endpoint] = []
    for network in networks { endpoints += try store.endpoints(of: network.name) }
    let firewall = Firewall(name: tableName, networks: networks, endpoints: endpoints)
    guard networks.isEmpty else { return try socket.commit(firewall.replacement()) }
    for table in [firewall.routing, firewall.guardTable] where try socket.exists(table) {
      try socket.commit([.delete(table)])
    }
  }
}
