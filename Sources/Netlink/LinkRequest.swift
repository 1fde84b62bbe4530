// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
public import Linux

/// A network namespace as the kernel is told of it: an open `/proc/PID/ns/net`.
public typealias NamespaceDescriptor = FD

/// Properties of an interface, to be set when it is made or later; nil leaves a property as it is.
public struct LinkProperties: Equatable, Sendable {
  /// With `%d` the kernel puts the lowest free number there.
  public var name: String?
  public var address: MACAddress?
  public var mtuBytes: UInt32?
  public var isUp: Bool?
  /// Index of the bridge that it becomes a port of; 0 takes it out.
  public var master: Int32?
  /// Another name, up to 255 bytes, for people; only for interfaces that exist.
  public var alias: String?
  /// How it comes by a link-local IPv6 address; only for interfaces that exist, and before one goes up.
  public var linkLocalMode: LinkLocalMode?
  /// Where it goes.
  public var namespace: NamespaceDescriptor?

  public init(name: String? = nil) { self.name = name }

  public enum LinkLocalMode: Sendable {
    /// From the hardware address; the default.
    case hardwareAddress
    /// Not at all.
    case none

    var number: UInt8 {
      switch self {
      case .hardwareAddress: UInt8(IN6_ADDR_GEN_MODE_EUI64.rawValue)
      case .none: UInt8(IN6_ADDR_GEN_MODE_NONE.rawValue)
      }
    }
  }
}

/// Kinds of interfaces that the kernel makes on request (`IFLA_INFO_KIND`).
public enum LinkKind: Equatable, Sendable {
  /// A cable whose other end has these properties.
  case veth(peer: LinkProperties)
  /// - Parameter forwardedGroups: Bit n: frames to 01:80:c2:00:00:0n are treated as others are (`IFLA_BR_GROUP_FWD_MASK`);
  ///   the kernel refuses the bits 0 to 2.
  case bridge(forwardedGroups: UInt16)
  case dummy
  /// A second interface with an address of its own on the interface with index `parent`.
  case macvlan(parent: Int32, mode: MacvlanMode)
  /// The same with the parent's hardware address.
  case ipvlan(parent: Int32, mode: IpvlanMode)
  /// Frames with a tag, 1 … 4094.
  case vlan(parent: Int32, id: UInt16)

  public enum MacvlanMode: String, Sendable, CaseIterable {
    case bridge, `private`, vepa, passthru

    var number: UInt32 {
      switch self {
      case .bridge: MACVLAN_MODE_BRIDGE.rawValue
      case .private: MACVLAN_MODE_PRIVATE.rawValue
      case .vepa: MACVLAN_MODE_VEPA.rawValue
      case .passthru: MACVLAN_MODE_PASSTHRU.rawValue
      }
    }
  }

  public enum IpvlanMode: String, Sendable, CaseIterable {
    case l2, l3, l3s

    var number: UInt16 {
      switch self {
      case .l2: UInt16(IPVLAN_MODE_L2.rawValue)
      case .l3: UInt16(IPVLAN_MODE_L3.rawValue)
      case .l3s: UInt16(IPVLAN_MODE_L3S.rawValue)
      }
    }
  }

  /// The kernel's word.
  public var word: String {
    switch self {
    case .veth: "veth"
    case .bridge: "bridge"
    case .dummy: "dummy"
    case .macvlan: "macvlan"
    case .ipvlan: "ipvlan"
    case .vlan: "vlan"
    }
  }
}

/// What a port of a bridge may do (`IFLA_BRPORT_*`).
public struct BridgePortProperties: Equatable, Sendable {
  /// Frames may go back through the port that they came from.
  public var hairpin: Bool?
  /// Isolated ports do not reach each other.
  public var isIsolated: Bool?
  /// Whether hardware addresses are learned from what comes in.
  public var learns: Bool?

  public init() {}
}

extension NetlinkMessage {
  /// `RTM_NEWLINK` that makes an interface and fails when its name is taken.
  public static func addLink(_ kind: LinkKind, _ properties: LinkProperties) -> NetlinkMessage {
    var message = NetlinkMessage(
      "RTM_NEWLINK", type: number(RTM_NEWLINK), flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
      object: properties.name ?? kind.word)
    message.append(interfaceHeader(properties))
    message.put(properties)
    switch kind {
    case .macvlan(let parent, _), .ipvlan(let parent, _), .vlan(let parent, _):
      message.put(number(IFLA_LINK), number: UInt32(bitPattern: parent))
    case .veth, .bridge, .dummy: break
    }
    message.nest(number(IFLA_LINKINFO)) {
      $0.put(number(IFLA_INFO_KIND), kind.word)
      $0.putData(of: kind)
    }
    return message
  }

