// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Netlink

/// A name of the Domain Name System, as messages have it: labels, each behind its length (RFC 1035, section 3.1), in lower case,
/// without the root's empty one. Any bytes may be in a label.
struct DomainName: Hashable, Sendable {
  let wire: [UInt8]

  /// With the root's label.
  static let longestBytes = 255
  private static let longestLabel = 63

  init(wire: [UInt8]) { self.wire = wire }

  /// From text such as `web` or `web.example.`; nil for what is no name.
  init?(_ text: String) {
    var wire: [UInt8] = []
    let bytes = text.utf8.last == UInt8(ascii: ".") ? text.utf8.dropLast() : text.utf8[...]
    for label in bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
      guard !label.isEmpty, label.count <= Self.longestLabel else { return nil }
      wire.append(UInt8(label.count))
      wire += label.map(Self.lowered)
    }
    guard wire.count < Self.longestBytes else { return nil }
    self.wire = wire
  }

  static func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }

  var labels: [ArraySlice<UInt8>] {
    var result: [ArraySlice<UInt8>] = []
    var rest = wire[...]
    while let length = rest.first {
      result.append(rest.dropFirst().prefix(Int(length)))
      rest = rest.dropFirst(1 + Int(length))
    }
    return result
  }

  /// The address whose name is asked for, in `4.3.2.1.in-addr.arpa` (RFC 1035, section 3.5) or below `ip6.arpa`
  /// (RFC 3596, section 2.5).
  var reversedAddress: IPAddress? {
    let words = labels.map { String(decoding: $0, as: UTF8.self) }
    guard words.count > 2, words[words.count - 1] == "arpa" else { return nil }
    let parts = words.dropLast(2).reversed()
    switch words[words.count - 2] {
    case "in-addr": return IPAddress(parts.joined(separator: ".")).flatMap { $0.version == .v4 ? $0 : nil }
    case "ip6":
      guard parts.count == 32, parts.allSatisfy({ $0.utf8.count == 1 }) else { return nil }
      return UInt128(parts.joined(), radix: 16).map { IPAddress(.v6, $0) }
    default: return nil
    }
  }
}

/// Something that a name has, in an answer.
struct NameRecord: Equatable {
  /// The numbers that the protocol has for what is asked (RFC 1035, section 3.2.2; RFC 3596; RFC 6891).
  enum Kind {
    static let address: UInt16 = 1
    static let pointer: UInt16 = 12
    static let address6: UInt16 = 28
    static let extensions: UInt16 = 41
    static let any: UInt16 = 255
  }

  var kind: UInt16
  var data: [UInt8]

  static func address(_ address: IPAddress) -> NameRecord {
    NameRecord(kind: address.version == .v4 ? Kind.address : Kind.address6, data: address.bytes)
  }

  static func pointer(_ name: DomainName) -> NameRecord {
    NameRecord(kind: Kind.pointer, data: name.wire + [0])
  }
}

/// A question as it comes to a name server (RFC 1035, section 4), and the answers to it.
struct NameQuestion: Equatable {
  /// `RCODE`.
  enum Code: UInt8 {
    case success = 0, malformed, failure, unknownName, notImplemented, refused
  }

  /// What came.
  let message: [UInt8]
  let name: DomainName
  /// ``NameRecord/Kind``.
  let kind: UInt16
  let isOfInternet: Bool
  /// The header and the question, of which an answer is made.
  private let end: Int
  /// What the asker takes as a datagram, and whether he speaks of extensions (RFC 6891).
  let mostBytes: Int
  private let hasExtensions: Bool

  private static let headerBytes = 12
  private static let smallestLimit = 512
  /// Names come and go with containers.
  private static let lifetimeSeconds: UInt8 = 5

  /// What is wrong with a message that is no question; nil: nothing that deserves an answer.
  struct Refusal: Error, Equatable {
    let answer: [UInt8]?
  }

  init(_ message: [UInt8]) throws(Refusal) {
    guard message.count >= Self.headerBytes, message[2] & 0x80 == 0 else { throw Refusal(answer: nil) }
    guard message[2] & 0x78 == 0 else { throw Self.refusal(message, .notImplemented) }
    var reader = NameReader(message, at: Self.headerBytes)
    guard Self.counts(message)[0] == 1, let name = reader.plainName(), let kind = reader.number(),
      let group = reader.number()
    else { throw Self.refusal(message, .malformed) }
    self.message = message
    self.name = name
    self.kind = kind
    isOfInternet = group == 1 || group == 255
    end = reader.position
    let extensions = Self.extensions(message, &reader)
    hasExtensions = extensions != nil
    mostBytes = max(Self.smallestLimit, Int(extensions?.limit ?? 0))
    guard extensions?.version ?? 0 == 0 else {
      let answer = Self.header(of: message, .success) + [0, 1, 0, 0, 0, 0, 0, 1]
      throw Refusal(answer: answer + message[Self.headerBytes..<end] + Self.extensionRecord(badVersion: true))
    }
  }

  private static func refusal(_ message: [UInt8], _ code: Code) -> Refusal {
    Refusal(answer: header(of: message, code) + [UInt8](repeating: 0, count: 8))
  }

  /// Questions, answers, authorities, additional records.
  private static func counts(_ message: [UInt8]) -> [UInt16] {
    (0..<4).map { UInt16(message[4 + 2 * $0]) << 8 | UInt16(message[5 + 2 * $0]) }
  }

