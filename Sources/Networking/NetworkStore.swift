// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
import Netlink

/// All networks of one engine directory.
///
///     NAME/network.json      the network as it should be
///     NAME/leases/ADDRESS    a link whose text is the id of the container that has the address
///     NAME/endpoints/ID      what was allotted to a container
///     .ports/tcp-…-8080      a link whose text is the id of the container that has the host port
///
/// A link is made or not, so a killed process leaves a lease that names a container that is gone, and never half of one.
/// There is no index: what a directory says is true.
public final class NetworkStore {
  /// Absolute.
  public let path: String
  private let root: Descriptor
  /// Whether it only looks, so that a directory that is missing is an empty one.
  private let isReadOnly: Bool

  static let longestFile = 1 << 20

  /// Opens the directory, making it when it is missing; what is above it must be there.
  ///
  /// - Parameter isReadOnly: Whether nothing is made; a directory that is missing, or that others keep to themselves, is
  ///   empty then.
  public init(path: String, isReadOnly: Bool = false) throws(NetworkingError) {
    self.path = path
    self.isReadOnly = isReadOnly
    do {
      if isReadOnly {
        root = Self.openIfPossible(path) ?? Descriptor(owning: -1)
        return
      }
      do { try mkdirat(.workingDirectory, path, mode: 0o700) } catch {
        if error.errno != .exists { throw error }
      }
      root = try openat(.workingDirectory, path, [.readOnly, .directory, .noFollow])
    } catch {
      throw NetworkingError("\(path): \(error)")
    }
  }

  private static func openIfPossible(_ path: String) -> Descriptor? {
    do { return try openat(.workingDirectory, path, [.readOnly, .directory, .noFollow]) } catch { return nil }
  }

  // MARK: Networks

  /// The names of all networks, sorted.
  public func names() throws(NetworkingError) -> [String] {
    try list(".").filter { !$0.hasPrefix(".") }.sorted()
  }

  /// nil when there is none of the name.
  public func network(named name: String) throws(NetworkingError) -> Network? {
    try Network.check(name: name)
    guard let bytes = try read("\(name)/network.json") else { return nil }
    return try Network(json: bytes, source: "\(path)/\(name)/network.json")
  }

  public func networks() throws(NetworkingError) -> [Network] {
    var result: [Network] = []
    // One that vanishes meanwhile is none.
    for name in try names() { if let network = try network(named: name) { result.append(network) } }
    return result
  }

  /// Writes down a new network.
  ///
  /// - Returns: false when the name is taken.
  public func create(_ network: Network) throws(NetworkingError) -> Bool {
    try network.check()
    let temporary = ".new-\(getpid())-\(network.name)"
    return try naming("\(path)/\(network.name)") {
      try makeDirectory(temporary)
      try makeDirectory("\(temporary)/leases")
      try makeDirectory("\(temporary)/endpoints")
      try write("\(temporary)/network.json", network.json())
      do {
        // A directory that is not empty is not replaced.
        try renameat(root.fd, temporary, root.fd, network.name)
        return true
      } catch let error as SyscallError where error.errno == .notEmpty || error.errno == .exists {
        try removeTree(temporary)
        return false
      }
    }
  }

  /// Forgets a network and its leases.
  public func remove(_ name: String) throws(NetworkingError) {
    let temporary = ".gone-\(getpid())-\(name)"
    try naming("\(path)/\(name)") {
      do { try renameat(root.fd, name, root.fd, temporary) } catch let error as SyscallError {
        if error.errno == .noEntry { return }
        throw error
      }
      try removeTree(temporary)
    }
  }

  // MARK: Leases

  /// Gives an address to a container.
  ///
  /// - Returns: false when another container has it.
  func lease(_ address: IPAddress, of network: String, to container: String) throws(NetworkingError) -> Bool {
    try claim("\(network)/leases/\(address)", for: container)
  }

  /// The addresses that are given away, and to whom.
  func leases(of network: String) throws(NetworkingError) -> [IPAddress: String] {
    var result: [IPAddress: String] = [:]
    for name in try list("\(network)/leases") {
      guard let address = IPAddress(name) else { continue }
      result[address] = try owner("\(network)/leases/\(name)") ?? ""
    }
    return result
  }

  /// The addresses that are given away.
  func leasedAddresses(of network: String) throws(NetworkingError) -> Set<IPAddress> {
    Set(try list("\(network)/leases").compactMap { IPAddress($0) })
  }

  /// Takes an address back from the container that has it.
  func release(_ address: IPAddress, of network: String, from container: String) throws(NetworkingError) {
    try unclaim("\(network)/leases/\(address)", of: container)
  }

  // MARK: Ports

  private func portName(_ port: PublishedPort) -> String {
    ".ports/\(port.transport.rawValue)-\(port.hostAddress.map { "\($0)" } ?? "any")-\(port.hostPort)"
  }

  /// - Returns: the container that has the port already; nil when it is this one's now.
  func claim(_ port: PublishedPort, for container: String) throws(NetworkingError) -> String? {
    try naming("\(path)/.ports") { try makeDirectory(".ports") }
    if try claim(portName(port), for: container) { return nil }
    let other = try owner(portName(port))
    return other == container ? nil : other ?? ""
  }

  /// The container that has a port; nil for none.
  func owner(of port: PublishedPort) throws(NetworkingError) -> String? { try owner(portName(port)) }

  func release(_ port: PublishedPort, of container: String) throws(NetworkingError) {
    try unclaim(portName(port), of: container)
  }

  // MARK: Endpoints

