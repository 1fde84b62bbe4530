// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
import Netlink
public import Networking

/// A container's network while it runs.
enum LiveNetwork {
  /// Interfaces that the engine has made.
  case made(NetworkSession)
  /// What a program carries.
  case carried(UserNetwork)

  /// What is to be served while the container runs.
  var loop: NetworkLoop? {
    switch self {
    case .made(let session): session.loop
    case .carried: nil
    }
  }

  /// Has the container's questions about names answered, now that it has a hosts file.
  func answerNames(from hosts: String, asking servers: [IPAddress]) {
    if case .made(let session) = self { session.answerNames(from: hosts, asking: servers) }
  }

  /// Takes it back.
  ///
  /// - Returns: what failed.
  func finish() -> [String] {
    switch self {
    case .made(let session): session.finish()
    case .carried(let network): network.finish()
    }
  }
}

extension ContainerEngine {
  /// The networks of this engine.
  public func networks() throws(EngineError) -> Networks {
    _ = try Store(location)
    return try inEngine { () throws(NetworkingError) in
      try Networks(engineRoot: location.path) { [location] in Self.mayUseNetwork($0, location) }
    }
  }

  /// Whether a container has, or is about to get, what was allotted to it. In doubt it has.
  private static func mayUseNetwork(_ id: String, _ location: StateLocation) -> Bool {
    do {
      guard let directory = try Store(location).open(id) else { return false }
      // Also while it is being made.
      if try directory.hasMonitor() { return true }
      return try Liveness.open(try directory.readState()) != nil
    } catch { return true }
  }

  /// What making the container's network would take; nothing for one that is not made.
  func previewNetwork(
    _ options: RunOptions, container id: String, facts: inout Facts
  ) throws(EngineError) -> [NetworkStep] {
    switch options.effectiveNetwork {
    case .path(let path): facts.network.namespacePath = path
    case .container(let name): facts.network.namespacePath = "/proc/PID-OF-\(name)/ns/net"
    case .none, .host, .attached, .user: break
    }
    if let request = try options.userNetworkRequest() {
      facts.network.carried = request
      facts.network.namespacePath = "/proc/ROOST/fd/NAMESPACE"
      return [.namespace, .carrier(request)]
    }
    guard var request = try options.networkRequest() else { return [] }
    request.settings = options.networkSettings(facts)
    return try inEngine { () throws(NetworkingError) in
      let networks = try Networks(engineRoot: location.path, isReadOnly: true) { _ in true }
      let session = NetworkSession(networks, container: id, isPreview: true)
      let plan = try session.plan(request, names: [])
      facts.network.interfaces = session.interfaces
      facts.network.namespacePath = "/proc/ROOST/fd/NAMESPACE"
      return plan.steps
    }
  }

  /// Makes the container's network, or finds out whose it joins.
  ///
  /// - Parameter names: Under which others find it.
  /// - Returns: nil when nothing was made.
  func startNetwork(
    _ options: RunOptions, container id: String, names: [String], facts: inout Facts
  ) throws(EngineError) -> LiveNetwork? {
    switch options.effectiveNetwork {
    case .none, .host: return nil
    case .path(let path):
      facts.network.namespacePath = path
      try checkNamespace(path, "--network ns:\(path)")
      return nil
    case .container(let name):
      try joinNetwork(of: name, &facts)
      return nil
    case .user:
      guard let request = try options.userNetworkRequest(groups: facts.ownMaps?.groups ?? []) else {
        return nil
      }
      return .carried(try carryNetwork(request, options, container: id, &facts))
    case .attached: break
    }
    guard var request = try options.networkRequest() else { return nil }
    request.settings = options.networkSettings(facts)
    let session = NetworkSession(try networks(), container: id)
    do throws(EngineError) {
      try inEngine { () throws(NetworkingError) in try session.start(request, names: names) }
    } catch { throw error.withRemedy(for: options) }
    facts.network.namespacePath = session.namespacePath
    facts.network.interfaces = session.interfaces
    return .made(session)
  }

  private func carryNetwork(
    _ request: UserNetworkRequest, _ options: RunOptions, container id: String, _ facts: inout Facts
  ) throws(EngineError) -> UserNetwork {
    let network = UserNetwork(request, directory: Store.path(of: id, location))
    do throws(EngineError) {
      try inEngine { () throws(NetworkingError) in try network.start() }
    } catch { throw error.withRemedy(for: options) }
    facts.network.namespacePath = network.namespacePath
    facts.network.carried = request
    facts.network.carried?.ports = network.ports
    return network
  }

