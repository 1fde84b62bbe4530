// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Testing

@testable import DBus

/// What libdbus 1.14 sent when dbus-send was asked for the call in ``CodecTests/call``.
private let fixture: [UInt8] = bytes(
  // Little-endian, method call, no flags, version 1; 108 bytes of body; serial 1; 173 bytes of header fields.
  "6c 01 00 01", "6c 00 00 00", "01 00 00 00", "ad 00 00 00",
  // 1, PATH: an object path of 25 bytes and its NUL, then filling up to 8.
  "01 01 6f 00", "19 00 00 00", text("/org/freedesktop/systemd1"), "00", "00 00 00 00 00 00",
  // 2, INTERFACE, 32 bytes.
  "02 01 73 00", "20 00 00 00", text("org.freedesktop.systemd1.Manager"), "00", "00 00 00 00 00 00 00",
  // 3, MEMBER.
  "03 01 73 00", "09 00 00 00", text("StartUnit"), "00", "00 00 00 00 00 00",
  // 6, DESTINATION.
  "06 01 73 00", "18 00 00 00", text("org.freedesktop.systemd1"), "00", "00 00 00 00 00 00 00",
  // 8, SIGNATURE, whose length is one byte; the header ends on a multiple of 8.
  "08 01 67 00", "0f", text("suasbyxdova{su}"), "00", "00 00 00",
  // s, u
  "07 00 00 00", text("a.scope"), "00", "07 00 00 00",
  // as: 15 bytes of elements, the second of which starts on a multiple of 4.
  "0f 00 00 00", "01 00 00 00", text("x"), "00", "00 00", "02 00 00 00", text("yz"), "00", "00",
  // b is four bytes, y is one, x starts on a multiple of 8, d likewise.
  "01 00 00 00", "05", "00 00 00", "00 00 00 00", "fe ff ff ff ff ff ff ff", "00 00 00 00 00 00 f8 3f",
  // o
  "02 00 00 00", text("/a"), "00",
  // v: its signature, then the value, on a multiple of 8.
  "01 74 00", "00 00 00 00 00 00", "09 00 00 00 00 00 00 00",
  // a{su}: the filling before the first entry does not count.
  "0c 00 00 00", "00 00 00 00", "01 00 00 00", text("k"), "00", "00 00", "01 00 00 00")

private func bytes(_ parts: String...) -> [UInt8] {
  parts.flatMap { part in part.split(separator: " ").map { UInt8($0, radix: 16) ?? 0 } }
}

/// Text as hexadecimal numbers.
private func text(_ text: String) -> String { text.utf8.map { String($0, radix: 16) }.joined(separator: " ") }

@Suite struct CodecTests {
  private var call: DBusMessage {
    var message = DBusMessage.call(
      "StartUnit", interface: "org.freedesktop.systemd1.Manager", path: "/org/freedesktop/systemd1",
      destination: "org.freedesktop.systemd1",
      [
        .string("a.scope"), .uint32(7), .strings(["x", "yz"]), .boolean(true), .byte(5), .int64(-2),
        .double(1.5),
        .objectPath("/a"), .variant(.uint64(9)), .array(of: "{su}", [.entry(.string("k"), .uint32(1))]),
      ])
    message.serial = 1
    return message
  }

  @Test func aCallIsWrittenAsLibdbusWritesIt() throws {
    #expect(try call.encoded() == fixture)
  }

  @Test func whatLibdbusWritesIsRead() throws {
    #expect(try DBusMessage(fixture) == call)
    #expect(try DBusMessage.length(Array(fixture.prefix(16))) == fixture.count)
  }

  /// The same call from a big-endian machine, in the parts that differ from ours.
  @Test func theOtherByteOrderIsRead() throws {
    let bytes = bytes(
      "42 02 01 01", "00 00 00 04", "00 00 01 02", "00 00 00 0f", "05 01 75 00", "00 00 00 07", "08 01 67 00",
      "01 75 00", "00", "01 02 03 04")
    let message = try DBusMessage(bytes)
    #expect(message.kind == .methodReturn && message.flags == 1)
    #expect(message.serial == 258 && message.replySerial == 7)
    #expect(message.body == [.uint32(0x0102_0304)])
  }

