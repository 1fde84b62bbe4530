// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// A request: `struct nlmsghdr`, a fixed header of the message's type, attributes (netlink(7), netlink(3)).
///
/// A pure value. Sequence numbers are the socket's business.
public struct NetlinkMessage: Equatable, Sendable {
  /// The type's name in the kernel's headers, for errors.
  public let name: String
  /// What the message is about, for errors.
  public let object: String
  /// The whole message, in the machine's byte order; the header's length is right at any time.
  public private(set) var bytes: [UInt8]

  /// - Parameters:
  ///   - type: `nlmsg_type`.
  ///   - flags: `NLM_F_*`; `NLM_F_REQUEST` comes by itself.
  init(_ name: String, type: UInt16, flags: Int32, object: String = "") {
    self.name = name
    self.object = object
    var header = nlmsghdr()
    header.nlmsg_type = type
    header.nlmsg_flags = UInt16(truncatingIfNeeded: NLM_F_REQUEST | flags)
    bytes = []
    bytes.reserveCapacity(256)
    append(header)
  }

  /// Whether the kernel answers with `NLMSG_ERROR` on success, too.
  var wantsAcknowledgement: Bool { flags & UInt16(NLM_F_ACK) != 0 }
  var isDump: Bool { flags & UInt16(NLM_F_DUMP) == UInt16(NLM_F_DUMP) }

  /// The message with `NLM_F_ACK`.
  var acknowledged: NetlinkMessage {
    var result = self
    let flags = flags | UInt16(NLM_F_ACK)
    result.bytes.withUnsafeMutableBytes { $0.storeBytes(of: flags, toByteOffset: 6, as: UInt16.self) }
    return result
  }

  private var flags: UInt16 { bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 6, as: UInt16.self) } }

  /// The message with a sequence number (`nlmsg_seq`).
  func numbered(_ sequence: UInt32) -> [UInt8] {
    var result = bytes
    result.withUnsafeMutableBytes { $0.storeBytes(of: sequence, toByteOffset: 8, as: UInt32.self) }
    return result
  }

  // MARK: Building

  /// Appends a structure of the kernel's as it lies in memory, and what aligns the end to four bytes.
  mutating func append<T: BitwiseCopyable>(_ value: T) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    pad()
  }

  /// Appends `struct nlattr` and its payload.
  mutating func put(_ type: UInt16, _ payload: some Collection<UInt8>) {
    // A length that does not fit would turn into another message: cut at what the field can say, which the kernel refuses.
    let length = UInt16(clamping: payload.count + Self.attributeHeaderLength)
    appendHeader(length: length, type: type)
    bytes.append(contentsOf: payload.prefix(Int(length) - Self.attributeHeaderLength))
    pad()
  }

  /// A string with the terminating NUL (`NLA_NUL_STRING`).
  mutating func put(_ type: UInt16, _ text: String) { put(type, Array(text.utf8) + [0]) }

  /// A number in the machine's byte order.
  mutating func put<T: FixedWidthInteger>(_ type: UInt16, number: T) {
    put(type, withUnsafeBytes(of: number) { Array($0) })
  }

  /// A number in network byte order, as nf_tables has them.
  mutating func put<T: FixedWidthInteger>(_ type: UInt16, network value: T) {
    put(type, number: value.bigEndian)
  }

  /// A structure of the kernel's as payload.
  mutating func put<T: BitwiseCopyable>(_ type: UInt16, structure value: T) {
    put(type, withUnsafeBytes(of: value) { Array($0) })
  }

  /// An attribute without payload (`NLA_FLAG`).
  mutating func putFlag(_ type: UInt16) { put(type, []) }

  /// An attribute that holds attributes (`NLA_F_NESTED`).
  mutating func nest(_ type: UInt16, _ content: (inout NetlinkMessage) -> Void) {
    let start = bytes.count
    appendHeader(length: 0, type: type | UInt16(NLA_F_NESTED))
    content(&self)
    let length = UInt16(clamping: bytes.count - start)
    bytes.withUnsafeMutableBytes { $0.storeBytes(of: length, toByteOffset: start, as: UInt16.self) }
  }

  private static let attributeHeaderLength = MemoryLayout<nlattr>.size

  private mutating func appendHeader(length: UInt16, type: UInt16) {
    withUnsafeBytes(of: length) { bytes.append(contentsOf: $0) }
    withUnsafeBytes(of: type) { bytes.append(contentsOf: $0) }
    updateLength()
  }

  private mutating func pad() {
    while bytes.count % 4 != 0 { bytes.append(0) }
    updateLength()
  }

  private mutating func updateLength() {
    let length = UInt32(truncatingIfNeeded: bytes.count)
    bytes.withUnsafeMutableBytes { $0.storeBytes(of: length, as: UInt32.self) }
  }
}

/// The number of an attribute or message type, whatever C made of its enumeration.
@inline(__always)
internal func number<T: BinaryInteger>(_ value: T) -> UInt16 { UInt16(truncatingIfNeeded: value) }

@inline(__always)
internal func number<T: RawRepresentable>(_ value: T) -> UInt16 where T.RawValue: BinaryInteger {
  UInt16(truncatingIfNeeded: value.rawValue)
}