  /// What the record of extensions says: how much the asker takes, and its version; nil without one.
  private static func extensions(
    _ message: [UInt8], _ reader: inout NameReader
  ) -> (limit: UInt16, version: UInt16)? {
    for _ in 0..<counts(message)[1...].reduce(0, { $0 + Int($1) }) {
      guard reader.skipName(), let kind = reader.number(), let group = reader.number(),
        let lifetime = reader.number(), reader.skip(2), let length = reader.number(), reader.skip(Int(length))
      else { return nil }
      if kind == NameRecord.Kind.extensions { return (group, lifetime & 0xff) }
    }
    return nil
  }

  /// The first four bytes of an answer: the question's number, and what there is to say of it.
  private static func header(of message: [UInt8], _ code: Code) -> [UInt8] {
    // QR, and RD as it was; RA.
    [message[0], message[1], 0x80 | message[2] & 0x79, 0x80 | code.rawValue]
  }

  /// The answer.
  ///
  /// - Parameter limit: The most bytes; what does not fit is left out, and the answer says that it is cut off (`TC`).
  func answer(_ records: [NameRecord] = [], code: Code = .success, limit: Int) -> [UInt8] {
    var result = Self.header(of: message, code)
    // AA: nobody knows better.
    if code == .success { result[2] |= 0x04 }
    let extensions = hasExtensions ? Self.extensionRecord() : []
    var body: [UInt8] = []
    var count: UInt16 = 0
    for record in records {
      let length = UInt16(record.data.count)
      let bytes =
        // The name: where the question has it.
        [0xc0, UInt8(Self.headerBytes)] + Self.bytes(record.kind) + [0, 1, 0, 0, 0, Self.lifetimeSeconds]
        + Self.bytes(length) + record.data
      guard end + body.count + bytes.count + extensions.count <= limit else {
        result[2] |= 0x02
        break
      }
      body += bytes
      count += 1
    }
    result += [0, 1] + Self.bytes(count) + [0, 0, 0, hasExtensions ? 1 : 0]
    return result + message[Self.headerBytes..<end] + body + extensions
  }

  /// The root's name, OPT, datagrams of up to 4096 bytes, the upper bits of the code, no flags, no options.
  private static func extensionRecord(badVersion: Bool = false) -> [UInt8] {
    [0, 0, 41, 0x10, 0, badVersion ? 1 : 0, 0, 0, 0, 0, 0]
  }

  private static func bytes(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xff)] }

  // MARK: Asking others

  /// The question under another number, so that nobody can guess it.
  func message(numbered number: UInt16) -> [UInt8] { Self.bytes(number) + message[2...] }

  /// What another server has said to it, under the asker's number; nil when this is no answer to it.
  func relayed(_ answer: [UInt8], numbered number: UInt16) -> [UInt8]? {
    guard answer.count >= Self.headerBytes, answer[..<2].elementsEqual(Self.bytes(number)),
      answer[2] & 0x80 != 0
    else { return nil }
    if Self.counts(answer)[0] == 0, answer[3] & 0x0f != 0 {
      // Old servers repeat nothing of what they do not understand.
      return Array(message[..<2]) + answer[2..<4] + [0, 1, 0, 0, 0, 0, 0, 0] + message[Self.headerBytes..<end]
    }
    guard answer.count >= end, Self.counts(answer)[0] == 1,
      answer[Self.headerBytes..<end] == message[Self.headerBytes..<end]
    else { return nil }
    return Array(message[..<2]) + answer[2...]
  }

  /// Whether another server may know what this one does not say.
  static func isUseless(_ answer: [UInt8]) -> Bool {
    let useless: [Code] = [.failure, .notImplemented, .refused]
    return useless.contains { $0.rawValue == answer[3] & 0x0f }
  }
}

/// Reads a message from front to back.
private struct NameReader {
  private let bytes: [UInt8]
  private(set) var position: Int

  init(_ bytes: [UInt8], at position: Int) {
    self.bytes = bytes
    self.position = position
  }

  mutating func number() -> UInt16? {
    guard bytes.count - position >= 2 else { return nil }
    defer { position += 2 }
    return UInt16(bytes[position]) << 8 | UInt16(bytes[position + 1])
  }

  mutating func skip(_ count: Int) -> Bool {
    guard bytes.count - position >= count else { return false }
    position += count
    return true
  }

  /// A name that is written out: there is nothing before it that it could refer to.
  mutating func plainName() -> DomainName? {
    var wire: [UInt8] = []
    while position < bytes.count {
      let length = bytes[position]
      position += 1
      if length == 0 { return DomainName(wire: wire) }
      guard length < 0x40, bytes.count - position >= Int(length) else { return nil }
      wire.append(length)
      wire += bytes[position..<position + Int(length)].map(DomainName.lowered)
      position += Int(length)
      guard wire.count < DomainName.longestBytes else { return nil }
    }
    return nil
  }

  /// Any name; one that refers to another ends there.
  mutating func skipName() -> Bool {
    while position < bytes.count {
      let length = bytes[position]
      if length >= 0xc0 { return skip(2) }
      guard length < 0x40, skip(1 + Int(length)) else { return false }
      if length == 0 { return true }
    }
    return false
  }
}