  @Test func anErrorSaysWhatIsWrong() throws {
    var error = DBusMessage(.error)
    error.serial = 3
    error.replySerial = 1
    error.errorName = "org.freedesktop.systemd1.NoSuchUnit"
    error.body = [.string("Unit a.scope not loaded.")]
    #expect(try DBusMessage(error.encoded()) == error)
  }

  @Test(arguments: [
    DBusValue.int16(-3), .uint16(65535), .int32(.min), .int64(.min), .signature("a{sv}"), .unixFD(1),
    .array(of: "t", []), .bytes([1, 2, 255]), .structure([.byte(1), .uint64(2), .string("")]),
    .variant(.variant(.array(of: "(sv)", [.structure([.string("MemoryMax"), .variant(.uint64(1))])]))),
    .array(of: "as", [.strings([]), .strings(["ä"])]), .double(-0.25),
  ])
  func valuesComeBackAsTheyWere(value: DBusValue) throws {
    var message = call
    // One byte in front, so that everything has to be aligned.
    message.body = [.byte(0), value, .byte(0)]
    #expect(try DBusMessage(message.encoded()).body == message.body)
  }

  @Test func everyPartOfAMessageIsTooShort() {
    for length in 0..<fixture.count {
      #expect(throws: DBusError.self) { try DBusMessage(Array(fixture.prefix(length))) }
    }
  }

  /// Whatever the bytes are, reading ends with a message or with an error.
  @Test func noByteMakesReadingFail() {
    for position in fixture.indices {
      for value: UInt8 in [0, 1, 2, 0x28, 0x61, 0x76, 0x7F, 0x80, 0xFF] {
        var changed = fixture
        changed[position] = value
        if let message = try? DBusMessage(changed) { #expect(message.serial != 0) }
      }
    }
  }

  @Test func lengthsThatNobodySendsAreRefused() {
    var start = Array(fixture.prefix(16))
    start[7] = 0x7F
    #expect(throws: DBusError.self) { try DBusMessage.length(start) }
    start = Array(fixture.prefix(16))
    start[0] = 0
    #expect(throws: DBusError.self) { try DBusMessage.length(start) }
  }

  @Test(arguments: [
    DBusValue.string("a\0b"), .objectPath("a"), .objectPath("/a/"), .objectPath("//"), .objectPath(""),
    .signature("("), .array(of: "s", [.byte(1)]), .array(of: "?", []),
  ])
  func valuesThatTheProtocolLacksAreNotSent(value: DBusValue) {
    var message = call
    message.body = [.variant(value)]
    #expect(throws: DBusError.self) { try message.encoded() }
  }

  @Test(arguments: [
    ("", []), ("s", ["s"]), ("a(sv)u", ["a(sv)", "u"]), ("a{sa{sv}}", ["a{sa{sv}}"]), ("((y))", ["((y))"]),
  ])
  func signaturesAreListsOfTypes(text: String, types: [String]) {
    #expect(Signature.types(text) == types)
  }

  @Test(arguments: ["a", "(", "()", "(s", "s)", "{sv}", "a{s}", "a{vs}", "a{sss}", "z", "a{(s)s}"])
  func whatIsNoSignature(text: String) { #expect(Signature.types(text) == nil) }

  @Test func nestingHasAnEnd() {
    #expect(Signature.types(String(repeating: "a", count: 32) + "y") != nil)
    #expect(Signature.types(String(repeating: "a", count: 33) + "y") == nil)
    #expect(
      Signature.types(String(repeating: "(", count: 33) + "y" + String(repeating: ")", count: 33)) == nil)
    #expect(Signature.types(String(repeating: "y", count: 256)) == nil)
  }
}
