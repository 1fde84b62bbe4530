// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// A unicast route of the main table (`struct rtmsg`, rtnetlink(7)).
public struct Route: Equatable, Sendable {
  /// Length 0 is the default route.
  public var destination: IPPrefix
  /// nil: what is reached directly.
  public var gateway: IPAddress?
  /// Index of the interface; 0 lets the kernel find it from the gateway.
  public var interface: Int32
  /// The address that packets leave with unless their program chose one.
  public var source: IPAddress?
  /// Smaller is better; nil is the kernel's default.
  public var metric: UInt32?
  /// Whether the gateway is taken to be on the link although no address of the interface says so.
  public var isOnLink = false
  /// Who made it (`RTPROT_*`).
  public var origin = UInt8(RTPROT_STATIC)

  public init(to destination: IPPrefix, via gateway: IPAddress? = nil, interface: Int32) {
    self.destination = destination
    self.gateway = gateway
    self.interface = interface
  }

  /// `0.0.0.0/0` or `::/0`.
  public static func byDefault(via gateway: IPAddress, interface: Int32) -> Route? {
    IPPrefix(IPAddress(gateway.version, 0), length: 0).map {
      Route(to: $0, via: gateway, interface: interface)
    }
  }

  public var isDefault: Bool { destination.length == 0 }

  /// nil for routes of other tables and kinds, which have no meaning here.
  init?(_ reply: NetlinkReply) throws(NetlinkError) {
    let request = "RTM_NEWROUTE"
    let header: rtmsg = try reply.header(request)
    let attributes = try reply.attributes(behind: rtmsg.self, request)
    let table = attributes.number(number(RTA_TABLE)) ?? UInt32(header.rtm_table)
    guard table == RT_TABLE_MAIN.rawValue, UInt32(header.rtm_type) == UInt32(RTN_UNICAST) else { return nil }
    let version: IPAddress.Version = Int32(header.rtm_family) == AF_INET ? .v4 : .v6
    let address = attributes.bytes(number(RTA_DST)).flatMap { IPAddress(bytes: $0) } ?? IPAddress(version, 0)
    guard let destination = IPPrefix(address, length: Int(header.rtm_dst_len)) else {
      throw .malformed(request, "a destination of \(header.rtm_dst_len) bits")
    }
    self.destination = destination
    gateway = attributes.bytes(number(RTA_GATEWAY)).flatMap { IPAddress(bytes: $0) }
    interface = attributes.number(number(RTA_OIF)) ?? 0
    source = attributes.bytes(number(RTA_PREFSRC)).flatMap { IPAddress(bytes: $0) }
    metric = attributes.number(number(RTA_PRIORITY))
    isOnLink = header.rtm_flags & UInt32(RTNH_F_ONLINK) != 0
    origin = header.rtm_protocol
  }
}

extension NetlinkMessage {
  /// `RTM_NEWROUTE`; fails when there is such a route already.
  public static func add(_ route: Route) -> NetlinkMessage {
    var message = NetlinkMessage(
      "RTM_NEWROUTE", type: number(RTM_NEWROUTE), flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
      object: object(route))
    message.put(route)
    return message
  }

  /// `RTM_DELROUTE`.
  public static func delete(_ route: Route) -> NetlinkMessage {
    var message = NetlinkMessage(
      "RTM_DELROUTE", type: number(RTM_DELROUTE), flags: NLM_F_ACK, object: object(route))
    message.put(route)
    return message
  }

  /// `RTM_GETROUTE` for a version; the kernel leaves other tables out.
  static func dumpRoutes(_ version: IPAddress.Version) -> NetlinkMessage {
    var message = NetlinkMessage("RTM_GETROUTE", type: number(RTM_GETROUTE), flags: NLM_F_DUMP)
    var header = rtmsg()
    header.rtm_family = IPAddress(version, 0).family
    header.rtm_table = UInt8(RT_TABLE_MAIN.rawValue)
    message.append(header)
    return message
  }

  private static func object(_ route: Route) -> String {
    let target = route.isDefault ? "default" : "\(route.destination)"
    return route.gateway.map { "\(target) via \($0)" } ?? target
  }

  private mutating func put(_ route: Route) {
    var header = rtmsg()
    header.rtm_family = route.destination.address.family
    header.rtm_dst_len = UInt8(truncatingIfNeeded: route.destination.length)
    header.rtm_table = UInt8(RT_TABLE_MAIN.rawValue)
    header.rtm_protocol = route.origin
    header.rtm_scope = UInt8(route.gateway == nil ? RT_SCOPE_LINK.rawValue : RT_SCOPE_UNIVERSE.rawValue)
    header.rtm_type = UInt8(RTN_UNICAST)
    header.rtm_flags = route.isOnLink ? UInt32(RTNH_F_ONLINK) : 0
    append(header)
    if !route.isDefault { put(number(RTA_DST), route.destination.first.bytes) }
    if let gateway = route.gateway { put(number(RTA_GATEWAY), gateway.bytes) }
    if route.interface != 0 { put(number(RTA_OIF), number: UInt32(bitPattern: route.interface)) }
    if let source = route.source { put(number(RTA_PREFSRC), source.bytes) }
    if let metric = route.metric { put(number(RTA_PRIORITY), number: metric) }
  }
}
