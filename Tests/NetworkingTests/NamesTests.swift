// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Netlink
import Testing

@testable import Networking

/// Bytes of hexadecimal digits; what is in parentheses is for people.
private func bytes(_ text: String) -> [UInt8] {
  var digits = text[...]
  var result: [UInt8] = []
  while let first = digits.first {
    if first == "(" {
      digits = digits.drop { $0 != ")" }.dropFirst()
    } else if first.isHexDigit, let byte = UInt8(digits.prefix(2), radix: 16) {
      result.append(byte)
      digits = digits.dropFirst(2)
    } else {
      digits = digits.dropFirst()
    }
  }
  return result
}

private func name(_ text: String) throws -> DomainName { try #require(DomainName(text)) }

/// "Web", A, with recursion desired.
private let query = "abcd 0100 0001 0000 0000 0000 (Web) 03 576562 00 0001 0001"
private let extensions = "00 0029 04d0 00000000 0000"

@Suite("Names of the Domain Name System")
struct DomainNameTests {
  @Test func wireForm() throws {
    #expect(try name("Web.Example.").wire == bytes("03 776562 07 6578616d706c65"))
    #expect(try name("web") == name("WEB."))
  }

  @Test(arguments: [
    "", ".", "a..b", ".a", String(repeating: "a", count: 64),
    Array(repeating: String(repeating: "a", count: 63), count: 4).joined(separator: "."),
  ])
  func noNames(_ text: String) { #expect(DomainName(text) == nil) }

  @Test(arguments: [
    ("4.3.2.1.in-addr.arpa", "1.2.3.4"), ("4.3.2.1.IN-ADDR.ARPA.", "1.2.3.4"),
    ("1." + String(repeating: "0.", count: 29) + "d.f.ip6.arpa", "fd00::1"),
  ])
  func reversed(_ text: String, _ expected: String) throws {
    #expect(try name(text).reversedAddress == address(expected))
  }

  @Test(arguments: [
    "3.2.1.in-addr.arpa", "256.3.2.1.in-addr.arpa", "in-addr.arpa", "4.3.2.1.in-addr.arp", "1.0.ip6.arpa",
    "g." + String(repeating: "0.", count: 31) + "ip6.arpa",
    "10." + String(repeating: "0.", count: 31) + "ip6.arpa",
    "web",
  ])
  func notReversed(_ text: String) throws { #expect(try name(text).reversedAddress == nil) }
}

@Suite("Questions about names, byte by byte")
struct NameQuestionTests {
  @Test func plain() throws {
    let question = try NameQuestion(bytes(query))
    #expect(try question.name == name("web"))
    #expect(question.kind == 1 && question.isOfInternet && question.mostBytes == 512)
    let answer = question.answer([.address(try address("10.0.0.7"))], limit: 512)
    #expect(
      answer
        == bytes(
          "abcd 8580 0001 0001 0000 0000 03 576562 00 0001 0001"
            + "(the name of the question) c00c 0001 0001 00000005 0004 0a000007"))
    #expect(
      question.answer(code: .failure, limit: 512)
        == bytes("abcd 8182 0001 0000 0000 0000 03 576562 00 0001 0001"))
  }

  @Test func withExtensions() throws {
    let text = query.replacing("0000 0000 0000 (", with: "0000 0000 0001 (") + extensions
    let question = try NameQuestion(bytes(text))
    #expect(question.mostBytes == 0x4d0)
    #expect(
      question.answer(limit: 512)
        == bytes(
          "abcd 8580 0001 0000 0000 0001 03 576562 00 0001 0001 00 0029 1000 00000000 0000"))
  }

  /// An asker cannot be had to take less than the protocol demands.
  @Test func smallestLimit() throws {
    let text = query.replacing("0000 0000 0000 (", with: "0000 0000 0001 (") + "00 0029 0001 00000000 0000"
    #expect(try NameQuestion(bytes(text)).mostBytes == 512)
  }

  @Test func cutOff() throws {
    let question = try NameQuestion(bytes(query))
    let records = (0..<100).map { NameRecord.address(IPAddress(.v4, $0)) }
    let answer = question.answer(records, limit: 512)
    #expect(answer.count <= 512 && answer.count > 512 - 16)
    #expect(answer[2] & 0x02 != 0 && Int(answer[7]) == (answer.count - 21) / 16)
    #expect(question.answer(records, limit: 65535)[2] & 0x02 == 0)
  }

  @Test(arguments: [
    "", "abcd", "abcd 0100 0001 0000 0000 00", "(an answer) abcd 8180 0001 0000 0000 0000 0000010001",
  ])
  func silence(_ text: String) {
    #expect(throws: NameQuestion.Refusal(answer: nil)) { try NameQuestion(bytes(text)) }
  }

  @Test(arguments: [
    ("(status) abcd 1100 0001 0000 0000 0000 00 0001 0001", "abcd 9184"),
    ("(no question) abcd 0100 0000 0000 0000 0000", "abcd 8181"),
    ("(two) abcd 0100 0002 0000 0000 0000 00 0001 0001", "abcd 8181"),
    ("(nothing behind) abcd 0100 0001 0000 0000 0000", "abcd 8181"),
    ("(compressed) abcd 0100 0001 0000 0000 0000 c00c 0001 0001", "abcd 8181"),
    ("(long label) abcd 0100 0001 0000 0000 0000 40 61", "abcd 8181"),
    ("(no end) abcd 0100 0001 0000 0000 0000 01 61", "abcd 8181"),
    ("(no class) abcd 0100 0001 0000 0000 0000 01 61 00 0001 00", "abcd 8181"),
  ])
  func refused(_ text: String, _ start: String) {
    #expect(throws: NameQuestion.Refusal(answer: bytes(start) + [UInt8](repeating: 0, count: 8))) {
      try NameQuestion(bytes(text))
    }
  }

  @Test func longestName() throws {
    let label = "3f" + String(repeating: "61", count: 63)
    let head = "abcd 0100 0001 0000 0000 0000"
    let longest = String(repeating: label, count: 3) + "3d" + String(repeating: "61", count: 61)
    #expect(try NameQuestion(bytes(head + longest + "00 0001 0001")).name.wire.count == 254)
    let longer = String(repeating: label, count: 3) + "3e" + String(repeating: "61", count: 62)
    #expect(throws: NameQuestion.Refusal.self) { try NameQuestion(bytes(head + longer + "00 0001 0001")) }
  }

  @Test func extensionsOfAnotherVersion() {
    let text = query.replacing("0000 0000 0000 (", with: "0000 0000 0001 (") + "00 0029 04d0 00 01 0000 0000"
    let answer = "abcd 8180 0001 0000 0000 0001 03 576562 00 0001 0001 00 0029 1000 01 00 0000 0000"
    #expect(throws: NameQuestion.Refusal(answer: bytes(answer))) { try NameQuestion(bytes(text)) }
  }

  /// Old servers do not know extensions, and repeat nothing.
  @Test func aServerThatDoesNotUnderstand() throws {
    let question = try NameQuestion(bytes(query))
    let answer = question.relayed(bytes("1234 8181 0000 0000 0000 0000"), numbered: 0x1234)
    #expect(answer == bytes("abcd 8181 0001 0000 0000 0000 03 576562 00 0001 0001"))
    #expect(answer.map(NameQuestion.isUseless) == false)
    #expect(question.relayed(bytes("1234 8180 0000 0000 0000 0000"), numbered: 0x1234) == nil)
  }

  @Test func whatOthersSay() throws {
    let question = try NameQuestion(bytes(query))
    #expect(question.message(numbered: 0x1234) == bytes(query.replacing("abcd", with: "1234")))
    let answer = "1234 8180 0001 0001 0000 0000 03 576562 00 0001 0001 c00c 0001 0001 0000003c 0004 0a000007"
    #expect(
      question.relayed(bytes(answer), numbered: 0x1234) == bytes(answer.replacing("1234", with: "abcd")))
    for lie in [
      answer.replacing("1234", with: "1235"), answer.replacing("8180", with: "0180"),
      answer.replacing("576562", with: "776562"), answer.replacing("0001 0001 c00c", with: "001c 0001 c00c"),
      answer.replacing("0001 0001 0000 0000 03", with: "0002 0001 0000 0000 03"), "1234 8180 0001", "",
    ] {
      #expect(question.relayed(bytes(lie), numbered: 0x1234) == nil, "\(lie)")
    }
  }
}

