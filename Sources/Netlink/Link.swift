// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// A network interface as the kernel describes it (`RTM_NEWLINK`, rtnetlink(7)).
public struct Link: Equatable, Sendable {
  public var index: Int32
  public var name: String
  /// `IFF_*`, see netdevice(7).
  public var flags: UInt32
  public var address: MACAddress?
  public var mtuBytes: UInt32
  /// Index of the bridge or other master; 0 for none.
  public var master: Int32
  /// `IFLA_INFO_KIND`, such as `veth` and `bridge`; empty for hardware and the loopback interface.
  public var kind: String
  public var alias: String

  public var isUp: Bool { flags & UInt32(IFF_UP) != 0 }
  public var isLoopback: Bool { flags & UInt32(IFF_LOOPBACK) != 0 }

  init(_ reply: NetlinkReply) throws(NetlinkError) {
    let request = "RTM_NEWLINK"
    let header: ifinfomsg = try reply.header(request)
    let attributes = try reply.attributes(behind: ifinfomsg.self, request)
    guard let name = attributes.text(number(IFLA_IFNAME)) else {
      throw .malformed(request, "interface \(header.ifi_index) has no name")
    }
    self.index = header.ifi_index
    self.name = name
    self.flags = header.ifi_flags
    address = attributes.bytes(number(IFLA_ADDRESS)).flatMap { MACAddress(bytes: $0) }
    mtuBytes = attributes.number(number(IFLA_MTU)) ?? 0
    master = attributes.number(number(IFLA_MASTER)) ?? 0
    kind = try attributes.nested(number(IFLA_LINKINFO))?.text(number(IFLA_INFO_KIND)) ?? ""
    alias = attributes.text(number(IFLA_IFALIAS)) ?? ""
  }
}

/// The longest name of an interface in bytes (`IFNAMSIZ` without the NUL).
public let longestInterfaceName = Int(IFNAMSIZ) - 1

/// Whether the kernel takes a name for an interface (dev_valid_name in net/core/dev.c).
public func isValidInterfaceName(_ name: String) -> Bool {
  let bytes = name.utf8
  if bytes.isEmpty || bytes.count > longestInterfaceName || name == "." || name == ".." { return false }
  return bytes.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
}
