// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// An address of IP version 4 or 6. A pure value; addresses of one version are ordered by their numbers.
public struct IPAddress: Hashable, Comparable, Sendable {
  public enum Version: Hashable, Comparable, Sendable {
    case v4, v6

    /// Bits of an address.
    public var width: Int { self == .v4 ? 32 : 128 }
  }

  public let version: Version
  /// The address as a number; below 2³² for version 4.
  public let value: UInt128

  public init(_ version: Version, _ value: UInt128) {
    self.version = version
    self.value = version == .v4 ? value & UInt128(UInt32.max) : value
  }

  /// From 4 or 16 bytes in network order; nil for another count.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    self.init(bytes.count == 4 ? .v4 : .v6, bytes.reduce(0) { $0 << 8 | UInt128($1) })
  }

  /// From text as inet_pton(3) takes it: dotted decimal with four parts, or the forms of RFC 4291.
  public init?(_ text: String) {
    if text.utf8.contains(0) { return nil }
    // SAFETY: inet_pton writes 4 bytes for AF_INET and 16 for AF_INET6, which in6_addr has room for.
    var address = in6_addr()
    for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] where inet_pton(family, text, &address) == 1 {
      self.init(bytes: withUnsafeBytes(of: &address) { Array($0.prefix(count)) })
      return
    }
    return nil
  }

  /// In network order: 4 or 16 bytes.
  public var bytes: [UInt8] {
    let count = version.width / 8
    return (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt128((count - 1 - $0) * 8)) }
  }

  public var isLoopback: Bool { version == .v4 ? value >> 24 == 127 : value == 1 }
  public var isUnspecified: Bool { value == 0 }
  public var isMulticast: Bool { version == .v4 ? value >> 28 == 0xe : value >> 120 == 0xff }
  public var isLinkLocal: Bool { version == .v4 ? value >> 16 == 0xa9fe : value >> 118 == 0x3fa }

  /// `AF_INET` or `AF_INET6`.
  var family: UInt8 { UInt8(version == .v4 ? AF_INET : AF_INET6) }

  public static func < (one: IPAddress, other: IPAddress) -> Bool {
    (one.version, one.value) < (other.version, other.value)
  }
}

extension IPAddress: CustomStringConvertible {
  /// The usual text form (RFC 5952 for version 6).
  public var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    // SAFETY: the buffer has room for the longest form, `bytes` as many bytes as the family has.
    guard inet_ntop(Int32(family), bytes, &text, socklen_t(text.count)) != nil else { return "" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// A block of addresses, or an address together with the block that it is in: `10.0.0.1/24`.
public struct IPPrefix: Hashable, Sendable {
  public let address: IPAddress
  /// Leading bits that all addresses of the block share.
  public let length: Int

  /// nil when the length is more than an address has bits.
  public init?(_ address: IPAddress, length: Int) {
    guard (0...address.version.width).contains(length) else { return nil }
    self.address = address
    self.length = length
  }

  /// From `ADDRESS/LENGTH`.
  public init?(_ text: String) {
    guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else { return nil }
    let digits = text[text.utf8.index(after: slash)...]
    guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), digits.utf8.count <= 3,
      let length = Int(digits), let address = IPAddress(String(text[..<slash]))
    else { return nil }
    self.init(address, length: length)
  }

  private var hostMask: UInt128 {
    let bits = address.version.width - length
    return bits == 128 ? UInt128.max : (1 << UInt128(bits)) - 1
  }

  /// The lowest address of the block.
  public var first: IPAddress { IPAddress(address.version, address.value & ~hostMask) }
  /// The highest; the broadcast address of a version 4 block.
  public var last: IPAddress { IPAddress(address.version, address.value | hostMask) }
  /// The block, without the address.
  public var network: IPPrefix { IPPrefix(first, length: length) ?? self }

  public func contains(_ other: IPAddress) -> Bool {
    other.version == address.version && other >= first && other <= last
  }

  public func overlaps(_ other: IPPrefix) -> Bool { contains(other.first) || other.contains(first) }
}

extension IPPrefix: CustomStringConvertible {
  public var description: String { "\(address)/\(length)" }
}

/// A hardware address of six bytes.
public struct MACAddress: Hashable, Sendable {
  public let bytes: [UInt8]

  /// nil unless there are six bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 6 else { return nil }
    self.bytes = Array(bytes)
  }

  /// From `02:42:ac:11:00:02`, with colons or dashes.
  public init?(_ text: String) {
    let separators: [UInt8] = [UInt8(ascii: ":"), UInt8(ascii: "-")]
    let parts = text.utf8.split(omittingEmptySubsequences: false) { separators.contains($0) }
    guard parts.count == 6, parts.allSatisfy({ $0.count == 2 && $0.first != UInt8(ascii: "+") }) else {
      return nil
    }
    let bytes = parts.compactMap { UInt8(String(decoding: $0, as: UTF8.self), radix: 16) }
    self.init(bytes: bytes)
  }

  /// Whether it stands for a group, which no interface may have as its own.
  public var isMulticast: Bool { (bytes.first ?? 0) & 1 != 0 }

  /// The link-local address that IPv6 derives from it (RFC 4291, appendix A).
  public var linkLocal: IPAddress {
    var interface = bytes[0..<3] + [0xff, 0xfe] + bytes[3..<6]
    interface[0] ^= 2
    return IPAddress(.v6, interface.reduce(UInt128(0xfe80) << 48) { $0 << 8 | UInt128($1) })
  }
}

extension MACAddress: CustomStringConvertible {
  public var description: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
  }
}
