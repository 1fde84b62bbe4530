// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// One instruction of a rule. Registers are counted in units of four bytes (`NFT_REG32_00` …), 0 … 15, so that values
/// beside each other make a concatenated key.
public enum FilterExpression: Equatable, Sendable {
  case load(Meta, register: Int)
  case loadConntrack(Conntrack, register: Int)
  case loadPayload(Payload, offset: Int, length: Int, register: Int)
  /// Writes a register into the packet, and makes its Internet checksum, at another offset of the same header, right again.
  case storePayload(Payload, offset: Int, length: Int, register: Int, checksum: Int)
  /// Whether the packet's destination, or source, is an address of this machine; `RTN_*` in the register.
  case loadAddressType(ofDestination: Bool, register: Int)
  case put([UInt8], register: Int)
  /// Keeps the bits of a mask.
  case mask([UInt8], register: Int)
  case compare(Comparison, [UInt8], register: Int)
  /// Goes on when the set has the key, or has it not.
  case lookup(set: String, register: Int, isMember: Bool)
  /// Goes on when the map has the key, with the value in another register.
  case map(String, register: Int, into: Int)
  case destinationNAT(IPAddress.Version, address: Int, port: Int)
  case masquerade
  case count
  case verdict(Verdict)

  public enum Meta: Sendable {
    case inputInterface, outputInterface, networkProtocol, transportProtocol
  }
  public enum Conntrack: Sendable { case state, status }
  public enum Payload: Sendable { case frame, network, transport }
  public enum Comparison: Sendable { case equal, notEqual }
  public enum Verdict: Equatable, Sendable {
    case accept, drop, `return`
    case jump(String)
  }

  /// `NFTA_EXPR_NAME`.
  var name: String {
    switch self {
    case .load: "meta"
    case .loadConntrack: "ct"
    case .loadPayload, .storePayload: "payload"
    case .loadAddressType: "fib"
    case .put, .verdict: "immediate"
    case .mask: "bitwise"
    case .compare: "cmp"
    case .lookup, .map: "lookup"
    case .destinationNAT: "nat"
    case .masquerade: "masq"
    case .count: "counter"
    }
  }
}

