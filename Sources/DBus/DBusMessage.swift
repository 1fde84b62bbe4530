// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A message of the D-Bus protocol (D-Bus specification, "Message Format").
public struct DBusMessage: Equatable, Sendable {
  public enum Kind: UInt8, Sendable {
    case methodCall = 1
    case methodReturn = 2
    case error = 3
    case signal = 4
  }

  public var kind: Kind
  /// `NO_REPLY_EXPECTED` is 1, `NO_AUTO_START` 2, `ALLOW_INTERACTIVE_AUTHORIZATION` 4.
  public var flags: UInt8 = 0
  /// The sender's own number of the message, never 0.
  public var serial: UInt32 = 0
  public var path: String?
  public var interface: String?
  public var member: String?
  public var errorName: String?
  public var replySerial: UInt32?
  public var destination: String?
  public var sender: String?
  public var body: [DBusValue] = []

  public init(_ kind: Kind) { self.kind = kind }

  /// A call of a method.
  public static func call(
    _ member: String, interface: String, path: String, destination: String?, _ body: [DBusValue] = []
  ) -> DBusMessage {
    var message = DBusMessage(.methodCall)
    message.path = path
    message.interface = interface
    message.member = member
    message.destination = destination
    message.body = body
    return message
  }

  /// The codes of header fields.
  private enum Field {
    static let path: UInt8 = 1
    static let interface: UInt8 = 2
    static let member: UInt8 = 3
    static let errorName: UInt8 = 4
    static let replySerial: UInt8 = 5
    static let destination: UInt8 = 6
    static let sender: UInt8 = 7
    static let signature: UInt8 = 8
  }

  /// The part whose length is always the same, with the lengths of the rest.
  static let fixedHeaderLength = 16
  /// The specification allows 128 MiB; nothing that we talk to sends a fraction of this.
  static let longest = 1 << 24

  private static let version: UInt8 = 1
  private static let littleEndian = UInt8(ascii: "l")
  private static let bigEndian = UInt8(ascii: "B")

  // MARK: Encoding

  /// The message as it travels, in little-endian byte order.
  public func encoded() throws(DBusError) -> [UInt8] {
    var body = Encoder()
    for value in self.body { try body.value(value) }
    var encoder = Encoder()
    for byte in [Self.littleEndian, kind.rawValue, flags, Self.version] {
      try encoder.value(.byte(byte))
    }
    encoder.integer(UInt32(body.bytes.count))
    encoder.integer(serial)
    try encoder.value(.array(of: "(yv)", headerFields))
    encoder.align(8)
    let result = encoder.bytes + body.bytes
    if result.count > Self.longest { throw .malformed("a message of \(result.count) bytes is too long") }
    return result
  }

  private var headerFields: [DBusValue] {
    let signature = body.map { $0.signature }.joined()
    let fields: [(UInt8, DBusValue?)] = [
      (Field.path, path.map { .objectPath($0) }), (Field.interface, interface.map { .string($0) }),
      (Field.member, member.map { .string($0) }), (Field.errorName, errorName.map { .string($0) }),
      (Field.replySerial, replySerial.map { .uint32($0) }),
      (Field.destination, destination.map { .string($0) }), (Field.sender, sender.map { .string($0) }),
      (Field.signature, signature.isEmpty ? nil : .signature(signature)),
    ]
    return fields.compactMap { code, value in
      value.map { .structure([.byte(code), .variant($0)]) }
    }
  }

  // MARK: Decoding

  /// How long a message is in all.
  ///
  /// - Parameter start: its first 16 bytes.
  static func length(_ start: [UInt8]) throws(DBusError) -> Int {
    guard start.count >= fixedHeaderLength else { throw .malformed("a message is shorter than its header") }
    let isBigEndian = try isBigEndian(start[0])
    var decoder = Decoder(start, isBigEndian: isBigEndian, from: 4)
    let body = Int(try decoder.integer(UInt32.self))
    _ = try decoder.integer(UInt32.self)
    let fields = Int(try decoder.integer(UInt32.self))
    guard body <= longest, fields <= longest else { throw .malformed("a message is too long") }
    let length = (fixedHeaderLength + fields + 7) / 8 * 8 + body
    guard length <= longest else { throw .malformed("a message is too long") }
    return length
  }

  private static func isBigEndian(_ mark: UInt8) throws(DBusError) -> Bool {
    switch mark {
    case littleEndian: return false
    case bigEndian: return true
    default: throw .malformed("a message starts with \(mark), which is no byte order")
    }
  }

  /// Reads a whole message.
  public init(_ bytes: [UInt8]) throws(DBusError) {
    guard try Self.length(bytes) == bytes.count else {
      throw .malformed("a message has another length than its header says")
    }
    let isBigEndian = try Self.isBigEndian(bytes[0])
    guard let kind = Kind(rawValue: bytes[1]) else { throw .malformed("\(bytes[1]) is no kind of message") }
    guard bytes[3] == Self.version else { throw .malformed("version \(bytes[3]) of the protocol") }
    self.init(kind)
    flags = bytes[2]
    var decoder = Decoder(bytes, isBigEndian: isBigEndian, from: 8)
    serial = try decoder.integer(UInt32.self)
    var signature = ""
    guard case .array(_, let fields) = try decoder.value("a(yv)") else { throw .malformed("no header") }
    for field in fields {
      guard case .structure(let parts) = field, parts.count == 2, case .byte(let code) = parts[0] else {
        throw .malformed("a header field is none")
      }
      try take(code, parts[1].unwrapped, &signature)
    }
    try decoder.align(8)
    body = try decoder.values(signature)
    try check()
  }

  private mutating func take(
    _ code: UInt8, _ value: DBusValue, _ signature: inout String
  ) throws(DBusError) {
    switch (code, value) {
    case (Field.path, .objectPath(let text)): path = text
    case (Field.interface, .string(let text)): interface = text
    case (Field.member, .string(let text)): member = text
    case (Field.errorName, .string(let text)): errorName = text
    case (Field.replySerial, .uint32(let number)): replySerial = number
    case (Field.destination, .string(let text)): destination = text
    case (Field.sender, .string(let text)): sender = text
    case (Field.signature, .signature(let text)): signature = text
    case (Field.path...Field.signature, _):
      throw .malformed("header field \(code) has type \(value.signature)")
    // Later versions may add fields; those unknown are to be ignored.
    default: return
    }
  }

  /// Fields that each kind must have.
  private func check() throws(DBusError) {
    let isComplete =
      switch kind {
      case .methodCall: path != nil && member != nil
      case .methodReturn: replySerial != nil
      case .error: replySerial != nil && errorName != nil
      case .signal: path != nil && interface != nil && member != nil
      }
    if !isComplete { throw .malformed("a message of kind \(kind.rawValue) lacks a header field") }
    if serial == 0 { throw .malformed("a message has the serial number 0") }
  }
}
