// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import Netlink

extension Network {
  /// The text of `network.json`.
  func json() -> [UInt8] {
    var writer = JSONWriter(.pretty)
    writer.object { (writer: inout JSONWriter) in
      writer.member("name", name)
      writer.member("driver", driver.rawValue)
      writer.member("interface", interface)
      writer.member("subnets") { (writer: inout JSONWriter) in
        writer.array(of: subnets) { (writer: inout JSONWriter, subnet: Subnet) in
          writer.object { (writer: inout JSONWriter) in
            writer.member("subnet", "\(subnet.prefix)")
            writer.member("gateway", "\(subnet.gateway)")
            writer.member("range", subnet.range.map { "\($0)" })
          }
        }
      }
      writer.member("internal", isInternal)
      writer.member("mtu", mtuBytes)
      writer.member("mode", mode)
      writer.member("connectsContainers", connectsContainers)
      writer.member("labels") { (writer: inout JSONWriter) in
        writer.object { (writer: inout JSONWriter) in
          for (key, value) in labels.sorted(by: { $0.key < $1.key }) { writer.member(key, value) }
        }
      }
      writer.member("created", createdNanoseconds)
    }
    return writer.bytes + [0x0a]
  }

  init(json bytes: [UInt8], source: String) throws(NetworkingError) {
    do {
      let object = try JSONDocument(bytes, source: source).root.object()
      let driverValue = try object.required("driver")
      guard let driver = Driver(rawValue: try driverValue.string()) else {
        throw driverValue.error("unknown driver")
      }
      let subnets = try object.list("subnets") { (value) throws(JSONError) in try Self.subnet(value) } ?? []
      self.init(
        try object.required("name").string(), driver, interface: try object.required("interface").string(),
        subnets: subnets)
      isInternal = try object.bool("internal") ?? false
      mtuBytes = try object.integer("mtu")
      mode = try object.string("mode")
      connectsContainers = try object.bool("connectsContainers") ?? true
      createdNanoseconds = try object.integer("created") ?? 0
      if let found = try object.object("labels") {
        for member in found.members { labels[member.key] = try member.value.string() }
      }
    } catch {
      throw NetworkingError("\(error)")
    }
    try check()
  }

  private static func subnet(_ value: JSONValue) throws(JSONError) -> Subnet {
    let object = try value.object()
    let text = try object.required("subnet")
    guard let prefix = IPPrefix(try text.string()) else { throw text.error("not a block of addresses") }
    let gatewayText = try object.required("gateway")
    guard let gateway = IPAddress(try gatewayText.string()) else { throw gatewayText.error("not an address") }
    var range: IPPrefix?
    if let text = try object.string("range") {
      guard let found = IPPrefix(text) else { throw value.error("not a block of addresses: \(text)") }
      range = found
    }
    return Subnet(prefix, gateway: gateway, range: range)
  }
}