@Suite("What hosts files say of names")
struct HostsTableTests {
  private func records(_ text: String, _ asked: String, _ kind: UInt16 = 1) throws -> [NameRecord]? {
    let wire = try name(asked).wire
    let message =
      bytes("abcd 0100 0001 0000 0000 0000") + wire + [0, UInt8(kind >> 8), UInt8(kind & 0xff), 0, 1]
    return HostsTable(Array(text.utf8)).records(for: try NameQuestion(message))
  }

  private static let text = """
    # 10.0.0.9 comment
    127.0.0.1\tlocalhost
    10.0.0.7 \t web  Alias\r
    10.0.0.8 web # behind
    fd00::7 web
    10.0.0 none
    nonsense
    10.0.0.6
    10.0.0.7 web again
    """

  @Test func addresses() throws {
    let both = try ["10.0.0.7", "10.0.0.8"].map { NameRecord.address(try address($0)) }
    #expect(try records(Self.text, "WEB") == both)
    #expect(try records(Self.text, "web", 28) == [.address(address("fd00::7"))])
    #expect(try records(Self.text, "web", 255)?.count == 3)
    #expect(try records(Self.text, "web", 15) == [])
    #expect(try records(Self.text, "alias") == [both[0]])
    #expect(try records(Self.text, "again") == [both[0]])
    for unknown in ["comment", "none", "behind", "web.web"] {
      #expect(try records(Self.text, unknown) == nil)
    }
  }

  @Test func names() throws {
    let first = try [NameRecord.pointer(name("web"))]
    #expect(try records(Self.text, "7.0.0.10.in-addr.arpa", 12) == first)
    #expect(try records(Self.text, "7.0.0.10.in-addr.arpa", 1) == [])
    #expect(try records(Self.text, "6.0.0.10.in-addr.arpa", 12) == nil)
  }

  @Test func addressesWithoutNumber() throws {
    let text = (0..<2000).map { "10.0.\($0 / 256).\($0 % 256) web\n" }.joined()
    #expect(try records(text, "web")?.count == HostsTable.mostAddresses)
  }

  @Test func questionsOfOtherClasses() throws {
    let chaos = bytes("abcd 0100 0001 0000 0000 0000 03 776562 00 0001 0003")
    #expect(HostsTable(Array("10.0.0.7 web".utf8)).records(for: try NameQuestion(chaos)) == nil)
  }
}
