// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
import Testing

@testable import Netlink

/// Bytes written as they are read: hexadecimal digits, and comments behind `|` that say what the field is.
func wire(_ annotated: String) -> [UInt8] {
  var result: [UInt8] = []
  for line in annotated.split(separator: "\n") {
    let fields = line.prefix { $0 != "|" }
    for field in fields.split(separator: " ") {
      var digits = Substring(field)
      while digits.count >= 2, let byte = UInt8(digits.prefix(2), radix: 16) {
        result.append(byte)
        digits = digits.dropFirst(2)
      }
    }
  }
  return result
}

func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }

@Suite("Messages of rtnetlink, byte by byte (little endian)")
struct MessageTests {
  @Test func vethWithThePeerInAnotherNamespace() throws {
    var host = LinkProperties(name: "h0")
    host.mtuBytes = 1400
    host.isUp = true
    host.master = 7
    var peer = LinkProperties(name: "eth0")
    peer.address = MACAddress("02:00:00:00:00:05")
    peer.namespace = FD(9)
    let expected = wire(
      """
      80000000 1000 0506 00000000 00000000 | length 128, RTM_NEWLINK, REQUEST ACK EXCL CREATE, sequence, port
      00 00 0000 00000000 01000000 01000000 | ifinfomsg: AF_UNSPEC, pad, type, index 0, flags UP, change UP
      0700 0300 683000 00                   | IFLA_IFNAME "h0"
      0800 0400 78050000                    | IFLA_MTU 1400
      0800 0a00 07000000                    | IFLA_MASTER 7
      4800 1280                             | IFLA_LINKINFO, nested
        0900 0100 7665746800 000000         |   IFLA_INFO_KIND "veth"
        3800 0280                           |   IFLA_INFO_DATA, nested
          3400 0180                         |     VETH_INFO_PEER, nested
          00 00 0000 00000000 00000000 00000000 |   ifinfomsg of the peer
          0900 0300 6574683000 000000       |       IFLA_IFNAME "eth0"
          0a00 0100 020000000005 0000       |       IFLA_ADDRESS
          0800 1c00 09000000                |       IFLA_NET_NS_FD 9
      """)
    #expect(NetlinkMessage.addLink(.veth(peer: peer), host).bytes == expected)
  }

  @Test func moveAndRename() {
    var change = LinkProperties(name: "lan%d")
    change.namespace = FD(5)
    let expected = wire(
      """
      34000000 1000 0500 00000000 00000000 | length 52, RTM_NEWLINK, REQUEST ACK
      00 00 0000 03000000 00000000 00000000 | ifinfomsg: index 3, nothing said about flags
      0a00 0300 6c616e256400 0000           | IFLA_IFNAME "lan%d"
      0800 1c00 05000000                    | IFLA_NET_NS_FD 5
      """)
    #expect(NetlinkMessage.setLink(index: 3, change).bytes == expected)
  }

  @Test func addressOfVersion4() throws {
    let value = InterfaceAddress(try prefix("10.0.0.1/24"), interface: 2)
    let expected = wire(
      """
      30000000 1400 0506 00000000 00000000 | length 48, RTM_NEWADDR, REQUEST ACK EXCL CREATE
      02 18 00 00 02000000                  | ifaddrmsg: AF_INET, /24, flags, global, index 2
      0800 0200 0a000001                    | IFA_LOCAL 10.0.0.1
      0800 0100 0a000001                    | IFA_ADDRESS 10.0.0.1
      0800 0400 0a0000ff                    | IFA_BROADCAST 10.0.0.255
      """)
    #expect(NetlinkMessage.add(value).bytes == expected)
  }

  @Test func addressOfVersion6() throws {
    let value = InterfaceAddress(try prefix("fd00::1/64"), interface: 2)
    let expected = wire(
      """
      48000000 1400 0506 00000000 00000000 | length 72
      0a 40 00 00 02000000                  | ifaddrmsg: AF_INET6, /64, flags, global, index 2
      1400 0200 fd000000000000000000000000000001 | IFA_LOCAL
      1400 0100 fd000000000000000000000000000001 | IFA_ADDRESS
      0800 0800 02000000                    | IFA_FLAGS NODAD
      """)
    #expect(NetlinkMessage.add(value).bytes == expected)
  }

  @Test func defaultRoute() throws {
    let route = try #require(Route.byDefault(via: try address("10.0.0.254"), interface: 2))
    let expected = wire(
      """
      2c000000 1800 0506 00000000 00000000 | length 44, RTM_NEWROUTE, REQUEST ACK EXCL CREATE
      02 00 00 00 fe 04 00 01 00000000      | rtmsg: AF_INET, /0, table main, static, universe, unicast
      0800 0500 0a0000fe                    | RTA_GATEWAY
      0800 0400 02000000                    | RTA_OIF 2
      """)
    #expect(NetlinkMessage.add(route).bytes == expected)
  }

  @Test func permanentNeighbour() throws {
    let mac = try #require(MACAddress("02:00:00:00:00:05"))
    let value = Neighbour(permanent: try address("10.0.0.9"), at: mac, interface: 4)
    let expected = wire(
      """
      30000000 1c00 0505 00000000 00000000 | length 48, RTM_NEWNEIGH, REQUEST ACK REPLACE CREATE
      02 00 0000 04000000 8000 00 00        | ndmsg: AF_INET, pad, index 4, NUD_PERMANENT, flags, type
      0800 0100 0a000009                    | NDA_DST
      0a00 0200 020000000005 0000           | NDA_LLADDR
      """)
    #expect(NetlinkMessage.set(value).bytes == expected)
  }

