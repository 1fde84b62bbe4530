// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
public import Netlink

/// A kernel's setting of one network namespace.
public struct NetworkSetting: Equatable, Sendable {
  /// Below `/proc/sys/net`.
  public var path: String
  public var value: String

  public init(path: String, value: String) {
    self.path = path
    self.value = value
  }
}

/// What a container's network is to be.
public struct NetworkRequest: Equatable, Sendable {
  public var attachments: [Attachment]
  public var ports: [PublishedPort] = []
  /// For plug-ins that take an interest.
  public var nameServers = NameServers()
  /// Made once all interfaces are there.
  public var settings: [NetworkSetting] = []

  public init(_ attachments: [Attachment]) { self.attachments = attachments }

  /// Checks what needs no look at the host.
  public func check() throws(NetworkingError) {
    for attachment in attachments { try attachment.check() }
    for (index, port) in ports.enumerated() where port.hostPort != 0 {
      let rivals = ports[..<index].filter {
        $0.hostPort == port.hostPort && $0.transport == port.transport
          && ($0.hostAddress == port.hostAddress || $0.hostAddress == nil || port.hostAddress == nil)
      }
      if !rivals.isEmpty {
        throw NetworkingError("-p: port \(port.hostPort)/\(port.transport.rawValue) is given twice")
      }
    }
    let hasNetwork = attachments.contains {
      switch $0.target {
      case .network, .cni: true
      default: false
      }
    }
    if !ports.isEmpty, !hasNetwork {
      throw NetworkingError("-p: ports are published on networks that roost makes, such as the default one")
    }
  }
}

/// A container's network from before its first process to after its last.
///
/// The network namespace is made here and handed to the runtime by path, which every OCI runtime takes. It ends with the
/// last process that is in it and takes the interfaces along: nobody waits for the removal of a cable.
public final class NetworkSession {
  let networks: Networks
  let container: String
  public private(set) var interfaces: [NetworkPlan.Interface] = []
  /// What plug-ins have made.
  private var plugins: [CNIRecord] = []
  private var configurations: [String: CNIConfiguration] = [:]
  /// For plug-ins.
  private var nameServers = NameServers()
  /// What is being allotted.
  var pending: Endpoint?
  private var executor: NetworkExecutor?
  /// Host ports, bound but not listening, so that nobody else takes them meanwhile.
  var reservations: [OwnedDescriptor] = []
  /// Ports of the IPv6 loopback, open since they were allotted.
  var listeners: [PortRelay.Listener] = []
  /// What is to be served while the container runs; nil where there is nothing.
  public private(set) var loop: NetworkLoop?
  /// Serves the listeners; nil where there are none.
  var relay: PortRelay?
  /// nil where nobody could be found by a name.
  private var nameServer: NameServer?
  /// Numbers for descriptors that are only held start here, so that the usual ones are free; nil: anywhere.
  var firstHeldNumber: Int32?

  /// Whether nothing is allotted: addresses are those that would be next.
  let isPreview: Bool

  /// - Parameter container: Its id.
  public init(_ networks: Networks, container: String, isPreview: Bool = false) {
    self.networks = networks
    self.container = container
    self.isPreview = isPreview
  }

  /// What ``start(_:names:)`` would do.
  public func plan(_ request: NetworkRequest, names: [String]) throws(NetworkingError) -> NetworkPlan {
    nameServers = request.nameServers
    for (index, attachment) in request.attachments.enumerated() {
      interfaces.append(try resolve(attachment, index, names, index == 0 ? request.ports : []))
    }
    var plan = try NetworkPlan(interfaces, alias: networks.alias)
    plan.steps += request.settings.map { .setting(path: $0.path, value: $0.value) }
    return plan
  }

