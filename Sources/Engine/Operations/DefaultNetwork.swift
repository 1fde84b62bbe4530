// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux
import Netlink
import Networking

extension Caller {
  /// The same options with a network for those who have asked for none. Nowhere else is this decided.
  ///
  /// The machine's root gets the default network, as with Docker; an ordinary user what a program carries, where one is
  /// installed and can work; everybody else has none.
  ///
  /// - Throws: ``EngineError`` naming a flag that this network cannot honour.
  func decidingNetwork(_ options: RunOptions) throws(EngineError) -> RunOptions {
    guard options.askedNetwork == nil else { return options }
    var options = options
    let isMachinesRoot = try identityMaps() == nil
    options.networkByDefault =
      isMachinesRoot
      ? .attached([Attachment(.network(Network.defaultName))])
      : try Self.carriedNetwork(isWanted: !options.interface.ports.isEmpty)
    _ = try options.networkRequest()
    return options
  }

  /// - Parameter isWanted: Whether something was asked for that only such a network can have.
  private static func carriedNetwork(isWanted: Bool) throws(EngineError) -> NetworkMode {
    guard let program = UserNetworkRequest.Program.installed else {
      if isWanted { throw EngineError("--publish: \(UserNetworkRequest.missing())") }
      return .none
    }
    // Both programs make an interface of their own; pasta gives up on a machine without a way out.
    if !isWanted {
      guard access("/dev/net/tun", R_OK | W_OK) == 0, try hostHasDefaultRoute() else { return .none }
    }
    return .user(UserNetworkRequest(program))
  }

  private static func hostHasDefaultRoute() throws(EngineError) -> Bool {
    do {
      let socket = try NetlinkSocket(.route)
      return try socket.routes(.v4).contains(where: \.isDefault)
        || socket.routes(.v6).contains(where: \.isDefault)
    } catch {
      throw EngineError("cannot look at the host's routes: \(error)")
    }
  }
}

extension EngineError {
  /// With the way out of it, for those who did not ask for the network that they cannot have.
  func withRemedy(for options: RunOptions) -> EngineError {
    // What a flag asked for is the flag's failure.
    if options.askedNetwork != nil || message.hasPrefix("-") { return self }
    var result = self
    result.message +=
      message.contains("\(Errno.notPermitted)")
      ? "; without CAP_NET_ADMIN a container has the host's network alone, --network host"
      : "; with --network none the container starts without a network"
    return result
  }
}