extension NetlinkMessage {
  /// `NFTA_EXPR_DATA`.
  mutating func putData(of expression: FilterExpression) {
    switch expression {
    case .load(let key, let register):
      put(number(NFTA_META_DREG), register: register)
      put(number(NFTA_META_KEY), network: key.number)
    case .loadConntrack(let key, let register):
      put(number(NFTA_CT_DREG), register: register)
      put(number(NFTA_CT_KEY), network: (key == .state ? NFT_CT_STATE : NFT_CT_STATUS).rawValue)
    case .loadPayload(let base, let offset, let length, let register):
      put(number(NFTA_PAYLOAD_DREG), register: register)
      put(number(NFTA_PAYLOAD_BASE), network: base.number)
      put(number(NFTA_PAYLOAD_OFFSET), network: UInt32(truncatingIfNeeded: offset))
      put(number(NFTA_PAYLOAD_LEN), network: UInt32(truncatingIfNeeded: length))
    case .storePayload(let base, let offset, let length, let register, let checksum):
      put(number(NFTA_PAYLOAD_SREG), register: register)
      put(number(NFTA_PAYLOAD_BASE), network: base.number)
      put(number(NFTA_PAYLOAD_OFFSET), network: UInt32(truncatingIfNeeded: offset))
      put(number(NFTA_PAYLOAD_LEN), network: UInt32(truncatingIfNeeded: length))
      put(number(NFTA_PAYLOAD_CSUM_TYPE), network: NFT_PAYLOAD_CSUM_INET.rawValue)
      put(number(NFTA_PAYLOAD_CSUM_OFFSET), network: UInt32(truncatingIfNeeded: checksum))
    case .loadAddressType(let ofDestination, let register):
      put(number(NFTA_FIB_DREG), register: register)
      put(number(NFTA_FIB_RESULT), network: NFT_FIB_RESULT_ADDRTYPE.rawValue)
      put(number(NFTA_FIB_FLAGS), network: (ofDestination ? NFTA_FIB_F_DADDR : NFTA_FIB_F_SADDR).rawValue)
    case .put(let bytes, let register):
      put(number(NFTA_IMMEDIATE_DREG), register: register)
      put(number(NFTA_IMMEDIATE_DATA), value: bytes)
    case .mask(let mask, let register):
      putBitwise(mask, register)
    case .compare(let comparison, let bytes, let register):
      put(number(NFTA_CMP_SREG), register: register)
      put(number(NFTA_CMP_OP), network: (comparison == .equal ? NFT_CMP_EQ : NFT_CMP_NEQ).rawValue)
      put(number(NFTA_CMP_DATA), value: bytes)
    case .lookup(let set, let register, let isMember):
      put(number(NFTA_LOOKUP_SET), set)
      put(number(NFTA_LOOKUP_SREG), register: register)
      if !isMember { put(number(NFTA_LOOKUP_FLAGS), network: NFT_LOOKUP_F_INV.rawValue) }
    case .map(let map, let register, let target):
      put(number(NFTA_LOOKUP_SET), map)
      put(number(NFTA_LOOKUP_SREG), register: register)
      put(number(NFTA_LOOKUP_DREG), register: target)
    case .destinationNAT(let version, let address, let port):
      put(number(NFTA_NAT_TYPE), network: NFT_NAT_DNAT.rawValue)
      put(number(NFTA_NAT_FAMILY), network: UInt32(version == .v4 ? cl_nfproto_ipv4 : cl_nfproto_ipv6))
      put(number(NFTA_NAT_REG_ADDR_MIN), register: address)
      put(number(NFTA_NAT_REG_PROTO_MIN), register: port)
    case .masquerade, .count: break
    case .verdict(let verdict):
      put(number(NFTA_IMMEDIATE_DREG), network: NFT_REG_VERDICT.rawValue)
      nest(number(NFTA_IMMEDIATE_DATA)) { $0.put(verdict) }
    }
  }

  private mutating func put(_ verdict: FilterExpression.Verdict) {
    nest(number(NFTA_DATA_VERDICT)) {
      $0.put(number(NFTA_VERDICT_CODE), network: verdict.code)
      if case .jump(let chain) = verdict { $0.put(number(NFTA_VERDICT_CHAIN), chain) }
    }
  }

  private mutating func putBitwise(_ mask: [UInt8], _ register: Int) {
    put(number(NFTA_BITWISE_SREG), register: register)
    put(number(NFTA_BITWISE_DREG), register: register)
    put(number(NFTA_BITWISE_LEN), network: UInt32(truncatingIfNeeded: mask.count))
    put(number(NFTA_BITWISE_MASK), value: mask)
    put(number(NFTA_BITWISE_XOR), value: [UInt8](repeating: 0, count: mask.count))
  }

  private mutating func put(_ type: UInt16, register: Int) {
    put(type, network: NFT_REG32_00.rawValue + UInt32(truncatingIfNeeded: register))
  }

  /// `struct nft_data` with bytes.
  mutating func put(_ type: UInt16, value: [UInt8]) {
    nest(type) { $0.put(number(NFTA_DATA_VALUE), value) }
  }
}

extension FilterExpression.Meta {
  fileprivate var number: UInt32 {
    switch self {
    case .inputInterface: NFT_META_IIFNAME.rawValue
    case .outputInterface: NFT_META_OIFNAME.rawValue
    case .networkProtocol: NFT_META_NFPROTO.rawValue
    case .transportProtocol: NFT_META_L4PROTO.rawValue
    }
  }
}

extension FilterExpression.Payload {
  fileprivate var number: UInt32 {
    switch self {
    case .frame: NFT_PAYLOAD_LL_HEADER.rawValue
    case .network: NFT_PAYLOAD_NETWORK_HEADER.rawValue
    case .transport: NFT_PAYLOAD_TRANSPORT_HEADER.rawValue
    }
  }
}