  /// Makes the network.
  ///
  /// - Parameter names: Under which others of the same networks find the container.
  /// - Throws: ``NetworkingError``; then everything has been taken back.
  public func start(_ request: NetworkRequest, names: [String]) throws(NetworkingError) {
    do {
      let plan = try plan(request, names: names)
      for interface in interfaces where interface.network != nil {
        try networks.store.save(interface.endpoint)
      }
      let executor = try networks.executor()
      self.executor = executor
      executor.runPlugins = { [unowned self] network, interface in try addPlugins(network, interface) }
      executor.startRelay = { [unowned self] addresses in try startRelay(to: addresses) }
      executor.startNameServer = { [unowned self, unowned executor] in
        guard let namespace = executor.namespace else { return }
        try Networks.needingRules {
          nameServer = try NameServer(try sharedLoop(), namespace: namespace)
        }
      }
      try executor.run(plan)
    } catch {
      var failure = error
      failure.cleanupFailures += finish()
      throw failure
    }
  }

  /// Where the runtime finds the container's network namespace; valid while this process lives and has not called
  /// ``finish()``.
  public var namespacePath: String? {
    executor?.namespace.map { "/proc/\(getpid())/fd/\($0.fd.rawValue)" }
  }

  /// Has questions about names answered from here on, where the plan has somebody who does.
  ///
  /// - Parameters:
  ///   - hosts: The path of the container's hosts file.
  ///   - servers: Whom to ask for other names, in this order.
  public func answerNames(from hosts: String, asking servers: [IPAddress]) {
    nameServer?.answer(from: hosts, asking: servers)
  }

  func sharedLoop() throws(SyscallError) -> NetworkLoop {
    if let loop { return loop }
    let made = try NetworkLoop()
    loop = made
    return made
  }

  /// Takes back what was allotted. The interfaces go with the namespace.
  ///
  /// - Returns: what failed.
  public func finish() -> [String] {
    var failures: [String] = []
    func attempt(_ body: () throws -> Void) {
      do { try body() } catch { failures.append("network: \(error)") }
    }
    nameServer = nil
    relay?.finish()
    relay = nil
    loop = nil
    listeners = []
    // Plug-ins want to see the namespace.
    for record in plugins {
      attempt {
        try networks.store.lockedPlugins(exclusively: false) {
          try record.chain(namespace: namespacePath).delete(record.result)
          // Kept when that has failed: prune tries again.
          try networks.store.remove(record)
        }
      }
    }
    plugins = []
    executor = nil
    reservations = []
    for interface in interfaces {
      let endpoint = interface.endpoint
      if interface.network?.driver == .bridge { attempt { try removeRules(endpoint) } }
      if interface.isOpenvswitch, case .bridge(let bridge) = interface.attachment.target {
        attempt { try OpenVSwitch.removePort(endpoint.hostInterface, from: bridge) }
      }
      if interface.network != nil {
        attempt { try networks.store.release(endpoint) }
      } else {
        for port in endpoint.ports { attempt { try networks.store.release(port, of: container) } }
      }
    }
    if let pending { attempt { try networks.store.release(pending) } }
    // What it was connected to while it ran.
    attempt {
      for name in try networks.store.names() {
        guard let endpoint = try networks.store.endpoint(of: container, in: name) else { continue }
        try removeRules(endpoint)
        try networks.store.release(endpoint)
      }
    }
    pending = nil
    interfaces = []
    return failures
  }

  // MARK: Running containers

  /// Adds an interface to a container that runs.
  ///
  /// - Parameter namespace: The path of its network namespace.
  public func join(_ attachment: Attachment, namespace: String, names: [String]) throws(NetworkingError) {
    guard case .network(let name) = attachment.target else { return }
    if try networks.store.endpoint(of: container, in: name) != nil {
      throw NetworkingError("the container is in network \(name) already")
    }
    let executor = try networks.executor()
    try naming("the container's network") { try executor.adopt(namespace) }
    let index = try naming("the container's network") { try executor.freeInterfaceNumber() }
    do {
      let interface = try resolve(attachment, index, names, [])
      interfaces = [interface]
      try networks.store.save(interface.endpoint)
      var plan = try NetworkPlan(interfaces, alias: networks.alias)
      plan.steps.removeAll { [.namespace, .up(interface: "lo")].contains($0) }
      if try naming("routes", { try executor.hasDefaultRoute() }) {
        plan.steps.removeAll(where: \.isDefaultRoute)
      }
      try executor.run(plan)
    } catch {
      var failure = error
      if let endpoint = interfaces.first?.endpoint ?? pending {
        do { try drop(endpoint) } catch { failure.cleanupFailures.append("\(error)") }
      }
      throw failure
    }
  }

