// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
import Netlink
import Networking

/// The networks that `--network` names: `NAME`, `NAME:ip=…,mac=…`, Docker's `name=NAME,ip=…`, `bridge:br0,ip=…`.
enum AttachmentText {
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  static func parse(_ text: String) throws(EngineError) -> Attachment {
    let parts = text.pieces(separatedBy: Byte.comma)
    var settings = Array(parts.dropFirst())
    var name = parts[0]
    if name.hasPrefix("name=") { name = String(name.dropFirst("name=".utf8.count)) }
    let (word, rest) = name.cut(at: Byte.colon)
    var attachment: Attachment
    switch (word, rest) {
    case ("bridge", let bridge?):
      attachment = Attachment(.bridge(try interface(bridge)))
    case ("macvlan", let parent?):
      attachment = Attachment(.macvlan(parent: try interface(parent), mode: "bridge"))
    case ("ipvlan", let parent?): attachment = Attachment(.ipvlan(parent: try interface(parent), mode: "l2"))
    case ("cni", let configuration?):
      if configuration.isEmpty { throw EngineError("the configuration's name is missing") }
      attachment = Attachment(.cni(configuration))
    case (_, let first?):
      attachment = Attachment(.network(try networkName(word)))
      settings.insert(first, at: 0)
    case (_, nil):
      attachment = Attachment(.network(try networkName(word)))
    }
    for setting in settings { try apply(setting, to: &attachment) }
    return attachment
  }

  private static func interface(_ name: String) throws(EngineError) -> String {
    guard isValidInterfaceName(name) else {
      throw EngineError("\(name.quoted) cannot be an interface's name")
    }
    return name
  }

  private static func networkName(_ word: String) throws(EngineError) -> String {
    // Docker's word for the network of those who ask for none.
    if word == "bridge" { return Network.defaultName }
    try inEngine { () throws(NetworkingError) in try Network.check(name: word) }
    return word
  }

  private static func apply(_ setting: String, to attachment: inout Attachment) throws(EngineError) {
    let (key, value) = setting.cut(at: Byte.equals)
    guard let value, !value.isEmpty else { throw EngineError("\(setting.quoted): expected KEY=VALUE") }
    do {
      switch key {
      case "ip", "ip6": attachment.addresses.append(try AskedAddress.parse(value))
      case "gateway": attachment.gateways.append(try address(value))
      case "host-ip": attachment.hostAddresses.append(try AskedAddress.parse(value))
      case "mac", "mac-address": attachment.hardwareAddress = try hardwareAddress(value)
      case "alias": attachment.aliases.append(try alias(value))
      case "interface", "interface_name": attachment.interface = try interface(value)
      case "mtu": attachment.mtuBytes = try mtu(value)
      case "rate": attachment.bitsPerSecond = try rate(value)
      case "mode": try setMode(value, of: &attachment)
      default: throw EngineError("\(key.quoted) is no property of an interface")
      }
    } catch let error as EngineError {
      throw error.within(key)
    } catch {
      throw EngineError("\(key): \(error)")
    }
  }

  private static func setMode(_ mode: String, of attachment: inout Attachment) throws(EngineError) {
    switch attachment.target {
    case .macvlan(let parent, _): attachment.target = .macvlan(parent: parent, mode: mode)
    case .ipvlan(let parent, _): attachment.target = .ipvlan(parent: parent, mode: mode)
    default: throw EngineError("only macvlan and ipvlan have modes")
    }
  }

  static func address(_ text: String) throws(EngineError) -> IPAddress {
    guard let address = IPAddress(text) else { throw EngineError("\(text.quoted) is no IP address") }
    return address
  }

  static func hardwareAddress(_ text: String) throws(EngineError) -> MACAddress {
    guard let address = MACAddress(text) else {
      throw EngineError("\(text.quoted) is no hardware address: expected the like of 02:00:00:00:00:01")
    }
    return address
  }

  /// A name that other containers find this one under.
  static func alias(_ text: String) throws(EngineError) -> String {
    try HostName.check(text, longest: 253)
    return text
  }

  static func mtu(_ text: String) throws(EngineError) -> UInt32 {
    guard let bytes = decimal(text, as: UInt32.self), (68...65535).contains(bytes) else {
      throw EngineError("\(text.quoted): expected 68 to 65535 bytes")
    }
    return bytes
  }

  /// `10mbit`, `500kbit`, `1gbit`, `8000`: bits per second, as tc(8) writes them.
  static func rate(_ text: String) throws(EngineError) -> UInt64 {
    for (suffix, factor) in [
      ("kbit", 1000), ("mbit", 1_000_000), ("gbit", 1_000_000_000), ("bit", 1), ("", 1),
    ]
    where text.lowercased().hasSuffix(suffix) {
      guard let number = decimal(String(text.dropLast(suffix.utf8.count)), as: UInt64.self) else { break }
      let (bits, overflow) = number.multipliedReportingOverflow(by: UInt64(factor))
      guard !overflow, bits >= 8000 else { break }
      return bits
    }
    throw EngineError("\(text.quoted): expected bits per second, at least 8kbit, as in 10mbit")
  }
}

extension Attachment.Target {
  /// As `inspect` shows it.
  var text: String {
    switch self {
    case .network(let name): name
    case .bridge(let name): "bridge:\(name)"
    case .cable: "cable"
    case .macvlan(let parent, _): "macvlan:\(parent)"
    case .ipvlan(let parent, _): "ipvlan:\(parent)"
    case .cni(let name): "cni:\(name)"
    }
  }
}
