// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import Netlink

/// What plug-ins say that they have made (CNI specification 1.1, section 5, "Success"), as far as the engine shows it.
struct CNIResult: Equatable {
  var addresses: [IPPrefix] = []
  var gateways: [IPAddress] = []
  /// Of the container's interface.
  var hardwareAddress: MACAddress?
  /// `dns`: whom the container is to ask.
  var nameServers = NameServers()

  /// - Parameter interface: The container's, whose hardware address is looked for.
  init(_ bytes: [UInt8], interface: String) throws(NetworkingError) {
    do throws(JSONError) {
      let object = try JSONDocument(bytes, source: "the plug-ins' result").root.object()
      for value in try object.list("ips", { (v) throws(JSONError) in v }) ?? [] {
        let text = try value.object().required("address")
        guard let prefix = IPPrefix(try text.string()) else { throw text.error("not an address with length") }
        addresses.append(prefix)
        if let gateway = try value.object()["gateway"] { gateways.append(try Self.address(gateway)) }
      }
      for value in try object.list("interfaces", { (v) throws(JSONError) in v }) ?? [] {
        let link = try value.object()
        // Interfaces of the host have no sandbox.
        guard try link.string("name") == interface, let sandbox = try link.string("sandbox"), !sandbox.isEmpty
        else { continue }
        hardwareAddress = try link.string("mac").flatMap { MACAddress($0) }
      }
      if let dns = try object.object("dns") { nameServers = try Self.nameServers(dns) }
    } catch { throw NetworkingError("\(error)") }
  }

  private static func address(_ value: JSONValue) throws(JSONError) -> IPAddress {
    guard let address = IPAddress(try value.string()) else { throw value.error("not an address") }
    return address
  }

  /// They become lines of resolv.conf(5): words, and no line breaks of the plug-in's.
  private static func nameServers(_ dns: JSONObject) throws(JSONError) -> NameServers {
    func words(_ value: JSONValue?) throws(JSONError) -> [String] {
      try value?.list { (element) throws(JSONError) in
        let word = try element.string()
        guard !word.isEmpty, word.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
          throw element.error("not a word")
        }
        return word
      } ?? []
    }
    return NameServers(
      addresses: try dns.list("nameservers") { (value) throws(JSONError) in try address(value) } ?? [],
      searchDomains: try words(dns["search"]), options: try words(dns["options"]))
  }
}