  /// Takes an interface away from a container.
  public func leave(_ network: String) throws(NetworkingError) {
    guard let endpoint = try networks.store.endpoint(of: container, in: network) else {
      throw NetworkingError("the container is not in network \(network.quoted)")
    }
    try drop(endpoint)
  }

  private func drop(_ endpoint: Endpoint) throws(NetworkingError) {
    try naming("network \(endpoint.network)") {
      try networks.forgetPort(endpoint)
      try removeRules(endpoint)
    }
    try networks.store.release(endpoint)
  }

  private func removeRules(_ endpoint: Endpoint) throws {
    let firewall = Firewall(name: networks.tableName, networks: [], endpoints: [])
    let socket = try NetlinkSocket(.netfilter)
    try networks.store.locked(exclusively: false) {
      do {
        try socket.commit(firewall.removal(endpoint))
      } catch let error as NetlinkError {
        // Without tables there are no rules; an element of another container must stay.
        if error.errno != .noEntry, error.errno != .exists { throw error }
      }
    }
  }

  private func addPlugins(_ network: String, _ interface: String) throws(NetworkingError) {
    guard let configuration = configurations[network],
      let index = interfaces.firstIndex(where: { $0.endpoint.interface == interface })
    else { return }
    let arguments = arguments(interfaces[index])
    let ready = try CNIChain(configuration)
    try ready.checkDemands(of: arguments)
    try ready.status()
    var record = CNIRecord(
      container: container, interface: interface, configuration: configuration, version: ready.version,
      path: ready.path, namespace: namespacePath ?? "", arguments: arguments)
    try networks.store.lockedPlugins(exclusively: false) {
      // Before the first side effect: whoever finds it can undo it.
      try networks.store.save(record)
      plugins.append(record)
      record.result = try record.chain(namespace: namespacePath).add()
      plugins[plugins.count - 1] = record
      try networks.store.save(record)
    }
    let result = try CNIResult(record.result, interface: interface)
    interfaces[index].endpoint.addresses = result.addresses
    interfaces[index].attachment.gateways = result.gateways
    interfaces[index].nameServers = result.nameServers
    if let address = result.hardwareAddress { interfaces[index].endpoint.hardwareAddress = address }
  }

  /// What flags ask of plug-ins for an interface.
  private func arguments(_ interface: NetworkPlan.Interface) -> CNIArguments {
    let attachment = interface.attachment
    return CNIArguments(
      ports: interface.endpoint.ports, addresses: attachment.addresses,
      hardwareAddress: attachment.hardwareAddress, bitsPerSecond: attachment.bitsPerSecond,
      names: interface.endpoint.names, aliases: attachment.aliases, nameServers: nameServers)
  }

  // MARK: Finding out

