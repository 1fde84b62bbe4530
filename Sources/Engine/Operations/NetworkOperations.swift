// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
import Netlink
import Networking
import OCI

/// What `roost network create` was asked for, as texts.
public struct NetworkCreation: Sendable {
  public var name = ""
  public var driver = "bridge"
  public var subnets: [String] = []
  public var gateways: [String] = []
  public var ranges: [String] = []
  public var isInternal = false
  public var wantsIPv6 = false
  public var labels: [String] = []
  /// `KEY=VALUE`: mtu, parent, mode, isolate.
  public var options: [String] = []
  /// The bridge's interface; nil lets us choose.
  public var interface: String?

  public init() {}

  /// - Throws: ``EngineError`` naming the flag.
  func network() throws(EngineError) -> Network {
    guard let driver = Network.Driver(rawValue: driver) else {
      throw EngineError("--driver \(driver.quoted): expected bridge, macvlan or ipvlan")
    }
    var network = Network(name, driver, interface: interface ?? "", subnets: try parsedSubnets())
    network.isInternal = isInternal
    for label in labels {
      let (key, value) = label.cut(at: Byte.equals)
      network.labels[key] = value ?? ""
    }
    for option in options { try apply(option, to: &network) }
    if driver != .bridge, network.interface.isEmpty {
      throw EngineError(
        "--opt parent=INTERFACE is needed: \(driver.rawValue) sits on an interface of the host")
    }
    if driver != .bridge, subnets.isEmpty {
      throw EngineError("--subnet is needed: it is the one of the parent's network")
    }
    return network
  }

  private func parsedSubnets() throws(EngineError) -> [Subnet] {
    var result: [Subnet] = []
    for text in subnets {
      guard let prefix = IPPrefix(text) else {
        throw EngineError("--subnet \(text.quoted): expected ADDRESS/LENGTH, as in 10.1.0.0/24")
      }
      guard prefix.first == prefix.address else {
        throw EngineError(
          "--subnet \(text.quoted): has bits behind its length; \(prefix.network) is the block")
      }
      result.append(Subnet(prefix))
    }
    for text in gateways {
      let address: IPAddress
      do { address = try AttachmentText.address(text) } catch { throw error.within("--gateway") }
      guard let index = result.firstIndex(where: { $0.prefix.contains(address) }) else {
        throw EngineError("--gateway \(address): outside of every --subnet")
      }
      result[index].gateway = address
    }
    for text in ranges {
      guard let range = IPPrefix(text) else {
        throw EngineError("--ip-range \(text.quoted): expected ADDRESS/LENGTH")
      }
      guard let index = result.firstIndex(where: { $0.prefix.contains(range.first) }) else {
        throw EngineError("--ip-range \(range): outside of every --subnet")
      }
      result[index].range = range.network
    }
    return result
  }

  private func apply(_ option: String, to network: inout Network) throws(EngineError) {
    let (key, text) = option.cut(at: Byte.equals)
    let value = text ?? ""
    do throws(EngineError) {
      switch key {
      case "mtu", "com.docker.network.driver.mtu": network.mtuBytes = try AttachmentText.mtu(value)
      case "parent" where network.driver != .bridge:
        guard isValidInterfaceName(value) else { throw EngineError("not an interface's name") }
        network.interface = value
      case "mode", "macvlan_mode", "ipvlan_mode":
        if network.driver == .bridge { throw EngineError("only macvlan and ipvlan have modes") }
        network.mode = value
      case "com.docker.network.bridge.name" where network.driver == .bridge: network.interface = value
      case "com.docker.network.bridge.enable_icc": network.connectsContainers = value != "false"
      default: throw EngineError("unknown option; known are mtu, parent, mode")
      }
    } catch {
      throw error.within("--opt \(option.quoted)")
    }
  }
}

extension ContainerEngine {
  /// Makes a network.
  ///
  /// - Returns: its name.
  public func createNetwork(_ creation: NetworkCreation) throws(EngineError) -> String {
    let network = try creation.network()
    let networks = try networks()
    return try inEngine { () throws(NetworkingError) in
      try networks.create(network, wantsIPv6: creation.wantsIPv6).name
    }
  }

  public static let networkColumns: [(field: String, heading: String)] = [
    ("Name", "NAME"), ("Driver", "DRIVER"), ("Subnets", "SUBNETS"), ("Containers", "CONTAINERS"),
  ]

