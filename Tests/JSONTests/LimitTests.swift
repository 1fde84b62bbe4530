// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import Testing

@Suite("Limits and broken texts")
struct LimitTests {
  @Test("nesting")
  func depth() throws {
    let depth = JSONDocument.maximumDepth
    let brackets = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    #expect(parseError(brackets) == nil)
    let message = parseError("[" + brackets + "]")
    #expect(message?.hasPrefix("t.json:1:129: /0/0/") == true)
    #expect(message?.hasSuffix(": nested deeper than the limit of 128") == true)
    #expect(parseError(String(repeating: "{\"a\":", count: 100_000))?.contains("nested deeper") == true)
  }

  @Test("size")
  func size() {
    let limit = JSONDocument.maximumSize
    let blanks = [UInt8](repeating: UInt8(ascii: " "), count: limit)
    #expect(parseError([UInt8(ascii: "1")] + blanks.dropLast()) == nil)
    #expect(
      parseError([UInt8(ascii: "1")] + blanks)
        == "t.json: the document has 16777217 bytes, the limit is 16777216")
    let huge = [UInt8](repeating: UInt8(ascii: "["), count: 100_000_000)
    #expect(parseError(huge) == "t.json: the document has 100000000 bytes, the limit is 16777216")
  }

  @Test("number of values")
  func values() throws {
    let limit = JSONDocument.maximumNodes
    var bytes: [UInt8] = [UInt8(ascii: "[")]
    for _ in 0..<limit { bytes += [UInt8(ascii: "0"), UInt8(ascii: ",")] }
    bytes[bytes.count - 1] = UInt8(ascii: "]")
    #expect(parseError(bytes)?.hasSuffix("more than 1048576 keys and values") == true)
    bytes.removeLast(3)
    bytes.append(UInt8(ascii: "]"))
    let document = try JSONDocument(bytes, source: "t.json")
    #expect(try document.root.array().count == limit - 1)
  }

  @Test("a line of a text that has several")
  func lines() throws {
    let lines = Array("{\"a\": 1}\n[2,\n3]\n4".utf8)
    let first = try JSONDocument(lineOf: lines, source: "t.json")
    #expect(try first.root.object().required("a").integer(in: 0...9) == 1)
    #expect(first.end == 8)
    let second = try JSONDocument(lineOf: lines, from: first.end, source: "t.json")
    #expect(try second.root.array().count == 2)
    #expect(second.root.position == JSONPosition(line: 2, column: 1))
    let third = try JSONDocument(lineOf: lines, from: second.end, source: "t.json")
    #expect(try third.root.integer(in: 0...9) == 4)
    #expect(third.end == lines.count)
    let error = #expect(throws: JSONError.self) {
      try JSONDocument(lineOf: lines, from: third.end, source: "t.json")
    }
    #expect(error?.position == JSONPosition(line: 4, column: 2))
    #expect(parseError(lines)?.hasPrefix("t.json:2:1: expected the end of the document") == true)
  }

  static let sample = """
    {"s": "\\u00e9\\ud83d\\ude00 \u{E9}\u{1F600}", "n": [-1.5e+3, 0, 12], "w": [true, false, null],
     "o": {"": {}, "a": [[], [{}]]}}
    """

  @Test("a text that ends too early is refused, wherever it ends")
  func truncation() {
    let bytes = Array(Self.sample.utf8)
    #expect(parseError(bytes) == nil)
    for count in bytes.indices {
      #expect(parseError(Array(bytes.prefix(count))) != nil, "after \(count) bytes")
    }
  }

  @Test("any byte anywhere: no crash, and what is accepted can be read")
  func corruption() throws {
    let bytes = Array(Self.sample.utf8)
    var accepted = 0
    for index in bytes.indices {
      for byte in UInt8.min...UInt8.max {
        var changed = bytes
        changed[index] = byte
        guard parseError(changed) == nil else { continue }
        accepted += 1
        let document = try JSONDocument(changed, source: "t.json")
        try visit(document.root)
      }
    }
    #expect(accepted > bytes.count)
  }

  private func visit(_ value: JSONValue) throws {
    let pointer = value.pointer
    #expect(value.document.value(at: pointer)?.position == value.position)
    switch value.kind {
    case .string: _ = try value.string()
    case .array: for element in try value.array() { try visit(element) }
    case .object: for member in try value.object().members { try visit(member.value) }
    case .null, .boolean, .integer, .decimal: break
    }
  }
}