  private func joinNetwork(of name: String, _ facts: inout Facts) throws(EngineError) {
    let flag = "--network container:\(name)"
    let other: ContainerView
    do { other = try view(name) } catch { throw error.within(flag) }
    guard other.isAlive, other.state.pid > 0 else {
      throw EngineError("\(flag): the container does not run, so it has no network")
    }
    facts.network.namespacePath = "/proc/\(other.state.pid)/ns/net"
    do {
      facts.hostsFile = try readText(.workingDirectory, other.file("HostsPath"))
      facts.resolverFile = try readText(.workingDirectory, other.file("ResolvConfPath"))
    } catch {
      throw EngineError("\(flag): \(error)")
    }
  }

  private func checkNamespace(_ path: String, _ flag: String) throws(EngineError) {
    let type: CloneFlags
    do throws(SyscallError) {
      let file = try openat(.workingDirectory, path, [.readOnly, .nonBlocking])
      type = try namespaceType(file.fd)
    } catch {
      if error.errno == .noEntry { throw EngineError("\(flag): \(error.errno)") }
      throw EngineError("\(flag): not a network namespace: \(error.errno)")
    }
    guard type == .newNetwork else {
      throw EngineError("\(flag): not a network namespace, but one of another kind")
    }
  }

  /// Tells the other containers of its networks about one that has come or gone.
  func publishNames(_ facts: NetworkFacts) throws(EngineError) {
    let names = facts.interfaces.compactMap { $0.network?.name }
    guard !names.isEmpty else { return }
    let networks = try networks()
    try inEngine { () throws(NetworkingError) in
      try networks.publishNames(in: names) { self.hostsFile(of: $0) }
    }
  }

  /// The path of a container's hosts file.
  func hostsFile(of id: String) -> String { "\(Store.path(of: id, location))/\(SpecBuilder.FileName.hosts)" }

  /// Takes the container's network back.
  ///
  /// - Returns: what failed.
  func endNetwork(_ network: LiveNetwork?, _ facts: NetworkFacts) -> [String] {
    guard let network else { return [] }
    var failures = network.finish()
    do { try publishNames(facts) } catch { failures.append(error.message) }
    return failures
  }
}

extension ContainerView {
  fileprivate func file(_ key: String) -> String { record.document[key]?.text ?? "" }
}

/// Turns a network's error into the engine's.
func inEngine<T>(_ body: () throws(NetworkingError) -> T) throws(EngineError) -> T {
  do { return try body() } catch {
    var failure = EngineError(error.message)
    failure.cleanupFailures = error.cleanupFailures
    throw failure
  }
}

// MARK: Running containers

extension ContainerEngine {
  /// Gives a running container another interface.
  ///
  /// - Parameter text: A network, with properties as in `--network`.
  public func connect(_ name: String, to text: String) throws(EngineError) {
    let attachment = try AttachmentText.parse(text)
    guard case .network(let network) = attachment.target else {
      throw EngineError("\(text.quoted): a network's name is expected")
    }
    let container = try running(name)
    let networks = try networks()
    let names = [container.record.name, ContainerName.short(container.record.id)]
    try inEngine { () throws(NetworkingError) in
      try attachment.check()
      try NetworkSession(networks, container: container.record.id).join(
        attachment, namespace: "/proc/\(container.state.pid)/ns/net", names: names)
    }
    try publish(network, networks, former: nil)
  }

  /// Takes a running container's interface in a network away.
  public func disconnect(_ name: String, from network: String) throws(EngineError) {
    let container = try view(name)
    let networks = try networks()
    try inEngine { () throws(NetworkingError) in
      try NetworkSession(networks, container: container.record.id).leave(network)
    }
    try publish(network, networks, former: container.record.id)
  }

  private func running(_ name: String) throws(EngineError) -> ContainerView {
    let container = try view(name)
    guard container.isAlive, container.state.pid > 0 else {
      throw EngineError("the container \(container.record.name) does not run")
    }
    return container
  }

  private func publish(
    _ network: String, _ networks: Networks, former: String?
  ) throws(EngineError) {
    try inEngine { () throws(NetworkingError) in
      try networks.publishNames(in: [network], former: former) { self.hostsFile(of: $0) }
    }
  }
}
