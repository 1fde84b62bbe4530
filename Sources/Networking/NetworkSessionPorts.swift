// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux
import Netlink

// The host's side of published ports.
extension NetworkSession {
  /// Refuses ports that nothing would come through.
  static func check(_ port: PublishedPort, leadsTo endpoint: Endpoint) throws(NetworkingError) {
    guard let host = port.hostAddress else { return }
    if port.isOnLoopback6 {
      guard port.onLoopback6 == nil else { return }
      throw NetworkingError("-p \(port): on the IPv6 loopback roost passes on tcp and udp alone")
    }
    guard endpoint.address(host.version) == nil else { return }
    let (word, remedy) =
      host.version == .v6
      ? ("IPv6", "roost network create --ipv6 makes one that does") : ("IPv4", "choose another")
    throw NetworkingError(
      "-p \(port): network \(endpoint.network) gives the container no \(word) address; \(remedy)")
  }

  /// Takes ports for an endpoint.
  ///
  /// - Parameter take: Takes one of them, and says which one it was.
  func publish(
    _ ports: [PublishedPort], at endpoint: inout Endpoint,
    _ take: (PublishedPort) throws(NetworkingError) -> PublishedPort
  ) throws(NetworkingError) {
    let limit = makeRoom(for: ports.count)
    defer { limit.map(restore) }
    for port in ports {
      endpoint.ports.append(try take(port))
      pending = endpoint
    }
  }

  /// Binds a host port, so that nobody else has or gets it.
  func reserve(_ port: PublishedPort) throws(NetworkingError) -> PublishedPort {
    if isPreview { return port }
    let bound = try PortReservation.bind(port)
    var port = port
    port.hostPort = bound.port
    reservations.append(held(bound.socket))
    try claim(port)
    return port
  }

  /// The same for a port that is one of the IPv6 loopback, alone or among others: this process serves it.
  func open(_ port: PublishedPort) throws(NetworkingError) -> PublishedPort {
    if isPreview { return port }
    // One number for two sockets: what the system has chosen for one may be taken for the other.
    var attempts = port.hostPort == 0 ? 16 : 1
    while true {
      attempts -= 1
      var chosen = port
      var reservation: OwnedDescriptor?
      if !port.isOnLoopback6 {
        let bound = try PortReservation.bind(port)
        chosen.hostPort = bound.port
        reservation = held(bound.socket)
      }
      guard let loopback = chosen.onLoopback6 else { return try reserve(port) }
      let opened: (socket: OwnedDescriptor, port: UInt16)
      do { opened = try PortReservation.open(loopback) } catch {
        if attempts > 0 { continue }
        for port in [chosen, loopback] {
          guard let other = try networks.store.owner(of: port), networks.isAlive(other) else { continue }
          throw Self.taken(port, by: other)
        }
        throw error
      }
      chosen.hostPort = opened.port
      try claim(chosen)
      reservations += [reservation].compactMap { $0 }
      listeners.append(PortRelay.Listener(port: chosen, socket: held(opened.socket)))
      return chosen
    }
  }

  private static func taken(_ port: PublishedPort, by container: String) -> NetworkingError {
    NetworkingError("-p \(port): container \(container.prefix(12)) has published this port")
  }

  private func claim(_ port: PublishedPort) throws(NetworkingError) {
    guard let other = try networks.store.claim(port, for: container) else { return }
    if networks.isAlive(other) { throw Self.taken(port, by: other) }
    for name in try networks.store.names() { try networks.store.collect(name, networks.isAlive) }
    try networks.store.release(port, of: other)
    if try networks.store.claim(port, for: container) != nil {
      throw NetworkingError("-p \(port): another container has published this port")
    }
  }

  func startRelay(to addresses: [IPAddress]) throws {
    let (store, container) = (networks.store, container)
    relay = try PortRelay(try sharedLoop(), listeners, to: addresses) { port in
      // bestEffort: what cannot be looked up is not served
      (try? store.owner(of: port)) == container
    }
    // Its own from here on: it closes what is not to be served any more.
    listeners = []
  }

  // MARK: Many ports

  /// Ranges may take more descriptors than a program usually may have. Its children shall have the usual limit.
  ///
  /// - Returns: the limit to be restored; nil when nothing was changed.
  private func makeRoom(for count: Int) -> UInt64? {
    // bestEffort: where it cannot be raised, binding says that there are too many
    guard count > 64, let limit = try? getrlimit(Int32(RLIMIT_NOFILE.rawValue)), limit.soft < limit.hard,
      (try? prlimit(resource: Int32(RLIMIT_NOFILE.rawValue), soft: limit.hard, hard: limit.hard)) != nil
    else { return nil }
    firstHeldNumber = Int32(clamping: limit.soft)
    return limit.soft
  }

  private func restore(_ soft: UInt64) {
    firstHeldNumber = nil
    // bestEffort: lowering what was just raised does not fail
    guard let limit = try? getrlimit(Int32(RLIMIT_NOFILE.rawValue)) else { return }
    // bestEffort: as above
    try? prlimit(resource: Int32(RLIMIT_NOFILE.rawValue), soft: soft, hard: limit.hard)
  }

  private func held(_ socket: OwnedDescriptor) -> OwnedDescriptor {
    guard let first = firstHeldNumber else { return socket }
    // bestEffort: it may stay where it is
    guard let moved = try? OwnedDescriptor(socket.fd.duplicate(atLeast: first)) else { return socket }
    return moved
  }
}