  private func resolve(
    _ attachment: Attachment, _ index: Int, _ names: [String], _ ports: [PublishedPort]
  ) throws(NetworkingError) -> NetworkPlan.Interface {
    var endpoint = Endpoint(
      container: container, network: "", hostInterface: Endpoint.hostInterface(ofContainer: container, index),
      interface: attachment.interface ?? "eth\(index)",
      hardwareAddress: try hardwareAddress(attachment, index),
      addresses: attachment.addresses.compactMap { asked in
        asked.length.flatMap { IPPrefix(asked.address, length: $0) }
      })
    guard case .network(let name) = attachment.target else {
      var interface = NetworkPlan.Interface(attachment, endpoint)
      if case .bridge(let bridge) = attachment.target { interface.isOpenvswitch = try isOpenvswitch(bridge) }
      if case .cni(let name) = attachment.target {
        configurations[name] = try CNIConfiguration.find(name)
        interface.endpoint.names = names + attachment.aliases
        pending = endpoint
        try publish(ports, at: &interface.endpoint) { (port) throws(NetworkingError) in try reserve(port) }
        pending = nil
      }
      return interface
    }
    let network = isPreview ? try networks.preview(name) : try networks.find(name)
    endpoint.network = network.name
    endpoint.names = names + attachment.aliases
    for asked in attachment.addresses
    where !network.subnets.contains(where: { $0.prefix.contains(asked.address) }) {
      throw NetworkingError("--ip \(asked.address): network \(name) has no subnet with this address")
    }
    endpoint.addresses = []
    // What is taken from here on is given back by `finish`.
    for subnet in network.subnets {
      let asked = attachment.addresses.first { $0.address.version == subnet.version }?.address
      let address = try allot(subnet, network, asked)
      if let prefix = IPPrefix(address, length: subnet.prefix.length) { endpoint.addresses.append(prefix) }
      pending = endpoint
    }
    if attachment.hardwareAddress == nil, let address = endpoint.address(.v4),
      let derived = MACAddress(bytes: [0x02, 0x42] + address.bytes)
    {
      // The same address has the same hardware address again: no peer remembers a wrong one.
      endpoint.hardwareAddress = derived
    }
    if !ports.isEmpty, network.isInternal { throw NetworkingError("-p: network \(name) is internal") }
    if !ports.isEmpty, network.driver != .bridge {
      throw NetworkingError(
        "-p: containers of network \(name) (\(network.driver.rawValue)) are reached at their own address")
    }
    let hasLoopback6 = !ports.isEmpty && PortReservation.hasLoopback6
    func isRelayed(_ port: PublishedPort) -> Bool {
      port.isOnLoopback6 || hasLoopback6 && port.onLoopback6 != nil
    }
    for port in ports { try Self.check(port, leadsTo: endpoint) }
    try publish(ports, at: &endpoint) { (port) throws(NetworkingError) in
      isRelayed(port) ? try open(port) : try reserve(port)
    }
    pending = nil
    var interface = NetworkPlan.Interface(attachment, endpoint, network: network)
    interface.relayedPorts = endpoint.ports.filter(isRelayed).compactMap(\.onLoopback6)
    return interface
  }

  private func allot(
    _ subnet: Subnet, _ network: Network, _ asked: IPAddress?
  ) throws(NetworkingError) -> IPAddress {
    if isPreview {
      let taken = try networks.store.leasedAddresses(of: network.name)
      if let address = asked ?? AddressPool(subnet: subnet).next(taken: taken) { return address }
    }
    return try networks.store.allot(
      subnet, of: network, to: container, asked: asked, isAlive: networks.isAlive)
  }

  private func hardwareAddress(_ attachment: Attachment, _ index: Int) throws(NetworkingError) -> MACAddress {
    if let asked = attachment.hardwareAddress { return asked }
    guard let made = NetworkExecutor.hardwareAddress(for: "\(container) \(index)") else {
      throw NetworkingError("no hardware address")
    }
    return made
  }

  private func isOpenvswitch(_ bridge: String) throws(NetworkingError) -> Bool {
    let link = try naming("bridge \(bridge)") { try NetlinkSocket(.route).link(named: bridge) }
    if link?.kind == "bridge" { return false }
    var whose = ", of Linux or Open vSwitch"
    do {
      if try OpenVSwitch.hasBridge(bridge) { return true }
    } catch {
      // Installed, but nobody answers: who has mistyped a bridge of Linux shall read that first.
      whose = " of Linux, and Open vSwitch does not answer: \(error.message)"
    }
    guard link != nil else {
      throw NetworkingError("--network bridge:\(bridge): there is no such bridge\(whose)")
    }
    throw NetworkingError("--network bridge:\(bridge): \(bridge) is no bridge")
  }
}

extension NetworkStep {
  fileprivate var isDefaultRoute: Bool {
    if case .defaultRoute = self { return true }
    return false
  }
}
