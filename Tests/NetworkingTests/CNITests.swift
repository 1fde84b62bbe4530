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
    #expect(list.name == "a" && list.version == "1.0.0" && list.plugins.count == 2)
    let single = try Self.configuration(#"{"cniVersion": "0.4.0", "name": "b", "type": "ptp"}"#)
    #expect(single.name == "b" && single.plugins.count == 1)
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"name": "a", "type": "ptp"}"#, #"{"cniVersion": "9.0.0", "name": "a", "type": "ptp"}"#,
    #"{"cniVersion": "1.0.0", "type": "ptp"}"#, #"{"cniVersion": "1.0.0", "name": "a", "plugins": []}"#,
    #"{"cniVersion": "1.0.0", "name": "a", "plugins": ["ptp"]}"#,
  ])
  func refused(_ text: String) {
    #expect(throws: NetworkingError.self) { try Self.configuration(text) }
  }

  @Test func addresses() throws {
    let result = #"{"ips": [{"address": "10.9.0.2/24", "gateway": "10.9.0.1"}, {"address": "fd00::2/64"}]}"#
    #expect(try CNIChain.addresses(Array(result.utf8)).map { "\($0)" } == ["10.9.0.2/24", "fd00::2/64"])
    #expect(try CNIChain.addresses(Array("{}".utf8)).isEmpty)
    #expect(throws: NetworkingError.self) {
      try CNIChain.addresses(Array(#"{"ips": [{"address": "10.9.0.2"}]}"#.utf8))
    }
  }

  /// What undoes the work of plug-ins after a crash must be all there.
  @Test func recordsAreReadBack() throws {
    let configuration = try Self.configuration(#"{"cniVersion": "1.0.0", "name": "a", "type": "ptp"}"#)
    var record = CNIRecord(
      container: "c0ffee", interface: "eth0", configuration: configuration, path: ["/opt/cni/bin", "/x"],
      ports: try PublishedPort.parse("127.0.0.1:8080:80/udp"))
    record.result = Array(#"{"ips": []}"#.utf8)
    let back = try CNIRecord(json: record.json(), source: "test")
    #expect(back.container == "c0ffee" && back.interface == "eth0" && back.path == record.path)
    #expect(back.ports == record.ports && back.result == record.result)
    #expect(back.configuration.bytes == configuration.bytes && back.configuration.path == configuration.path)
  }
}
