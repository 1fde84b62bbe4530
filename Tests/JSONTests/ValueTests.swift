// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import Testing

@Suite("Reading values")
struct ValueTests {
  @Test(
    "strings",
    arguments: [
      ("\"\"", ""), ("\"plain\"", "plain"), ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{C}\n\r\t"),
      ("\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"", "A\u{E9}\u{20AC}\u{1F600}"),
      ("\"\\uDBFF\\uDFFF\"", "\u{10FFFF}"),
      ("\"\u{E9}\u{20AC}\u{1F600}\"", "\u{E9}\u{20AC}\u{1F600}"), ("\"a\\u002Fb\"", "a/b"),
    ])
  func strings(text: String, expected: String) throws {
    let value = try parse("[\(text)]").value(at: "/0")
    #expect(try value?.string() == expected)
  }

  @Test(
    "whole numbers are exact",
    arguments: [
      ("0", 0), ("-0", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min), ("1e3", 1000),
      ("1E+3", 1000), ("2.0", 2), ("-2.50e1", -25), ("0e99999999999999999999", 0), ("0.0e-5", 0),
      ("9223372036854775807.0", .max), ("922337203685477580.7e1", .max), ("1000e-3", 1), ("0.001e3", 1),
      ("-9.223372036854775808e18", .min), ("10000000000000000000000e-20", 100),
    ] as [(String, Int64)])
  func signed(text: String, expected: Int64) throws {
    #expect(try parse(text).root.integer(in: Int64.min...Int64.max) == expected)
  }

  @Test(
    "unsigned numbers are exact",
    arguments: [
      ("18446744073709551615", .max), ("1.8446744073709551615e19", .max), ("-0", 0), ("-0.0", 0),
      ("1e19", 10_000_000_000_000_000_000),
    ] as [(String, UInt64)])
  func unsigned(text: String, expected: UInt64) throws {
    #expect(try parse(text).root.integer(in: UInt64.min...UInt64.max) == expected)
  }

  @Test(
    "what is not whole or not in range is refused",
    arguments: [
      "18446744073709551616", "99999999999999999999999", "-1", "1.5", "1e-1", "0.1", "1e20",
      "1e999999999999999999999",
      "1e-999999999999999999999", "-1e3", "18446744073709551615.5", "1e-5", "null", "true", "\"1\"", "[1]",
      "{}",
    ])
  func refusedUnsigned(text: String) throws {
    let value = try parse(text).root
    #expect(throws: JSONError.self) { try value.integer(in: UInt64.min...UInt64.max) }
  }

  @Test("integers of every width keep their range")
  func ranges() throws {
    let value = try parse("[255,256,-129,-128,65535,4294967295,-2147483648,-1]").root
    func element(_ index: Int) throws -> JSONValue { try #require(value.document.value(at: "/\(index)")) }
    #expect(try element(0).integer() == UInt8.max)
    #expect(throws: JSONError.self) { let _: UInt8 = try element(1).integer() }
    #expect(throws: JSONError.self) { let _: Int8 = try element(2).integer() }
    #expect(try element(3).integer() == Int8.min)
    #expect(try element(4).integer() == UInt16.max)
    #expect(try element(5).integer() == UInt32.max)
    #expect(throws: JSONError.self) { try element(5).integer(in: 0...UInt32.max - 1) }
    #expect(try element(6).integer() == Int32.min)
    #expect(throws: JSONError.self) { let _: UInt64 = try element(7).integer() }
    #expect(try element(7).integer(in: -1...1) == -1)
  }

  @Test(
    "a mismatch says what was expected, what stands there and where",
    arguments: [
      (
        "{\"u\": {\"uid\": \"root\"}}",
        "t.json:1:15: /u/uid: expected an integer between 0 and 9, found the string \"root\""
      ),
      (
        "{\"u\":\n {\"uid\": 10}}",
        "t.json:2:10: /u/uid: expected an integer between 0 and 9, found the number 10"
      ),
      (
        "{\"u\": {\"uid\": -1}}",
        "t.json:1:15: /u/uid: expected an integer between 0 and 9, found the number -1"
      ),
      (
        "{\"u\": {\"uid\": 1.5}}",
        "t.json:1:15: /u/uid: expected an integer between 0 and 9, found the number 1.5"
      ),
      ("{\"u\": {\"uid\": true}}", "t.json:1:15: /u/uid: expected an integer between 0 and 9, found true"),
      (
        "{\"u\": {\"uid\": []}}",
        "t.json:1:15: /u/uid: expected an integer between 0 and 9, found an empty array"
      ),
      ("{\"u\": {\"uid\": [1]}}", "t.json:1:15: /u/uid: expected an integer between 0 and 9, found an array"),
      ("{\"u\": {\"uid\": {}}}", "t.json:1:15: /u/uid: expected an integer between 0 and 9, found an object"),
      ("{\"u\": {\"uid\": null}}", "t.json:1:7: /u/uid: required, but missing"),
      ("{\"\u{E9}\u{1F600}\":1, \"u\": {}}", "t.json:1:15: /u/uid: required, but missing"),
      ("{\"u\": 3}", "t.json:1:7: /u: expected an object, found the number 3"),
      ("{}", "t.json:1:1: /u: required, but missing"),
      (
        "{\"u\": {\"uid\": {}, \"a\\nb\": 1}}",
        "t.json:1:15: /u/uid: expected an integer between 0 and 9, found an object"
      ),
      ("[]", "t.json:1:1: expected an object, found an empty array"),
      (
        "{\"u\": {\"uid\": \"\(String(repeating: "x", count: 100))\\n\"}}",
        "t.json:1:15: /u/uid: expected an integer between 0 and 9, found the string \"\(String(repeating: "x", count: 59))…"
      ),
    ])
  func mismatch(text: String, message: String) throws {
    let root = try parse(text).root
    let error = #expect(throws: JSONError.self) {
      _ = try root.object().required("u").object().required("uid").integer(in: 0...9)
    }
    #expect(error?.description == message)
  }

  @Test("a message is one line whatever keys and names hold")
  func oneLine() throws {
    let document = try JSONDocument(Array("{\"a\\n\\u001b\u{85}\u{E9}\":1}".utf8), source: "x\ny.json")
    let value = try #require(document.value(at: "/a\n\u{1B}\u{85}\u{E9}"))
    #expect(value.error("is wrong").description == "x\\ny.json:1:16: /a\\n\\u001b\\u0085\u{E9}: is wrong")
  }

  @Test("every accessor refuses the other types")
  func accessors() throws {
    let values = ["null", "true", "1", "1.5", "\"s\"", "[1]", "{\"a\":1}"]
    var counts = [0, 0, 0, 0, 0]
    for text in values {
      let value = try parse(text).root
      if (try? value.bool()) != nil { counts[0] += 1 }
      if (try? value.string()) != nil { counts[1] += 1 }
      if (try? value.array()) != nil { counts[2] += 1 }
      if (try? value.object()) != nil { counts[3] += 1 }
      if (try? value.integer(in: Int64.min...Int64.max)) != nil { counts[4] += 1 }
    }
    #expect(counts == [1, 1, 1, 1, 1])
  }

  @Test("properties: absent and null are the same, present ones are found behind nested values")
  func properties() throws {
    let text = #"{"a":[[{"x":1},2],{}],"n":null,"\u0062":"B","t":true,"l":["p","q"],"c":{"d":{}}}"#
    let object = try parse(text).root.object()
    #expect(object["n"] == nil)
    #expect(object["x"] == nil)
    #expect(try object.string("b") == "B")
    #expect(try object.bool("t") == true)
    #expect(try object.bool("n") == nil)
    #expect(try object.strings("l") == ["p", "q"])
    #expect(try object.object("c")?.object("d")?.count == 0)
    #expect(object.members.map(\.key) == ["a", "n", "b", "t", "l", "c"])
    #expect(throws: JSONError.self) { try object.string("t") }
    #expect(throws: JSONError.self) { try object.strings("a") }
  }

  @Test(
    "pointers find values",
    arguments: [
      ("", "{", 1, 1), ("/a", "[", 1, 7), ("/a/1/b", "2", 2, 9), ("/x~1y", "3", 3, 9), ("/~0", "4", 4, 8),
      ("/", "5", 5, 6),
    ])
  func pointers(pointer: String, text: String, line: Int, column: Int) throws {
    let source = "{\"a\": [1,\n {\"b\" : 2}],\n \"x/y\": 3,\n \"~\" : 4,\n \"\": 5}"
    let document = try parse(source)
    let value = try #require(document.value(at: pointer))
    #expect(value.position == JSONPosition(line: line, column: column))
    #expect(value.pointer == pointer)
    #expect(document.position(of: pointer) == value.position)
    let lineText = source.split(separator: "\n")[line - 1]
    #expect(lineText.dropFirst(column - 1).first.map(String.init) == text)
  }

  @Test("a pointer to nothing stands at the innermost container that exists")
  func missingPointers() throws {
    let document = try parse("{\"a\": [1,\n {\"b\": 2}]}")
    for pointer in ["/b", "/a/2", "/a/01", "/a/-1", "/a/1/c", "/a/1/b/c", "a"] {
      #expect(document.value(at: pointer) == nil)
    }
    #expect(document.position(of: "/a/1/c/d") == JSONPosition(line: 2, column: 2))
    #expect(document.position(of: "/b") == JSONPosition(line: 1, column: 1))
  }
}
