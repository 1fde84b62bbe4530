// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import Explain
import Foundation
import OCI
import Testing

/// Whole plans, compared with the files in `Golden`. After an intended change run the tests once with
/// `ROOST_UPDATE_GOLDEN=1` in the environment, and read the difference.
@Suite("Golden plans")
struct GoldenTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Golden")

  @Test("the plan is the recorded one", arguments: GoldenCases.all.keys.sorted())
  func plan(name: String) throws {
    try compare(name, try GoldenCases.make(name).description)
  }

  @Test("the explanation is the recorded one", arguments: GoldenCases.explained)
  func explanation(name: String) throws {
    try compare(name + ".explained", try GoldenCases.make(name).explanation().text())
  }

  @Test("no two cases have one name")
  func names() { #expect(GoldenCases.all.count == GoldenCases.parts.reduce(0) { $0 + $1.count }) }

  @Test("no file is left over from a case that is gone")
  func leftOver() throws {
    let expected = Set(
      GoldenCases.all.keys.map { $0 + ".txt" } + GoldenCases.explained.map { $0 + ".explained.txt" })
    let found = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    #expect(Set(found) == expected)
  }

  private func compare(_ name: String, _ text: String) throws {
    let file = Self.folder.appendingPathComponent(name + ".txt")
    if ProcessInfo.processInfo.environment["ROOST_UPDATE_GOLDEN"] == "1" {
      try Data(text.utf8).write(to: file)
    }
    let recorded = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    guard recorded != text else { return }
    let (old, new) = (lines(recorded), lines(text))
    let place =
      zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(old.count, new.count)
    let was = old.indices.contains(place) ? old[place] : "(end)"
    let now = new.indices.contains(place) ? new[place] : "(end)"
    Issue.record("\(name).txt, line \(place + 1):\n  recorded: \(was)\n  now:      \(now)")
  }

  private func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
  }
}
