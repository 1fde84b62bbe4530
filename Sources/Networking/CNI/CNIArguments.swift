// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
public import Netlink

/// Whom a container asks for names.
public struct NameServers: Equatable, Sendable {
  public var addresses: [IPAddress]
  public var searchDomains: [String]
  /// Of resolv.conf(5).
  public var options: [String]

  public init(addresses: [IPAddress] = [], searchDomains: [String] = [], options: [String] = []) {
    self.addresses = addresses
    self.searchDomains = searchDomains
    self.options = options
  }

  var isEmpty: Bool { addresses.isEmpty && searchDomains.isEmpty && options.isEmpty }
}

/// What flags ask of plug-ins: the capability arguments (CNI conventions, "Capabilities").
struct CNIArguments {
  var ports: [PublishedPort] = []
  var addresses: [AskedAddress] = []
  var hardwareAddress: MACAddress?
  var bitsPerSecond: UInt64?
  /// All names of the container.
  var names: [String] = []
  /// Those of the names that were asked for.
  var aliases: [String] = []
  var nameServers = NameServers()

  /// Flags that do nothing unless a plug-in has the capability.
  var demands: [(flag: String, capability: String)] {
    [
      ("-p", "portMappings", !ports.isEmpty), ("--ip", "ips", !addresses.isEmpty),
      ("--mac-address", "mac", hardwareAddress != nil), ("rate", "bandwidth", bitsPerSecond != nil),
      ("--network-alias", "aliases", !aliases.isEmpty),
    ].filter(\.2).map { ($0.0, $0.1) }
  }

  /// An object with a member per capability.
  func json() -> [UInt8] {
    var writer = JSONWriter()
    writer.object { (writer: inout JSONWriter) in
      if !ports.isEmpty { writer.member("portMappings") { (w: inout JSONWriter) in portMappings(&w) } }
      if !addresses.isEmpty { writer.member("ips", addresses.map(\.text)) }
      writer.member("mac", hardwareAddress.map { "\($0)" })
      if let bitsPerSecond { writer.member("bandwidth") { Self.bandwidth(bitsPerSecond, &$0) } }
      if !names.isEmpty { writer.member("aliases", names) }
      if !nameServers.isEmpty { writer.member("dns") { (w: inout JSONWriter) in dns(&w) } }
    }
    return writer.bytes
  }

  private func portMappings(_ writer: inout JSONWriter) {
    writer.array(of: ports) { (writer: inout JSONWriter, port: PublishedPort) in
      writer.object { (writer: inout JSONWriter) in
        writer.member("hostPort", port.hostPort)
        writer.member("containerPort", port.containerPort)
        writer.member("protocol", port.transport.rawValue)
        writer.member("hostIP", port.hostAddress.map { "\($0)" })
      }
    }
  }

  /// Rates in bits per second, bursts in bits, as long as those of networks of our own.
  private static func bandwidth(_ rate: UInt64, _ writer: inout JSONWriter) {
    writer.object { (writer: inout JSONWriter) in
      for direction in ["ingress", "egress"] {
        writer.member("\(direction)Rate", rate)
        writer.member("\(direction)Burst", UInt64(tokenBucketBytes(bitsPerSecond: rate)) * 8)
      }
    }
  }

  private func dns(_ writer: inout JSONWriter) {
    writer.object { (writer: inout JSONWriter) in
      writer.member("servers", nameServers.addresses.map { "\($0)" })
      writer.member("searches", nameServers.searchDomains)
      writer.member("options", nameServers.options)
    }
  }
}

extension AskedAddress {
  /// As it was asked for.
  var text: String { length.map { "\(address)/\($0)" } ?? "\(address)" }
}
