// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Testing

@testable import DBus

/// Values as people write them in annotations.
@Suite struct TextTests {
  @Test(arguments: [
    ("true", DBusValue.boolean(true)), (" false ", .boolean(false)), ("5", .int32(5)), ("-5", .int32(-5)),
    ("0x10", .int32(16)), ("1.5", .double(1.5)), ("2e3", .double(2000)), ("uint64 5", .uint64(5)),
    ("byte 0xff", .byte(255)), ("int16 -1", .int16(-1)), ("double 3", .double(3)),
    ("'text'", .string("text")),
    ("\"it's\"", .string("it's")), ("'it\\'s \\\\ \\n'", .string("it's \\ \n")),
    ("objectpath '/a'", .objectPath("/a")), ("@t 7", .uint64(7)), ("@as []", .strings([])),
    ("['a', 'b']", .strings(["a", "b"])), ("[uint32 1, 2]", .array(of: "u", [.uint32(1), .uint32(2)])),
    ("@au [1, 2]", .array(of: "u", [.uint32(1), .uint32(2)])),
    ("[byte 1]", .bytes([1])), ("('a', uint64 2)", .structure([.string("a"), .uint64(2)])),
    ("[('/dev/null', 'rwm')]", .array(of: "(ss)", [.structure([.string("/dev/null"), .string("rwm")])])),
    ("@a(st) [('/x', 9)]", .array(of: "(st)", [.structure([.string("/x"), .uint64(9)])])),
    ("<5>", .variant(.int32(5))), ("(1,)", .structure([.int32(1)])),
    ("", nil), ("[]", nil), ("text", nil), ("'open", nil), ("5 6", nil), ("300000000000", nil),
    ("byte 256", nil),
    ("['a', 1]", nil), ("@s 5", nil), ("@( 5", nil), ("(", nil), ("[", nil), ("<5", nil),
    ("uint64 true", nil),
    ("@o 'x'", nil), ("'a' b", nil), ("int32 string 5", nil),
  ])
  func texts(text: String, value: DBusValue?) {
    #expect((try? DBusValue(text: text)) == value)
  }

  @Test func nestingHasAnEnd() {
    let deep = String(repeating: "[", count: 10000)
    #expect(throws: DBusError.self) { try DBusValue(text: deep) }
    #expect(throws: DBusError.self) { try DBusValue(text: String(repeating: "<", count: 10000)) }
  }

  @Test(arguments: [
    DBusValue.boolean(true), .byte(7), .int32(-1), .uint64(.max), .double(0.5), .string("it's\n\\"),
    .strings([]),
    .strings(["a"]), .array(of: "(ss)", [.structure([.string("a"), .string("b")])]), .structure([.byte(1)]),
    .variant(.uint32(3)), .objectPath("/a_b/1"),
  ])
  func whatIsPrintedIsRead(value: DBusValue) throws {
    #expect(try DBusValue(text: value.description) == value)
  }

  @Test(arguments: [
    ("unix:path=/run/user/1000/bus", "/run/user/1000/bus"),
    ("unix:path=/run/user/1000/bus,guid=0123", "/run/user/1000/bus"),
    ("unix:guid=0123,path=/a%20b%2c", "/a b,"), ("unix:abstract=/tmp/x;unix:path=/b", "/b"),
    ("tcp:host=localhost;unix:path=/c", "/c"), ("", nil), ("unix:abstract=/tmp/x", nil), ("unix:path=", nil),
    ("unix:path=/%zz", nil), ("unix:path=/%0", nil), ("unix:path=/%00", nil),
  ])
  func addresses(list: String, path: String?) { #expect(DBusAddress(list: list)?.path == path) }
}
