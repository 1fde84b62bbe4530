// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import OCI
import Testing

@Suite("Broken configurations")
struct WrongTypeTests {
  /// Free objects take any key, so that only what their values may be is a matter of type.
  private static let replacements = [
    "true", "12345678901234567890123", "-99999999999999999999", "\"no such\"", "{}", "[]", "[0]",
  ]

  @Test("a value of the wrong type, anywhere, is refused with its own pointer and place")
  func wrongTypes() throws {
    let full = try Tree(fullConfiguration)
    var refused = 0
    for (pointer, tree) in full.places {
      for replacement in Self.replacements where !isSameKind(tree, replacement) {
        let text = try full.setting(pointer, to: replacement).text
        guard let error = refusal(text) else {
          Issue.record("\(pointer) = \(replacement) is accepted")
          continue
        }
        #expect(error.pointer == pointer, "\(replacement): \(error)")
        #expect(error.problem.hasPrefix("expected "), "\(error)")
        #expect(try error.position == JSONDocument(bytes(text), source: "").position(of: pointer))
        refused += 1
      }
    }
    #expect(refused > 1000)
  }

  private func isSameKind(_ tree: Tree, _ replacement: String) -> Bool {
    switch (tree, replacement.utf8.first) {
    case (.object, UInt8(ascii: "{")), (.array, UInt8(ascii: "[")): true
    case (.plain(let text), let first): text.utf8.first == first || (text == "false" && replacement == "true")
    default: false
    }
  }

  @Test("an unknown word, anywhere, is refused with the words that there are")
  func unknownWords() throws {
    let full = try Tree(fullConfiguration)
    let pointers = [
      "/process/rlimits/0/type", "/process/scheduler/policy", "/process/scheduler/flags/0",
      "/process/ioPriority/class",
      "/linux/namespaces/0/type", "/linux/devices/0/type", "/linux/resources/devices/1/type",
      "/linux/rootfsPropagation",
      "/linux/personality/domain", "/linux/memoryPolicy/mode", "/linux/memoryPolicy/flags/0",
      "/linux/seccomp/defaultAction", "/linux/seccomp/architectures/0", "/linux/seccomp/flags/0",
      "/linux/seccomp/syscalls/0/action", "/linux/seccomp/syscalls/1/args/0/op",
    ]
    for pointer in pointers {
      for word in ["x", "NETWORK", "RLIMIT_NOFILE ", "Private", "SCMP_ACT_allow"] {
        let error = try #require(refusal(try full.setting(pointer, to: "\"\(word)\"").text))
        #expect(error.pointer == pointer)
        #expect(
          error.problem.hasPrefix("expected one of ")
            && error.problem.hasSuffix("found the string \"\(word)\""))
      }
    }
  }

  @Test("cut off after any byte: refused, never a crash")
  func truncation() throws {
    let text = bytes(fullConfiguration)
    for count in 0...(try #require(text.lastIndex(of: UInt8(ascii: "}")))) {
      #expect(throws: SpecError.self) { try Spec(validating: Array(text.prefix(count)), source: "c") }
    }
  }

  @Test("with any byte changed: an error or a configuration, never a crash")
  func corruption() {
    var random = SplitMix(state: 1)
    let text = bytes(fullConfiguration)
    var accepted = 0
    for index in text.indices {
      var changed = text
      changed[index] = UInt8.random(in: .min ... .max, using: &random)
      if (try? Spec(validating: changed, source: "c")) != nil { accepted += 1 }
    }
    #expect(0 < accepted && accepted < text.count)
  }

  @Test(
    "documents that are not a configuration",
    arguments: ["", "null", "[]", "\"x\"", "1", "{}", "{\"root\":{}}"])
  func notAConfiguration(text: String) {
    #expect(throws: SpecError.self) { try Spec(validating: bytes(text), source: "c") }
  }

  @Test("a key that occurs twice, and a document above the limit")
  func strictness() throws {
    let text = "{\"ociVersion\":\"1.0.0\",\n\"root\":{\"path\":\"a\",\"path\":\"b\"}}"
    #expect(
      refusal(text)?.description == "config.json:2:20: /root/path: duplicate key: the object already has it")
    let huge = [UInt8](repeating: UInt8(ascii: " "), count: 100_000_000)
    let error = #expect(throws: SpecError.self) { try Spec(validating: huge, source: "config.json") }
    #expect(error?.description == "config.json: the document has 100000000 bytes, the limit is 16777216")
  }
}
