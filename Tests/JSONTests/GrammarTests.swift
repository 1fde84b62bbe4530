// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import Testing

@Suite("What the parser accepts and refuses")
struct GrammarTests {
  @Test(
    "well-formed texts",
    arguments: [
      "null", "true", "false", "0", "-0", "12", "-12", "0.5", "1e3", "1E+3", "1e-3", "-0.1e2", "\"\"",
      "\"a\"",
      "[]", "{}", " [ ] ", "\t{\r\n}\n", "[1,2]", "[[],[[]],{}]", "{\"a\":1,\"b\":{\"a\":2}}", "[\"\u{7F}\"]",
      "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"", "\"\\ud83d\\ude00\"", "\"\\uDBFF\\uDFFF\"", "\"\u{10FFFF}\"",
      "\"\u{FFFF}\"", "{\"\":1}", "[0e0]", "[123456789012345678901234567890]",
    ])
  func accepted(text: String) {
    #expect(parseError(text) == nil)
  }

  @Test("every byte at every place of a text, of which eight are looked at together")
  func bytesInTexts() {
    for length in [1, 7, 8, 9, 17] {
      for place in 0..<length {
        for byte in UInt8.min...UInt8.max {
          var text = [UInt8](repeating: UInt8(ascii: "a"), count: length)
          text[place] = byte
          // A quotation mark ends the text early, a backslash may escape an a or the end.
          let isPlain = 0x20...0x7F ~= byte && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
          let error = parseError([UInt8(ascii: "\"")] + text + [UInt8(ascii: "\"")])
          #expect((error == nil) == isPlain, "byte \(byte) at \(place) of \(length): \(error ?? "accepted")")
          let column = byte == UInt8(ascii: "\"") ? place + 3 : place + 2
          if let error, byte != UInt8(ascii: "\\") { #expect(error.hasPrefix("t.json:1:\(column):")) }
        }
      }
    }
  }

  @Test(
    "malformed texts",
    arguments: [
      ("", "t.json:1:1: the document is empty"),
      ("  \n ", "t.json:2:2: the document is empty"),
      ("x", "t.json:1:1: expected a value, found 'x'"),
      ("'a'", "t.json:1:1: expected a value, found a single quotation mark"),
      ("nul", "t.json:1:1: expected a value, found 'n'"),
      ("True", "t.json:1:1: expected a value, found 'T'"),
      ("NaN", "t.json:1:1: expected a value, found 'N'"),
      ("Infinity", "t.json:1:1: expected a value, found 'I'"),
      ("+1", "t.json:1:1: expected a value, found '+'"),
      (".5", "t.json:1:1: expected a value, found '.'"),
      ("01", "t.json:1:1: a number must not start with a zero"),
      ("-01", "t.json:1:2: a number must not start with a zero"),
      ("[00]", "t.json:1:2: /0: a number must not start with a zero"),
      ("1.", "t.json:1:3: expected a digit, found the end of the document"),
      ("1.e2", "t.json:1:3: expected a digit, found 'e'"),
      ("1e", "t.json:1:3: expected a digit, found the end of the document"),
      ("1e+", "t.json:1:4: expected a digit, found the end of the document"),
      ("-", "t.json:1:2: expected a digit, found the end of the document"),
      ("-a", "t.json:1:2: expected a digit, found 'a'"),
      ("0x10", "t.json:1:2: expected the end of the document, found 'x'"),
      ("1 2", "t.json:1:3: expected the end of the document, found '2'"),
      ("{}{}", "t.json:1:3: expected the end of the document, found '{'"),
      ("[] // no", "t.json:1:4: expected the end of the document, found '/'"),
      ("]", "t.json:1:1: expected a value, found ']'"),
      ("[", "t.json:1:2: /0: the document ends inside an array"),
      ("[1", "t.json:1:3: /1: the document ends inside an array"),
      ("[1,", "t.json:1:4: /1: the document ends inside an array"),
      ("[1,]", "t.json:1:4: /1: expected a value, found ']'"),
      ("[1 2]", "t.json:1:4: /1: expected a comma or ], found '2'"),
      ("[1}", "t.json:1:3: /1: expected a comma or ], found '}'"),
      ("[,1]", "t.json:1:2: /0: expected a value, found ','"),
      ("{", "t.json:1:2: the document ends inside an object"),
      ("{]", "t.json:1:2: expected a key in quotation marks, found ']'"),
      ("{a:1}", "t.json:1:2: expected a key in quotation marks, found 'a'"),
      ("{1:1}", "t.json:1:2: expected a key in quotation marks, found '1'"),
      ("{\"a\"", "t.json:1:5: /a: the document ends inside an object"),
      ("{\"a\" 1}", "t.json:1:6: /a: expected a colon after the key, found '1'"),
      ("{\"a\":}", "t.json:1:6: /a: expected a value, found '}'"),
      ("{\"a\":1,}", "t.json:1:8: expected a key in quotation marks, found '}'"),
      ("{\"a\":1 \"b\":2}", "t.json:1:8: expected a comma or }, found '\"'"),
      ("{\"a\":1]", "t.json:1:7: expected a comma or }, found ']'"),
      ("{]", "t.json:1:2: expected a key in quotation marks, found ']'"),
      ("\"", "t.json:1:2: the document ends inside a string"),
      ("\"\\", "t.json:1:3: the document ends inside a string"),
      ("\"a\nb\"", "t.json:1:3: the byte 0x0A inside a string must be escaped"),
      ("\"\u{0}\"", "t.json:1:2: the byte 0x00 inside a string must be escaped"),
      ("\"\\u0000\"", "t.json:1:2: a string must not contain NUL"),
      ("{\"a\\u0000\":1}", "t.json:1:4: a string must not contain NUL"),
      ("\"\\x41\"", "t.json:1:2: unknown escape: a backslash and 'x'"),
      ("\"\\'\"", "t.json:1:2: unknown escape: a backslash and a single quotation mark"),
      ("\"\\u12\"", "t.json:1:2: \\u must be followed by four hexadecimal digits"),
      ("\"\\u12g4\"", "t.json:1:2: \\u must be followed by four hexadecimal digits"),
      ("\"\\ud800\"", "t.json:1:2: half of a surrogate pair"),
      ("\"\\ud800\\n\"", "t.json:1:2: half of a surrogate pair"),
      ("\"\\ud800\\ud800\"", "t.json:1:2: half of a surrogate pair"),
      ("\"\\udc00\"", "t.json:1:2: half of a surrogate pair"),
      ("\"\\ud800\\u00", "t.json:1:2: half of a surrogate pair"),
      ("{\"a\":[{\"b/c\":[1,x]}]}", "t.json:1:17: /a/0/b~1c/1: expected a value, found 'x'"),
      ("[\u{85}]", "t.json:1:2: /0: expected a value, found the byte 0xC2"),
    ] as [(String, String)])
  func refused(text: String, message: String) {
    #expect(parseError(text) == message)
  }

  @Test(
    "bytes that are not UTF-8",
    arguments: [
      [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80],
      [0xE0, 0x9F, 0xBF],
      [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80],
      [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x90, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
      [0xFE],
      [0xFF], [0xE2, 0x82, 0x41],
    ] as [[UInt8]])
  func invalidUTF8(bytes: [UInt8]) {
    let quote = [UInt8(ascii: "\"")]
    #expect(parseError(quote + bytes + quote)?.contains("is not valid UTF-8") == true)
    // Cut off by the end of the document instead of the closing quotation mark.
    #expect(parseError(quote + bytes) != nil)
  }

  @Test("a byte order mark is named")
  func byteOrderMark() {
    #expect(parseError([0xEF, 0xBB, 0xBF] + Array("{}".utf8))?.contains("byte order mark") == true)
    #expect(parseError([0xEF])?.contains("expected a value, found the byte 0xEF") == true)
  }

  @Test(
    "a key may occur once, however it is written",
    arguments: [
      ("{\"a\":1,\"a\":1}", "t.json:1:8: /a: duplicate key: the object already has it"),
      ("{\"a\":1,\n \"b\":{}, \"a\":1}", "t.json:2:10: /a: duplicate key: the object already has it"),
      ("{\"a\":1,\"\\u0061\":1}", "t.json:1:8: /a: duplicate key: the object already has it"),
      ("{\"\":1,\"\":1}", "t.json:1:7: /: duplicate key: the object already has it"),
      ("{\"o\":{\"x\":1,\"x\":1}}", "t.json:1:13: /o/x: duplicate key: the object already has it"),
      ("[0,{\"x\":[1],\"y\":2,\"x\":1}]", "t.json:1:19: /1/x: duplicate key: the object already has it"),
    ])
  func duplicateKeys(text: String, message: String) {
    #expect(parseError(text) == message)
  }

  @Test("keys that only look alike to Unicode are different")
  func canonicalEquivalence() throws {
    // U+00E9, and e with U+0301; U+212A is the Kelvin sign.
    let document = try parse("{\"\u{E9}\":1,\"e\u{301}\":2,\"K\":3,\"\\u212A\":4}")
    #expect(try document.root.object()["K"]?.integer(in: 0...9) == 3)
    #expect(try document.value(at: "/e\u{301}")?.integer(in: 0...9) == 2)
  }

  @Test("in an object with many members", arguments: [16, 17, 18, 1000])
  func duplicateAmongMany(count: Int) {
    let members = (0..<count).map { "\"key\($0)\":{\"v\":[\($0)]}" }
    #expect(parseError("{" + members.joined(separator: ",") + "}") == nil)
    for duplicate in [0, count / 2, count - 1] {
      let text = "{" + (members + ["\"k\\u0065y\(duplicate)\":0"]).joined(separator: ",") + "}"
      #expect(
        parseError(text)?.hasSuffix("/key\(duplicate): duplicate key: the object already has it") == true)
    }
  }
}
