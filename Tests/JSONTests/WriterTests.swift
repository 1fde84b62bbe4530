// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import Testing

@Suite("Writing")
struct WriterTests {
  private func sample(_ writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("s", "a\"b")
      writer.member("absent", String?.none)
      writer.member("n", -1)
      writer.member("f", true)
      writer.member("l", ["x", "y"])
      writer.member("e", [String]())
      writer.member("o") { writer in
        writer.object { writer in
          writer.member("nested") { writer in writer.array { $0.object { _ in } } }
          writer.member("null") { $0.null() }
        }
      }
      writer.member("d", 0.5)
    }
  }

  @Test("compact layout")
  func compact() {
    #expect(
      written { sample(&$0) }
        == #"{"s":"a\"b","n":-1,"f":true,"l":["x","y"],"e":[],"o":{"nested":[{}],"null":null},"d":0.5}"#)
  }

  @Test("a line per value")
  func pretty() {
    let expected = """
      {
        "s": "a\\"b",
        "n": -1,
        "f": true,
        "l": [
          "x",
          "y"
        ],
        "e": [],
        "o": {
          "nested": [
            {}
          ],
          "null": null
        },
        "d": 0.5
      }
      """
    #expect(written(.pretty) { sample(&$0) } == expected)
    let tabbed = expected.split(separator: "\n").map { (line: Substring) -> String in
      let indent = line.prefix { $0 == " " }.count
      return String(repeating: "\t", count: indent / 2) + line.dropFirst(indent)
    }
    #expect(written(.tabbed) { sample(&$0) } == tabbed.joined(separator: "\n"))
  }

  @Test(
    "what terminals or readers could stumble over is escaped",
    arguments: [
      ("", "\"\""), ("\u{0}\u{1}\u{1F}", #""\u0000\u0001\u001f""#), ("\n\r\t", #""\n\r\t""#),
      ("\"\\/", #""\"\\/""#),
      ("\u{7F}\u{80}\u{9B}\u{9F}", #""\u007f\u0080\u009b\u009f""#), ("\u{A0}\u{E9}", "\"\u{A0}\u{E9}\""),
      ("\u{1F600}\u{201C}", "\"\u{1F600}\u{201C}\""), ("\u{102}\u{82}", "\"\u{102}\\u0082\""),
    ])
  func escapes(text: String, expected: String) {
    #expect(JSONWriter.quoted(text) == expected)
  }

  @Test("every scalar comes back")
  func scalars() throws {
    var text = ""
    for value in (1...0x3000 as ClosedRange<UInt32>) {
      text.unicodeScalars.append(try #require(Unicode.Scalar(value)))
    }
    text += "\u{FFFD}\u{FFFF}\u{10000}\u{10FFFF}"
    #expect(try parse(JSONWriter.quoted(text)).root.string() == text)
  }

  @Test("numbers")
  func numbers() {
    #expect(written { $0.value(UInt64.max) } == "18446744073709551615")
    #expect(written { $0.value(Int64.min) } == "-9223372036854775808")
    #expect(written { $0.value(1e21) } == "1e+21")
    #expect(written { $0.value(Double.infinity) } == "null")
    #expect(written { $0.value(Double.nan) } == "null")
  }

  @Test("errors of the closures come out")
  func errors() {
    struct Stop: Error {}
    var writer = JSONWriter()
    #expect(throws: Stop.self) {
      try writer.object { writer throws(Stop) in
        try writer.member("a") { _ throws(Stop) in throw Stop() }
      }
    }
  }

  @Test("random trees come back as they were written", arguments: 0..<50)
  func roundTrip(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    for layout in [JSONWriter.Layout.compact, .pretty, .tabbed] {
      let text = written(layout) { tree(&$0, depth: 0, &random) }
      var writer = JSONWriter(layout)
      try copy(try parse(text).root, to: &writer)
      #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }
  }

  private func tree(_ writer: inout JSONWriter, depth: Int, _ random: inout SplitMix) {
    switch Int.random(in: 0..<(depth > 5 ? 4 : 6), using: &random) {
    case 0: writer.null()
    case 1: writer.value(Bool.random(using: &random))
    case 2: writer.value(Int64.random(in: .min ... .max, using: &random))
    case 3: writer.value(text(&random))
    case 4:
      let count = Int.random(in: 0..<6, using: &random)
      writer.array { writer in
        for _ in 0..<count { tree(&writer, depth: depth + 1, &random) }
      }
    default:
      let count = Int.random(in: 0..<40, using: &random)
      writer.object { writer in
        for index in 0..<count {
          writer.member("\(index)" + text(&random)) { tree(&$0, depth: depth + 4, &random) }
        }
      }
    }
  }

  /// Values of other documents stay what they are, and numbers as they are spelled.
  @Test func copies() throws {
    let text = #"{"a":[1,-2.50,1e3,18446744073709551616],"b":{"c":null,"d":true,"":false},"e":"\u00e9\"\n"}"#
    var writer = JSONWriter()
    writer.copy(try JSONDocument(Array(text.utf8), source: "test").root)
    #expect(String(decoding: writer.bytes, as: UTF8.self) == text.replacing("\\u00e9", with: "é"))
  }

  private func text(_ random: inout SplitMix) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0..<12, using: &random) {
      let ranges: [ClosedRange<UInt32>] = [1...0x7F, 0x20...0x7E, 0x80...0x9FF, 0x10000...0x10FFFF]
      let value = UInt32.random(in: ranges[Int.random(in: 0..<4, using: &random)], using: &random)
      if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
    }
    return text
  }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
