// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// An address of an interface (`struct ifaddrmsg`, rtnetlink(7)).
public struct InterfaceAddress: Equatable, Sendable {
  /// The address and the length of the block that is reached without a gateway.
  public var prefix: IPPrefix
  /// Index of the interface.
  public var interface: Int32
  /// `RT_SCOPE_*`: 0 is global.
  public var scope: UInt8
  /// `IFA_F_*`.
  public var flags: UInt32
  /// The broadcast address of version 4; nil for none.
  public var broadcast: IPAddress?
  /// The other end of a point-to-point link; nil for none.
  public var peer: IPAddress?

  /// A global address that is there to stay. Version 6 starts without looking for duplicates, which would keep it from
  /// being used for a second: the addresses here are assigned, not guessed.
  public init(_ prefix: IPPrefix, interface: Int32) {
    self.prefix = prefix
    self.interface = interface
    scope = UInt8(RT_SCOPE_UNIVERSE.rawValue)
    flags = UInt32(prefix.address.version == .v6 ? IFA_F_NODAD : 0)
    if prefix.address.version == .v4, prefix.length < 31 { broadcast = prefix.last }
  }

  public var isGlobal: Bool { scope == UInt8(RT_SCOPE_UNIVERSE.rawValue) }
  /// Not from a router or a lease: somebody assigned it.
  public var isPermanent: Bool { flags & UInt32(IFA_F_PERMANENT) != 0 }

  init(_ reply: NetlinkReply) throws(NetlinkError) {
    let request = "RTM_NEWADDR"
    let header: ifaddrmsg = try reply.header(request)
    let attributes = try reply.attributes(behind: ifaddrmsg.self, request)
    // On a point-to-point link IFA_ADDRESS is the other end; version 6 may leave IFA_LOCAL out.
    let other = attributes.bytes(number(IFA_ADDRESS)).flatMap { IPAddress(bytes: $0) }
    let local = attributes.bytes(number(IFA_LOCAL)).flatMap { IPAddress(bytes: $0) } ?? other
    guard let local, let prefix = IPPrefix(local, length: Int(header.ifa_prefixlen)) else {
      throw .malformed(request, "an address of interface \(header.ifa_index) makes no sense")
    }
    self.prefix = prefix
    interface = Int32(bitPattern: header.ifa_index)
    scope = header.ifa_scope
    flags = attributes.number(number(IFA_FLAGS)) ?? UInt32(header.ifa_flags)
    broadcast = attributes.bytes(number(IFA_BROADCAST)).flatMap { IPAddress(bytes: $0) }
    peer = other == local ? nil : other
  }
}

extension NetlinkMessage {
  /// `RTM_NEWADDR`; fails when the interface has the address already.
  public static func add(_ address: InterfaceAddress) -> NetlinkMessage {
    var message = NetlinkMessage(
      "RTM_NEWADDR", type: number(RTM_NEWADDR), flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
      object: "\(address.prefix)")
    message.put(address)
    return message
  }

  /// `RTM_DELADDR`.
  public static func delete(_ address: InterfaceAddress) -> NetlinkMessage {
    var message = NetlinkMessage(
      "RTM_DELADDR", type: number(RTM_DELADDR), flags: NLM_F_ACK, object: "\(address.prefix)")
    message.put(address)
    return message
  }

  /// `RTM_GETADDR` for an interface, or for all with index 0.
  static func dumpAddresses(interface: Int32) -> NetlinkMessage {
    var message = NetlinkMessage("RTM_GETADDR", type: number(RTM_GETADDR), flags: NLM_F_DUMP)
    var header = ifaddrmsg()
    header.ifa_index = UInt32(bitPattern: interface)
    message.append(header)
    return message
  }

  private mutating func put(_ address: InterfaceAddress) {
    let ip = address.prefix.address
    var header = ifaddrmsg()
    header.ifa_family = ip.family
    header.ifa_prefixlen = UInt8(truncatingIfNeeded: address.prefix.length)
    header.ifa_scope = address.scope
    header.ifa_index = UInt32(bitPattern: address.interface)
    append(header)
    put(number(IFA_LOCAL), ip.bytes)
    put(number(IFA_ADDRESS), (address.peer ?? ip).bytes)
    if let broadcast = address.broadcast { put(number(IFA_BROADCAST), broadcast.bytes) }
    // What the kernel tells about an address may not be asked for.
    let settable = UInt32(
      IFA_F_NODAD | IFA_F_NOPREFIXROUTE | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_MCAUTOJOIN)
    let flags = address.flags & settable
    if flags != 0 { put(number(IFA_FLAGS), number: flags) }
  }
}
