// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// A message that the kernel sent.
struct NetlinkReply: Equatable {
  let type: UInt16
  let flags: UInt16
  let sequence: UInt32
  /// What follows `struct nlmsghdr`.
  let payload: ArraySlice<UInt8>

  /// Splits a datagram into messages.
  ///
  /// - Throws: ``NetlinkError`` with `EBADMSG` when a length does not fit; never reads behind the end.
  static func split(_ datagram: ArraySlice<UInt8>) throws(NetlinkError) -> [NetlinkReply] {
    let headerLength = MemoryLayout<nlmsghdr>.size
    var result: [NetlinkReply] = []
    var rest = datagram
    while !rest.isEmpty {
      guard let header: nlmsghdr = rest.load() else {
        throw .malformed("netlink", "\(rest.count) bytes cannot hold a message")
      }
      guard let length = Int(exactly: header.nlmsg_len), length >= headerLength, length <= rest.count else {
        throw .malformed("netlink", "a message of \(header.nlmsg_len) bytes among \(rest.count)")
      }
      let payload = rest.dropFirst(headerLength).prefix(length - headerLength)
      result.append(
        NetlinkReply(
          type: header.nlmsg_type, flags: header.nlmsg_flags, sequence: header.nlmsg_seq, payload: payload))
      rest = rest.dropFirst(aligned(length))
    }
    return result
  }

  /// The fixed header behind `struct nlmsghdr`.
  func header<T: BitwiseCopyable>(_ request: String) throws(NetlinkError) -> T {
    guard let value: T = payload.load() else {
      throw .malformed(request, "an answer of \(payload.count) bytes is shorter than its header")
    }
    return value
  }

  /// The attributes behind a fixed header of that type.
  func attributes<T: BitwiseCopyable>(behind header: T.Type, _ request: String) throws(NetlinkError)
    -> Attributes
  {
    try Attributes(payload.dropFirst(aligned(MemoryLayout<T>.size)), request)
  }
}

/// Attributes by type; of equal types the last counts, as in the kernel.
struct Attributes: Equatable {
  private var payloads: [UInt16: ArraySlice<UInt8>] = [:]
  private let request: String

  /// - Throws: ``NetlinkError`` with `EBADMSG` when an attribute is longer than what holds it.
  init(_ bytes: ArraySlice<UInt8>, _ request: String) throws(NetlinkError) {
    self.request = request
    for attribute in try Self.list(bytes, request) { payloads[attribute.type] = attribute.payload }
  }

  /// All attributes in their order, for lists of one type.
  static func list(
    _ bytes: ArraySlice<UInt8>, _ request: String
  ) throws(NetlinkError) -> [(type: UInt16, payload: ArraySlice<UInt8>)] {
    let headerLength = MemoryLayout<nlattr>.size
    var result: [(type: UInt16, payload: ArraySlice<UInt8>)] = []
    var rest = bytes
    while !rest.isEmpty {
      guard let header: nlattr = rest.load(), Int(header.nla_len) >= headerLength,
        Int(header.nla_len) <= rest.count
      else {
        throw .malformed(request, "an attribute does not fit into the \(rest.count) bytes that are left")
      }
      let type = header.nla_type & ~UInt16(NLA_F_NESTED | NLA_F_NET_BYTEORDER)
      result.append((type, rest.dropFirst(headerLength).prefix(Int(header.nla_len) - headerLength)))
      rest = rest.dropFirst(aligned(Int(header.nla_len)))
    }
    return result
  }

  /// The payload; nil when the attribute is absent.
  func bytes(_ type: UInt16) -> ArraySlice<UInt8>? { payloads[type] }

  /// A number in the machine's byte order; nil when the attribute is absent or shorter.
  func number<T: FixedWidthInteger & BitwiseCopyable>(_ type: UInt16, as: T.Type = T.self) -> T? {
    payloads[type]?.load()
  }

  /// Text without the terminating NUL.
  func text(_ type: UInt16) -> String? {
    guard let payload = payloads[type] else { return nil }
    return String(decoding: payload.prefix { $0 != 0 }, as: UTF8.self)
  }

  func nested(_ type: UInt16) throws(NetlinkError) -> Attributes? {
    guard let payload = payloads[type] else { return nil }
    return try Attributes(payload, request)
  }
}

/// Up to the next multiple of four (`NLMSG_ALIGN`, `NLA_ALIGN`).
internal func aligned(_ length: Int) -> Int { (length + 3) & ~3 }

extension ArraySlice<UInt8> {
  /// The structure at the front, whatever its alignment; nil when there are too few bytes.
  func load<T: BitwiseCopyable>(as type: T.Type = T.self) -> T? {
    guard count >= MemoryLayout<T>.size else { return nil }
    // SAFETY: the length was checked, loadUnaligned needs no alignment, and T is a plain C structure or integer.
    return withUnsafeBytes { $0.loadUnaligned(as: T.self) }
  }
}
