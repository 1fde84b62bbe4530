// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

// What a socket of rtnetlink can be asked. Changes are messages, see `NetlinkMessage`, for `send`.
extension NetlinkSocket {
  /// The interface with a name; nil when there is none.
  public func link(named name: String) throws(NetlinkError) -> Link? {
    do {
      guard let reply = try query(.getLink(named: name)).first else { return nil }
      return try Link(reply)
    } catch {
      // ERANGE: the name is longer than any interface's.
      if error.errno == .noDevice || error.errno == .outOfRange { return nil }
      throw error
    }
  }

  /// All interfaces of the socket's namespace.
  public func links() throws(NetlinkError) -> [Link] {
    var result: [Link] = []
    for reply in try query(.dumpLinks()) { result.append(try Link(reply)) }
    return result
  }

  /// The addresses of an interface; of all interfaces with index 0.
  public func addresses(ofInterface index: Int32 = 0) throws(NetlinkError) -> [InterfaceAddress] {
    var result: [InterfaceAddress] = []
    for reply in try query(.dumpAddresses(interface: index)) {
      let address = try InterfaceAddress(reply)
      // Kernels before 4.20 do not know the filter.
      if index == 0 || address.interface == index { result.append(address) }
    }
    return result
  }

  /// The unicast routes of the main table.
  public func routes(_ version: IPAddress.Version) throws(NetlinkError) -> [Route] {
    var result: [Route] = []
    do {
      for reply in try query(.dumpRoutes(version)) {
        if let route = try Route(reply) { result.append(route) }
      }
    } catch {
      // A table that nothing was ever put into does not exist.
      if error.errno == .noEntry { return [] }
      throw error
    }
    return result
  }

  /// Entries of the neighbour tables of both versions.
  public func neighbours() throws(NetlinkError) -> [Neighbour] {
    var result: [Neighbour] = []
    for reply in try query(.dumpNeighbours()) {
      if let neighbour = try Neighbour(reply) { result.append(neighbour) }
    }
    return result
  }
}