  /// `RTM_NEWLINK` that changes an interface of the socket's namespace.
  ///
  /// The kernel changes the properties in an order of its own: moving and renaming in one message gives it the new
  /// name in its new namespace.
  public static func setLink(index: Int32, _ properties: LinkProperties, object: String = "")
    -> NetlinkMessage
  {
    var message = NetlinkMessage(
      "RTM_NEWLINK", type: number(RTM_NEWLINK), flags: NLM_F_ACK,
      object: object.isEmpty ? properties.name ?? "interface \(index)" : object)
    message.append(interfaceHeader(properties, index: index))
    message.put(properties)
    return message
  }

  /// `RTM_SETLINK` with the properties of a bridge's port.
  public static func setBridgePort(
    index: Int32, _ port: BridgePortProperties, object: String = ""
  ) -> NetlinkMessage {
    var message = NetlinkMessage(
      "RTM_SETLINK", type: number(RTM_SETLINK), flags: NLM_F_ACK, object: object)
    var header = ifinfomsg()
    header.ifi_family = UInt8(AF_BRIDGE)
    header.ifi_index = index
    message.append(header)
    message.nest(number(IFLA_PROTINFO)) {
      if let on = port.hairpin { $0.put(number(IFLA_BRPORT_MODE), number: UInt8(on ? 1 : 0)) }
      if let on = port.isIsolated { $0.put(number(IFLA_BRPORT_ISOLATED), number: UInt8(on ? 1 : 0)) }
      if let on = port.learns { $0.put(number(IFLA_BRPORT_LEARNING), number: UInt8(on ? 1 : 0)) }
    }
    return message
  }

  /// `RTM_DELLINK`.
  public static func deleteLink(index: Int32, object: String = "") -> NetlinkMessage {
    var message = NetlinkMessage(
      "RTM_DELLINK", type: number(RTM_DELLINK), flags: NLM_F_ACK, object: object)
    message.append(interfaceHeader(LinkProperties(), index: index))
    return message
  }

  /// `RTM_GETLINK` for one interface by name.
  static func getLink(named name: String) -> NetlinkMessage {
    var message = NetlinkMessage("RTM_GETLINK", type: number(RTM_GETLINK), flags: 0, object: name)
    message.append(ifinfomsg())
    message.put(number(IFLA_IFNAME), name)
    // Without statistics, and without virtual functions: some cards have hundreds.
    message.put(number(IFLA_EXT_MASK), number: UInt32(RTEXT_FILTER_SKIP_STATS))
    return message
  }

  /// `RTM_GETLINK` for all interfaces.
  static func dumpLinks() -> NetlinkMessage {
    var message = NetlinkMessage("RTM_GETLINK", type: number(RTM_GETLINK), flags: NLM_F_DUMP)
    message.append(ifinfomsg())
    message.put(number(IFLA_EXT_MASK), number: UInt32(RTEXT_FILTER_SKIP_STATS))
    return message
  }

  private static func interfaceHeader(_ properties: LinkProperties, index: Int32 = 0) -> ifinfomsg {
    var header = ifinfomsg()
    header.ifi_index = index
    if let isUp = properties.isUp {
      header.ifi_change = UInt32(IFF_UP)
      header.ifi_flags = isUp ? UInt32(IFF_UP) : 0
    }
    return header
  }

  private mutating func put(_ properties: LinkProperties) {
    if let name = properties.name { put(number(IFLA_IFNAME), name) }
    if let address = properties.address { put(number(IFLA_ADDRESS), address.bytes) }
    if let mtu = properties.mtuBytes { put(number(IFLA_MTU), number: mtu) }
    if let master = properties.master { put(number(IFLA_MASTER), number: UInt32(bitPattern: master)) }
    if let alias = properties.alias { put(number(IFLA_IFALIAS), Array(alias.utf8)) }
    if let namespace = properties.namespace {
      put(number(IFLA_NET_NS_FD), number: UInt32(bitPattern: namespace.rawValue))
    }
    if let mode = properties.linkLocalMode {
      nest(number(IFLA_AF_SPEC)) {
        $0.nest(UInt16(AF_INET6)) { $0.put(number(IFLA_INET6_ADDR_GEN_MODE), number: mode.number) }
      }
    }
  }

  private mutating func putData(of kind: LinkKind) {
    switch kind {
    case .dummy: break
    case .bridge(let groups):
      nest(number(IFLA_INFO_DATA)) { $0.put(number(IFLA_BR_GROUP_FWD_MASK), number: groups) }
    case .veth(let peer):
      nest(number(IFLA_INFO_DATA)) {
        $0.nest(number(VETH_INFO_PEER)) {
          $0.append(Self.interfaceHeader(peer))
          $0.put(peer)
        }
      }
    case .macvlan(_, let mode):
      nest(number(IFLA_INFO_DATA)) { $0.put(number(IFLA_MACVLAN_MODE), number: mode.number) }
    case .ipvlan(_, let mode):
      nest(number(IFLA_INFO_DATA)) { $0.put(number(IFLA_IPVLAN_MODE), number: mode.number) }
    case .vlan(_, let id):
      nest(number(IFLA_INFO_DATA)) { $0.put(number(IFLA_VLAN_ID), number: id) }
    }
  }
}
