// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// Who has an address on a link (`struct ndmsg`, rtnetlink(7)).
public struct Neighbour: Equatable, Sendable {
  public var interface: Int32
  public var ip: IPAddress
  /// nil while it is not known.
  public var address: MACAddress?
  /// `NUD_*`.
  public var state: UInt16

  /// One that stays as it is, whatever others claim.
  public init(permanent ip: IPAddress, at address: MACAddress, interface: Int32) {
    self.interface = interface
    self.ip = ip
    self.address = address
    state = UInt16(NUD_PERMANENT)
  }

  public var isPermanent: Bool { state & UInt16(NUD_PERMANENT) != 0 }

  /// nil for entries that are not of IP.
  init?(_ reply: NetlinkReply) throws(NetlinkError) {
    let header: ndmsg = try reply.header("RTM_NEWNEIGH")
    let attributes = try reply.attributes(behind: ndmsg.self, "RTM_NEWNEIGH")
    guard let bytes = attributes.bytes(number(NDA_DST)), let ip = IPAddress(bytes: bytes) else { return nil }
    interface = header.ndm_ifindex
    self.ip = ip
    address = attributes.bytes(number(NDA_LLADDR)).flatMap { MACAddress(bytes: $0) }
    state = header.ndm_state
  }
}

extension NetlinkMessage {
  /// `RTM_NEWNEIGH`; takes the place of what is known about the address.
  public static func set(_ neighbour: Neighbour) -> NetlinkMessage {
    var message = NetlinkMessage(
      "RTM_NEWNEIGH", type: number(RTM_NEWNEIGH), flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE,
      object: "\(neighbour.ip)")
    message.put(neighbour)
    return message
  }

  /// `RTM_DELNEIGH`.
  public static func delete(_ neighbour: Neighbour) -> NetlinkMessage {
    var message = NetlinkMessage(
      "RTM_DELNEIGH", type: number(RTM_DELNEIGH), flags: NLM_F_ACK, object: "\(neighbour.ip)")
    message.put(neighbour)
    return message
  }

  /// `RTM_GETNEIGH` for both versions.
  static func dumpNeighbours() -> NetlinkMessage {
    var message = NetlinkMessage("RTM_GETNEIGH", type: number(RTM_GETNEIGH), flags: NLM_F_DUMP)
    message.append(ndmsg())
    return message
  }

  private mutating func put(_ neighbour: Neighbour) {
    var header = ndmsg()
    header.ndm_family = neighbour.ip.family
    header.ndm_ifindex = neighbour.interface
    header.ndm_state = neighbour.state
    append(header)
    put(number(NDA_DST), neighbour.ip.bytes)
    if let address = neighbour.address { put(number(NDA_LLADDR), address.bytes) }
  }
}