  /// Rows of `network ls`.
  public func listNetworks() throws(EngineError) -> [Document] {
    let networks = try networks()
    return try inEngine { () throws(NetworkingError) in
      var rows: [Document] = []
      for network in try networks.store.networks() {
        let users = try networks.store.endpoints(of: network.name).count
        rows.append(
          .record([
            .init("Name", .string(network.name)), .init("Driver", .string(network.driver.rawValue)),
            .init("Subnets", .string(network.subnets.map { "\($0.prefix)" }.joined(separator: ","))),
            .init("Containers", .string("\(users)")), .init("Internal", .string("\(network.isInternal)")),
            .init("Interface", .string(network.interface)),
          ]))
      }
      return rows
    }
  }

  /// What `network inspect` prints.
  public func inspectNetworks(_ names: [String], format: String?) throws(EngineError) -> (
    text: String, errors: [EngineError]
  ) {
    let networks = try networks()
    var documents: [Document] = []
    var errors: [EngineError] = []
    for name in names {
      do {
        documents.append(
          try inEngine { () throws(NetworkingError) in
            guard let network = try networks.store.network(named: name) else {
              throw NetworkingError("there is no network \(name.quoted)")
            }
            return Self.document(network, try networks.store.endpoints(of: name))
          })
      } catch {
        errors.append(error)
      }
    }
    return (try Self.text(of: documents, format: format), errors)
  }

  private static func document(_ network: Network, _ endpoints: [Endpoint]) -> Document {
    let subnets = network.subnets.map { subnet in
      Document.record([
        .init("Subnet", .string("\(subnet.prefix)")), .init("Gateway", .string("\(subnet.gateway)")),
        .init("IPRange", .string(subnet.range.map { "\($0)" } ?? "")),
      ])
    }
    let containers = endpoints.map { endpoint in
      func text(_ version: IPAddress.Version) -> String {
        endpoint.addresses.first { $0.address.version == version }.map { "\($0)" } ?? ""
      }
      return Document.Member(
        endpoint.container,
        .record([
          .init("Name", .string(endpoint.names.first ?? "")), .init("IPv4Address", .string(text(.v4))),
          .init("IPv6Address", .string(text(.v6))),
          .init("MacAddress", .string("\(endpoint.hardwareAddress)")),
          .init("HostInterface", .string(endpoint.hostInterface)),
          .init("Ports", .strings(endpoint.ports.map { "\($0)" })),
        ]))
    }
    return .record([
      .init("Name", .string(network.name)),
      .init("Created", .string(Timestamp.rfc3339(network.createdNanoseconds))),
      .init("Driver", .string(network.driver.rawValue)),
      .init("EnableIPv6", .bool(network.subnet(.v6) != nil)),
      .init("IPAM", .record([.init("Config", .list(subnets))])),
      .init("Internal", .bool(network.isInternal)),
      .init("Containers", .map(containers)),
      .init("Interface", .string(network.interface)),
      .init("MTU", .integer(Int64(network.mtuBytes ?? 0))),
      .init(
        "Labels", .map(network.labels.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })),
    ])
  }

  public func removeNetwork(_ name: String) throws(EngineError) {
    let networks = try networks()
    try inEngine { () throws(NetworkingError) in try networks.remove(name) }
  }

  /// - Returns: the names of the networks that were removed.
  public func pruneNetworks() throws(EngineError) -> [String] {
    let networks = try networks()
    return try inEngine { () throws(NetworkingError) in try networks.prune() }
  }

  /// Puts bridges and rules as they should be.
  ///
  /// - Returns: what plug-ins say is wrong with what they have made.
  public func reloadNetworks() throws(EngineError) -> [EngineError] {
    let networks = try networks()
    let problems = try inEngine { () throws(NetworkingError) in
      try networks.reload { try self.networkNamespace(of: $0) }.map { EngineError($0.message) }
    }
    try doWithoutNameServers()
    return problems
  }

  /// Has containers whose `roost run` was killed ask those whom it would have asked.
  private func doWithoutNameServers() throws(EngineError) {
    let store = try Store(location)
    for id in try store.ids() {
      guard let directory = try store.open(id), try !directory.hasMonitor() else { continue }
      do {
        try Networks.rewrite("\(directory.path)/\(SpecBuilder.FileName.resolver)") {
          Array(HostFiles.withoutNameServer(String(decoding: $0, as: UTF8.self)).utf8)
        }
      } catch { throw EngineError("\(directory.path): \(error)") }
    }
  }

  /// The path of a container's network namespace; nil unless it runs.
  private func networkNamespace(of id: String) throws(EngineError) -> String? {
    // One that is still being made has no record yet.
    guard let container = try ContainerView(try Store(location).find(id)) else { return nil }
    return container.isAlive && container.state.pid > 0 ? "/proc/\(container.state.pid)/ns/net" : nil
  }
}