extension FilterExpression.Verdict {
  fileprivate var code: UInt32 {
    switch self {
    case .accept: cl_nf_accept
    case .drop: cl_nf_drop
    case .return: UInt32(bitPattern: NFT_RETURN.rawValue)
    case .jump: UInt32(bitPattern: NFT_JUMP.rawValue)
    }
  }
}

// MARK: Matches as a person would write them

extension FilterExpression {
  /// `meta nfproto ipv4`.
  public static func isVersion(_ version: IPAddress.Version) -> [FilterExpression] {
    [
      .load(.networkProtocol, register: 0),
      .compare(.equal, [version == .v4 ? cl_nfproto_ipv4 : cl_nfproto_ipv6], register: 0),
    ]
  }

  /// `ip saddr PREFIX` or `ip daddr PREFIX`, with the test of the version.
  public static func address(_ isSource: Bool, in prefix: IPPrefix, isMember: Bool = true)
    -> [FilterExpression]
  {
    let version = prefix.address.version
    let length = version.width / 8
    let offset = version == .v4 ? (isSource ? 12 : 16) : (isSource ? 8 : 24)
    let mask = IPAddress(version, UInt128.max << UInt128(version.width - prefix.length))
    return isVersion(version) + [
      .loadPayload(.network, offset: offset, length: length, register: 0),
      .mask(mask.bytes, register: 0),
      .compare(isMember ? .equal : .notEqual, prefix.first.bytes, register: 0),
    ]
  }

  /// `iifname NAME` or `oifname NAME`.
  public static func interface(_ key: Meta, _ name: String, isSame: Bool = true) -> [FilterExpression] {
    [
      .load(key, register: 0),
      .compare(isSame ? .equal : .notEqual, FilterDatum.interfaceBytes(name), register: 0),
    ]
  }

  /// `iifname @SET` or `oifname @SET`.
  public static func interface(_ key: Meta, in set: String, isMember: Bool = true) -> [FilterExpression] {
    [.load(key, register: 0), .lookup(set: set, register: 0, isMember: isMember)]
  }

  /// `ct status dnat`.
  public static var wasDestinationNAT: [FilterExpression] {
    conntrack(.status, anyOf: UInt32(IPS_DST_NAT.rawValue))
  }

  /// `ct state established,related`.
  public static var isKnownConnection: [FilterExpression] {
    // NF_CT_STATE_BIT is a macro with arguments: one more than the number, as a bit.
    let bits = [IP_CT_ESTABLISHED, IP_CT_RELATED].map { UInt32(1) << (UInt32($0.rawValue) + 1) }
    return conntrack(.state, anyOf: bits.reduce(0, |))
  }

  private static func conntrack(_ key: Conntrack, anyOf bits: UInt32) -> [FilterExpression] {
    let bytes = withUnsafeBytes(of: bits) { Array($0) }
    return [
      .loadConntrack(key, register: 0), .mask(bytes, register: 0),
      .compare(.notEqual, [0, 0, 0, 0], register: 0),
    ]
  }

  /// `fib daddr type local`.
  public static var isToThisMachine: [FilterExpression] {
    let local = withUnsafeBytes(of: UInt32(RTN_LOCAL)) { Array($0) }
    return [.loadAddressType(ofDestination: true, register: 0), .compare(.equal, local, register: 0)]
  }

  /// `ether type`: IPv4, IPv6 or ARP. As it stands in the frame: with a tag of a VLAN it is none of them, while the kernel's
  /// own idea of the protocol is that of what is behind the tag.
  public static func etherType(_ type: EtherType) -> [FilterExpression] {
    let number = withUnsafeBytes(of: type.number.bigEndian) { Array($0) }
    return [
      .loadPayload(.frame, offset: 12, length: 2, register: 0), .compare(.equal, number, register: 0),
    ]
  }

  public enum EtherType: Sendable {
    case ipv4, ipv6, arp

    var number: UInt16 {
      switch self {
      case .ipv4: cl_ethertype_ip
      case .ipv6: cl_ethertype_ipv6
      case .arp: cl_ethertype_arp
      }
    }
  }
}
