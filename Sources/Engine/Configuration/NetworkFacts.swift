// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Netlink
public import Networking

/// What is known about the container's network once it is made, or joined.
public struct NetworkFacts: Equatable, Sendable {
  /// nil: the runtime makes a new namespace, or none.
  public var namespacePath: String?
  public var interfaces: [NetworkPlan.Interface] = []
  /// What a program of the user's carries, with the ports that it has published.
  public var carried: UserNetworkRequest?

  public init() {}

  /// The host, as the container sees it in its first network.
  var gateway: IPAddress? {
    interfaces.lazy.compactMap { interface in
      interface.network?.subnets.first?.gateway ?? interface.attachment.hostAddresses.first?.address
    }.first
  }

  /// Whom the plug-ins of the first network that says so have the container ask.
  var nameServers: NameServers {
    interfaces.lazy.map(\.nameServers).first { $0 != NameServers() } ?? NameServers()
  }

  /// Whether `roost` answers its questions about names.
  var hasNameServer: Bool { interfaces.contains { $0.network != nil } }

  /// Whether the container reaches anybody who could answer questions about names.
  var reachesOthers: Bool {
    carried != nil || interfaces.contains { $0.network.map { !$0.isInternal } ?? true }
  }
}

/// `NetworkSettings` of a container's record, Docker's shape.
enum NetworkSettings {
  static func document(_ mode: NetworkMode, _ facts: NetworkFacts) -> Document {
    var networks: [Document.Member] = facts.interfaces.map { .init($0.attachment.target.text, endpoint($0)) }
    if networks.isEmpty { networks = [.init(mode.text, .record([]))] }
    let first = facts.interfaces.first?.endpoint
    return .record([
      .init("IPAddress", .string(first?.address(.v4).map { "\($0)" } ?? "")),
      .init("GlobalIPv6Address", .string(first?.address(.v6).map { "\($0)" } ?? "")),
      .init("MacAddress", .string(first.map { "\($0.hardwareAddress)" } ?? "")),
      .init("SandboxKey", .string(facts.namespacePath ?? "")),
      .init("Ports", .map(ports(facts))),
      .init("Networks", .map(networks)),
    ])
  }

  private static func endpoint(_ interface: NetworkPlan.Interface) -> Document {
    let endpoint = interface.endpoint
    func text(_ version: IPAddress.Version) -> (String, Int64) {
      guard let prefix = endpoint.addresses.first(where: { $0.address.version == version }) else {
        return ("", 0)
      }
      return ("\(prefix.address)", Int64(prefix.length))
    }
    func gateway(_ version: IPAddress.Version) -> String {
      interface.gateways.first { $0.version == version }.map { "\($0)" } ?? ""
    }
    return .record([
      .init("IPAddress", .string(text(.v4).0)),
      .init("IPPrefixLen", .integer(text(.v4).1)),
      .init("Gateway", .string(gateway(.v4))),
      .init("GlobalIPv6Address", .string(text(.v6).0)),
      .init("GlobalIPv6PrefixLen", .integer(text(.v6).1)),
      .init("IPv6Gateway", .string(gateway(.v6))),
      .init("MacAddress", .string("\(endpoint.hardwareAddress)")),
      .init("Aliases", .strings(endpoint.names)),
    ])
  }

  /// `{"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}`.
  private static func ports(_ facts: NetworkFacts) -> [Document.Member] {
    var result: [Document.Member] = []
    for port in facts.interfaces.flatMap(\.endpoint.ports) + (facts.carried?.ports ?? []) {
      let key = "\(port.containerPort)/\(port.transport.rawValue)"
      let host = Document.record([
        .init("HostIp", .string(port.hostAddress.map { "\($0)" } ?? "0.0.0.0")),
        .init("HostPort", .string("\(port.hostPort)")),
      ])
      if let index = result.firstIndex(where: { $0.key == key }) {
        result[index] = .init(key, .list((result[index].value.elements ?? []) + [host]))
      } else {
        result.append(.init(key, .list([host])))
      }
    }
    return result
  }
}