  @Test func isolatedBridgePort() {
    var port = BridgePortProperties()
    port.isIsolated = true
    port.hairpin = false
    let expected = wire(
      """
      34000000 1300 0500 00000000 00000000 | length 52, RTM_SETLINK, REQUEST ACK
      07 00 0000 06000000 00000000 00000000 | ifinfomsg: AF_BRIDGE, index 6
      1400 0c80                             | IFLA_PROTINFO, nested
        0500 0400 00 000000                 |   IFLA_BRPORT_MODE 0
        0500 2100 01 000000                 |   IFLA_BRPORT_ISOLATED 1
      """)
    #expect(NetlinkMessage.setBridgePort(index: 6, port).bytes == expected)
  }

  @Test func anAttributeThatIsTooLongDoesNotBecomeAnother() throws {
    var message = NetlinkMessage("TEST", type: 1, flags: 0)
    message.put(1, [UInt8](repeating: 7, count: 70_000))
    message.put(2, number: UInt32(1))
    let attributes = try Attributes(message.bytes[16...], "TEST")
    #expect(attributes.bytes(1)?.count == 65_531)
    #expect(attributes.number(2, as: UInt32.self) == 1)
  }
}

@Suite("Answers of the kernel")
struct ReplyTests {
  @Test func acknowledgementWithTheKernelsWords() throws {
    let datagram = wire(
      """
      34000000 0200 0003 05000000 00000000 | length 52, NLMSG_ERROR, CAPPED ACK_TLVS, sequence 5
      efffffff                              | error -17, EEXIST
      28000000 1000 0506 05000000 00000000 | header of the request
      1000 0100 746f6f206d616e792e2e2e00    | NLMSGERR_ATTR_MSG "too many..."
      """)
    let replies = try NetlinkReply.split(datagram[...])
    try #require(replies.count == 1)
    let request = NetlinkMessage("RTM_NEWLINK", type: 16, flags: 0, object: "h0")
    let error = try NetlinkSocket.error(in: replies[0], to: request)
    #expect(error == NetlinkError("RTM_NEWLINK", .exists, reason: "too many...", object: "h0"))
    #expect(error.map { "\($0)" } == "RTM_NEWLINK h0: file exists (too many...)")
  }

  @Test func success() throws {
    let datagram = wire("24000000 0200 0001 05000000 00000000 00000000 20000000 1000 0500 05000000 00000000")
    let replies = try NetlinkReply.split(datagram[...])
    #expect(try NetlinkSocket.error(in: replies[0], to: NetlinkMessage("T", type: 16, flags: 0)) == nil)
  }

  @Test(arguments: [
    "10000000 0200 0000 0000",  // shorter than a header
    "0f000000 0200 0000 00000000 00000000",  // a length below the header's
    "11000000 0200 0000 00000000 00000000",  // a length behind the end
    "ffffffff 0200 0000 00000000 00000000",
  ])
  func lengthsThatDoNotFit(_ text: String) {
    #expect(throws: NetlinkError.self) { try NetlinkReply.split(wire(text)[...]) }
  }

  @Test(arguments: ["0300 0100", "0500 0100", "0800 0100 00", "08", "0000 0000"])
  func attributesThatDoNotFit(_ text: String) {
    #expect(throws: NetlinkError.self) { try Attributes(wire(text)[...], "TEST") }
  }

  @Test func anErrorWithoutNumber() throws {
    let replies = try NetlinkReply.split(wire("12000000 0200 0000 00000000 00000000 0000")[...])
    #expect(throws: NetlinkError.self) {
      try NetlinkSocket.error(in: replies[0], to: NetlinkMessage("T", type: 16, flags: 0))
    }
  }
}

@Suite("Addresses as text and numbers")
struct AddressTests {
  @Test(arguments: ["10.0.0.1", "0.0.0.0", "255.255.255.255", "::", "::1", "fd00::1", "fe80::1:2"])
  func roundTrip(_ text: String) throws { #expect("\(try address(text))" == text) }

  @Test(arguments: ["", "10.0.0", "10.0.0.256", "010.0.0.1", "1.2.3.4.5", "fd00:::1", "g::", "1.2.3.4\0"])
  func refused(_ text: String) { #expect(IPAddress(text) == nil) }

  @Test func prefixes() throws {
    let block = try prefix("10.1.2.3/20")
    #expect("\(block.network)" == "10.1.0.0/20")
    #expect("\(block.last)" == "10.1.15.255")
    #expect(block.contains(try address("10.1.15.1")))
    #expect(!block.contains(try address("10.1.16.0")))
    #expect(!block.contains(try address("::")))
    #expect(block.overlaps(try prefix("10.1.8.0/24")))
    #expect(!block.overlaps(try prefix("10.1.16.0/20")))
    #expect(try prefix("::/0").contains(try address("ffff::")))
    for text in ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+1", "::/129", "/8", "1.2.3.4/"] {
      #expect(IPPrefix(text) == nil, "\(text)")
    }
  }

  @Test func hardwareAddresses() throws {
    let mac = try #require(MACAddress("02:42:AC:11:00:02"))
    #expect("\(mac)" == "02:42:ac:11:00:02")
    #expect("\(mac.linkLocal)" == "fe80::42:acff:fe11:2")
    for text in ["", "02:42:ac:11:00", "02:42:ac:11:00:02:03", "0g:42:ac:11:00:02", "+2:42:ac:11:00:02"] {
      #expect(MACAddress(text) == nil, "\(text)")
    }
  }

  @Test(arguments: ["eth0", "a", "abcdefghijklmno"]) func interfaceNames(_ name: String) {
    #expect(isValidInterfaceName(name))
  }

  @Test(arguments: ["", ".", "..", "a/b", "a b", "a:b", "abcdefghijklmnop"]) func badNames(_ name: String) {
    #expect(!isValidInterfaceName(name))
  }
}
