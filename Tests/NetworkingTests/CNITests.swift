// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Netlink
import Testing

@testable import Networking

@Suite("Configurations and results of CNI plug-ins")
struct CNITests {
  static func configuration(_ text: String) throws -> CNIConfiguration {
    try CNIConfiguration(bytes: Array(text.utf8), path: "/net.d/10-a.conflist")
  }

  @Test func lists() throws {
    let list = try Self.configuration(
      #"{"cniVersion": "1.0.0", "name": "a", "plugins": [{"type": "bridge"}, {"type": "portmap"}]}"#)
    #expect(list.name == "a" && list.versions == ["1.0.0"] && list.plugins.count == 2)
    #expect(!list.disablesCheck && !list.disablesCollection)
    let single = try Self.configuration(#"{"cniVersion": "0.4.0", "name": "b", "type": "ptp"}"#)
    #expect(single.name == "b" && single.plugins.count == 1)
    let several = try Self.configuration(
      #"{"cniVersion": "1.1.0", "cniVersions": ["2.0.0", "0.4.0", "0.3.1"], "name": "c.d", "disableGC": true}"#
    )
    #expect(several.versions == ["0.4.0", "1.1.0"] && several.plugins.isEmpty && several.disablesCollection)
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"name": "a", "type": "ptp"}"#, #"{"cniVersion": "9.0.0", "name": "a", "type": "ptp"}"#,
    #"{"cniVersion": "1.0.0", "type": "ptp"}"#, #"{"cniVersion": "1.0.0", "name": "../a", "type": "ptp"}"#,
    #"{"cniVersion": "1.0.0", "name": "a", "plugins": ["ptp"]}"#,
    #"{"cniVersion": "1.0.0", "name": "a", "disableGC": "true", "type": "ptp"}"#,
  ])
  func refused(_ text: String) {
    #expect(throws: NetworkingError.self) { try Self.configuration(text) }
  }

  @Test func results() throws {
    let text = """
      {"ips": [{"address": "10.9.0.2/24", "gateway": "10.9.0.1"}, {"address": "fd00::2/64"}],
       "interfaces": [{"name": "eth0", "mac": "02:00:00:00:00:01"},
        {"name": "eth0", "mac": "02:00:00:00:00:02", "sandbox": "/x"}, {"name": "eth1", "mac": "x", "sandbox": "/x"}],
       "dns": {"nameservers": ["10.9.0.53"], "domain": "a", "options": ["ndots:2"]}}
      """
    let result = try CNIResult(Array(text.utf8), interface: "eth0")
    #expect(result.addresses.map { "\($0)" } == ["10.9.0.2/24", "fd00::2/64"])
    #expect(result.gateways.map { "\($0)" } == ["10.9.0.1"])
    #expect(result.hardwareAddress.map { "\($0)" } == "02:00:00:00:00:02")
    #expect(result.nameServers == NameServers(addresses: [try address("10.9.0.53")], options: ["ndots:2"]))
    #expect(try CNIResult(Array("{}".utf8), interface: "eth0").addresses.isEmpty)
  }

  @Test(arguments: [
    #"{"ips": [{"address": "10.9.0.2"}]}"#, #"{"ips": [{"address": "10.9.0.2/24", "gateway": "x"}]}"#,
    #"{"dns": {"nameservers": ["x"]}}"#, #"{"dns": {"search": ["a b"]}}"#, "[]",
  ])
  func resultsOfNoUse(_ text: String) {
    #expect(throws: NetworkingError.self) { try CNIResult(Array(text.utf8), interface: "eth0") }
  }

  /// What undoes the work of plug-ins after a crash must be all there.
  @Test func recordsAreReadBack() throws {
    let configuration = try Self.configuration(#"{"cniVersion": "1.0.0", "name": "a", "type": "ptp"}"#)
    var arguments = CNIArguments()
    arguments.ports = try PublishedPort.parse("127.0.0.1:8080:80/udp")
    arguments.hardwareAddress = MACAddress("02:00:00:00:00:01")
    var record = CNIRecord(
      container: "c0ffee", interface: "eth0", configuration: configuration, version: "1.0.0",
      path: ["/opt/cni/bin", "/x"], namespace: "/proc/1/fd/7", arguments: arguments)
    record.result = Array(#"{"ips": []}"#.utf8)
    let back = try CNIRecord(json: record.json(), source: "test")
    #expect(back.container == "c0ffee" && back.interface == "eth0" && back.path == record.path)
    #expect(back.ports == record.ports && back.result == record.result && back.version == "1.0.0")
    #expect(back.namespace == record.namespace && back.arguments == record.arguments)
    #expect(back.configuration.bytes == configuration.bytes && back.configuration.path == configuration.path)
  }
}