  func save(_ endpoint: Endpoint) throws(NetworkingError) {
    let name = "\(endpoint.network)/endpoints/\(endpoint.container)"
    try naming("\(path)/\(name)") {
      try write("\(name).new", endpoint.json())
      try renameat(root.fd, "\(name).new", root.fd, name)
    }
  }

  /// What a container has in a network; nil for nothing.
  public func endpoint(of container: String, in network: String) throws(NetworkingError) -> Endpoint? {
    let name = "\(network)/endpoints/\(container)"
    guard let bytes = try read(name) else { return nil }
    return try Endpoint(json: bytes, source: "\(path)/\(name)")
  }

  public func endpoints(of network: String) throws(NetworkingError) -> [Endpoint] {
    var result: [Endpoint] = []
    for name in try list("\(network)/endpoints").sorted() where !name.hasSuffix(".new") {
      if let endpoint = try endpoint(of: name, in: network) { result.append(endpoint) }
    }
    return result
  }

  /// Takes back all that was allotted; what is gone already is fine.
  func release(_ endpoint: Endpoint) throws(NetworkingError) {
    for port in endpoint.ports { try release(port, of: endpoint.container) }
    for prefix in endpoint.addresses {
      try release(prefix.address, of: endpoint.network, from: endpoint.container)
    }
    try unlink("\(endpoint.network)/endpoints/\(endpoint.container)")
  }

  // MARK: Plug-ins

  func save(_ record: CNIRecord) throws(NetworkingError) {
    try naming("\(path)/.cni") {
      try makeDirectory(".cni")
      try write(".cni/\(record.fileName).new", record.json())
      try renameat(root.fd, ".cni/\(record.fileName).new", root.fd, ".cni/\(record.fileName)")
    }
  }

  func remove(_ record: CNIRecord) throws(NetworkingError) { try unlink(".cni/\(record.fileName)") }

  func pluginRecords() throws(NetworkingError) -> [CNIRecord] {
    var result: [CNIRecord] = []
    for name in try list(".cni").sorted() where !name.hasSuffix(".new") {
      if let bytes = try read(".cni/\(name)") {
        result.append(try CNIRecord(json: bytes, source: "\(path)/.cni/\(name)"))
      }
    }
    return result
  }

  // MARK: Locking

  /// Calls `body` while nobody else changes the host's rules (exclusively), or while nobody replaces them (shared).
  func locked<T>(exclusively: Bool, _ body: () throws -> T) throws -> T {
    let file = try openat(root.fd, ".", [.readOnly, .directory])
    _ = try flock(file.fd, exclusive: exclusively, wait: true)
    return try body()
  }

  /// Calls `body` while no other command lets plug-ins add or remove (exclusively), or while nobody collects (shared);
  /// CNI specification 1.1, section 3, "Lifecycle & Ordering".
  func lockedPlugins(exclusively: Bool, _ body: () throws -> Void) throws(NetworkingError) {
    try naming("\(path)/.cni") {
      try makeDirectory(".cni")
      let file = try openat(root.fd, ".cni", [.readOnly, .directory, .noFollow])
      _ = try flock(file.fd, exclusive: exclusively, wait: true)
      try body()
    }
  }

  // MARK: Files

  private func claim(_ name: String, for container: String) throws(NetworkingError) -> Bool {
    try naming("\(path)/\(name)") {
      do {
        try symlinkat(container, root.fd, name)
        return true
      } catch let error as SyscallError where error.errno == .exists {
        return false
      }
    }
  }

  private func owner(_ name: String) throws(NetworkingError) -> String? {
    try naming("\(path)/\(name)") {
      do { return try readlinkat(root.fd, name) } catch let error as SyscallError {
        if error.errno == .noEntry { return nil }
        throw error
      }
    }
  }

  private func unclaim(_ name: String, of container: String) throws(NetworkingError) {
    if try owner(name) == container { try unlink(name) }
  }

  private func unlink(_ name: String) throws(NetworkingError) {
    try naming("\(path)/\(name)") {
      do { try unlinkat(root.fd, name) } catch let error as SyscallError {
        if error.errno != .noEntry { throw error }
      }
    }
  }

  private func list(_ name: String) throws(NetworkingError) -> [String] {
    try naming("\(path)/\(name)") {
      do {
        let directory = try openat(root.fd, name, [.readOnly, .directory, .noFollow])
        return try listDirectory(directory.fd).map(\.name)
      } catch let error as SyscallError where error.errno == .noEntry || isReadOnly {
        return []
      }
    }
  }

  private func read(_ name: String) throws(NetworkingError) -> [UInt8]? {
    try naming("\(path)/\(name)") {
      do { return try readFile(root.fd, name, limit: Self.longestFile) } catch let error as SyscallError {
        if error.errno == .noEntry || isReadOnly { return nil }
        throw error
      }
    }
  }

  private func write(_ name: String, _ bytes: [UInt8]) throws {
    let file = try openat(root.fd, name, [.writeOnly, .create, .truncate, .noFollow], mode: 0o600)
    try writeAll(file.fd, bytes)
  }

  private func makeDirectory(_ name: String) throws {
    do { try mkdirat(root.fd, name, mode: 0o700) } catch {
      if error.errno != .exists { throw error }
    }
  }

  /// Removes a directory of a network: its files, and the two directories of files in it.
  private func removeTree(_ name: String) throws {
    for directory in ["leases", "endpoints"] {
      for file in try list("\(name)/\(directory)") { try unlink("\(name)/\(directory)/\(file)") }
      try removeDirectory("\(name)/\(directory)")
    }
    try unlink("\(name)/network.json")
    try removeDirectory(name)
  }

  private func removeDirectory(_ name: String) throws {
    do { try unlinkat(root.fd, name, isDirectory: true) } catch {
      if error.errno != .noEntry { throw error }
    }
  }
}
