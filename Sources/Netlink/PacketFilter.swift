// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// A table of nf_tables: the unit that is ours or not. See nft(8).
public struct FilterTable: Hashable, Sendable {
  public enum Family: String, Sendable {
    case ipv4 = "ip"
    /// IPv4 and IPv6.
    case inet
    /// Frames that a bridge passes on.
    case bridge

    var number: UInt8 {
      switch self {
      case .ipv4: cl_nfproto_ipv4
      case .inet: cl_nfproto_inet
      case .bridge: cl_nfproto_bridge
      }
    }
  }

  public let family: Family
  public let name: String

  public init(_ family: Family, _ name: String) {
    self.family = family
    self.name = name
  }
}

/// Where a chain is entered from the kernel's packet path.
public struct FilterHook: Equatable, Sendable {
  public enum ChainType: String, Sendable { case filter, nat }

  public enum Place: String, Sendable {
    case prerouting, input, forward, output, postrouting

    func number(_ family: FilterTable.Family) -> UInt32 {
      if family == .bridge, self == .prerouting { return cl_nf_br_pre_routing }
      return switch self {
      case .prerouting: cl_nf_inet_pre_routing
      case .input: cl_nf_inet_local_in
      case .forward: cl_nf_inet_forward
      case .output: cl_nf_inet_local_out
      case .postrouting: cl_nf_inet_post_routing
      }
    }
  }

  public var type: ChainType
  public var place: Place
  public var priority: Priority

  public init(_ type: ChainType, _ place: Place, _ priority: Priority) {
    self.type = type
    self.place = place
    self.priority = priority
  }

  /// The priorities that nft(8) has names for.
  public enum Priority: Equatable, Sendable {
    case raw, destinationNAT, filter, sourceNAT
    /// Of a bridge's prerouting: before what the bridge itself does.
    case bridgeDestinationNAT

    var number: Int32 {
      switch self {
      case .raw: cl_nf_pri_raw
      case .destinationNAT: cl_nf_pri_nat_dst
      case .filter: cl_nf_pri_filter
      case .sourceNAT: cl_nf_pri_nat_src
      case .bridgeDestinationNAT: cl_nf_br_pri_nat_dst_bridged
      }
    }

    /// nft's word.
    public var word: String {
      switch self {
      case .raw: "raw"
      case .destinationNAT, .bridgeDestinationNAT: "dstnat"
      case .filter: "filter"
      case .sourceNAT: "srcnat"
      }
    }
  }
}

/// What a set's or map's key consists of, in order.
public enum FilterField: Equatable, Sendable {
  case ipv4, ipv6, hardwareAddress, transportProtocol, port, interfaceName

  /// Bytes of a value, without what fills up to four.
  var length: Int {
    switch self {
    case .ipv4: 4
    case .ipv6: 16
    case .hardwareAddress: 6
    case .transportProtocol: 1
    case .port: 2
    case .interfaceName: Int(IFNAMSIZ)
    }
  }

  /// How nft(8) is told to print values. The kernel keeps the number and does not look at it, so no header of its has it:
  /// `enum datatypes` in nft's include/datatype.h.
  var printedAs: UInt32 {
    switch self {
    case .ipv4: 7
    case .ipv6: 8
    case .hardwareAddress: 9
    case .transportProtocol: 12
    case .port: 13
    case .interfaceName: 41
    }
  }

  static func length(_ fields: [FilterField]) -> Int { fields.reduce(0) { $0 + aligned($1.length) } }
  /// Six bits for each field.
  static func printedAs(_ fields: [FilterField]) -> UInt32 { fields.reduce(0) { $0 << 6 | $1.printedAs } }
}

/// A set, or a map when it has values.
public struct FilterSet: Equatable, Sendable {
  public var name: String
  public var key: [FilterField]
  public var value: [FilterField]

  public init(_ name: String, key: [FilterField], value: [FilterField] = []) {
    self.name = name
    self.key = key
    self.value = value
  }

  public var isMap: Bool { !value.isEmpty }
}

/// A part of a key or a value.
public enum FilterDatum: Hashable, Sendable {
  case address(IPAddress)
  case hardwareAddress(MACAddress)
  case transportProtocol(UInt8)
  case port(UInt16)
  case interface(String)

  /// As registers hold it: filled up with zeros to four bytes.
  var bytes: [UInt8] {
    var bytes: [UInt8]
    switch self {
    case .address(let address): bytes = address.bytes
    case .hardwareAddress(let address): bytes = address.bytes
    case .transportProtocol(let number): bytes = [number]
    case .port(let port): bytes = [UInt8(port >> 8), UInt8(port & 0xff)]
    case .interface(let name): bytes = Self.interfaceBytes(name)
    }
    while bytes.count % 4 != 0 { bytes.append(0) }
    return bytes
  }

  static func interfaceBytes(_ name: String) -> [UInt8] {
    let bytes = Array(name.utf8.prefix(longestInterfaceName))
    return bytes + [UInt8](repeating: 0, count: Int(IFNAMSIZ) - bytes.count)
  }
}

/// An element of a set or a map.
public struct FilterElement: Hashable, Sendable {
  public var key: [FilterDatum]
  public var value: [FilterDatum]

  public init(_ key: [FilterDatum], value: [FilterDatum] = []) {
    self.key = key
    self.value = value
  }
}

/// A chain; without a hook, other chains jump to it. What no rule decides is accepted.
public struct FilterChain: Equatable, Sendable {
  public var name: String
  public var hook: FilterHook?
  public var rules: [FilterRule]

  public init(_ name: String, _ hook: FilterHook?, _ rules: [FilterRule]) {
    self.name = name
    self.hook = hook
    self.rules = rules
  }
}

/// Expressions that are tried in order until one does not match.
public struct FilterRule: Equatable, Sendable {
  public var expressions: [FilterExpression]
  /// What nft(8) shows behind `comment`.
  public var comment: String

  public init(_ expressions: [FilterExpression], comment: String = "") {
    self.expressions = expressions
    self.comment = comment
  }
}
