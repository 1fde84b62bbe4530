// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Netlink

/// Which addresses a subnet may give away. Pure.
struct AddressPool {
  let subnet: Subnet

  private var block: IPPrefix { subnet.range ?? subnet.prefix }

  /// The lowest address that is free.
  ///
  /// - Returns: nil when all are taken.
  func next(taken: Set<IPAddress>) -> IPAddress? {
    let version = subnet.version
    var value = block.first.value
    // Every address that is passed over is taken, or one of the three that nobody gets.
    var attempts = taken.count + 4
    while attempts > 0, value <= block.last.value {
      let address = IPAddress(version, value)
      if mayGive(address), !taken.contains(address) { return address }
      if value == UInt128.max { break }
      value += 1
      attempts -= 1
    }
    return nil
  }

  /// Whether a container may have the address at all.
  func mayGive(_ address: IPAddress) -> Bool { subnet.isAssignable(address) && address != subnet.gateway }
}

extension NetworkStore {
  /// Finds a container its address in a subnet and writes that down.
  ///
  /// - Parameters:
  ///   - asked: The one that it must be.
  ///   - isAlive: Whether a container still has what was given to it.
  /// - Throws: ``NetworkingError`` when the address is taken, or all are.
  func allot(
    _ subnet: Subnet, of network: Network, to container: String, asked: IPAddress?, isAlive: (String) -> Bool
  ) throws(NetworkingError) -> IPAddress {
    let pool = AddressPool(subnet: subnet)
    if let asked {
      guard pool.mayGive(asked) else { throw Self.refusal(asked, subnet, network) }
      if try lease(asked, of: network.name, to: container) { return asked }
      try collect(network.name, isAlive)
      if try lease(asked, of: network.name, to: container) { return asked }
      let owner = try leases(of: network.name)[asked] ?? "another"
      throw NetworkingError(
        "\(asked): container \(owner.prefix(12)) of network \(network.name) has this address")
    }
    for hasCollected in [false, true] {
      while let address = pool.next(taken: try leasedAddresses(of: network.name)) {
        // Another command may be faster; then the next one is tried.
        if try lease(address, of: network.name, to: container) { return address }
      }
      if !hasCollected { try collect(network.name, isAlive) }
    }
    throw NetworkingError(
      "network \(network.name): no free address is left in \(subnet.range ?? subnet.prefix); remove containers, or "
        + "make a network with a larger --subnet")
  }

  private static func refusal(_ asked: IPAddress, _ subnet: Subnet, _ network: Network) -> NetworkingError {
    if asked == subnet.gateway {
      return NetworkingError("\(asked): this is the gateway of network \(network.name)")
    }
    return NetworkingError(
      "\(asked): not an address for a machine in \(subnet.prefix) of network \(network.name)")
  }

  /// Takes back what containers had that are gone.
  ///
  /// - Returns: the endpoints that were dropped.
  @discardableResult
  func collect(_ network: String, _ isAlive: (String) -> Bool) throws(NetworkingError) -> [Endpoint] {
    var dead: [Endpoint] = []
    for endpoint in try endpoints(of: network) where !isAlive(endpoint.container) {
      try release(endpoint)
      dead.append(endpoint)
    }
    for (address, container) in try leases(of: network) where !isAlive(container) {
      try release(address, of: network, from: container)
    }
    return dead
  }
}
