// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Seccomp
import Testing

@testable import Engine

@Suite("Refused system calls")
struct SeccompTallyTests {
  @Test("the most frequent come first, and a rule that allows them")
  func order() {
    var tally = SeccompTally()
    tally.count(SeccompRefusal(call: "bpf", program: "one", verdict: .error(1)))
    for _ in 0..<2 { tally.count(SeccompRefusal(call: "mount", program: "two", verdict: .kill)) }
    #expect(
      tally.lines == [
        "3 calls were refused:", "2 × mount of two: killed",
        "1 × bpf of one: EPERM (operation not permitted)",
        "a rule that allows all of this, for the profile's \"syscalls\": "
          + "{\"names\": [\"bpf\", \"mount\"], \"action\": \"SCMP_ACT_ALLOW\"}",
      ])
  }

  @Test("made up names of programs and calls do not fill the memory")
  func bounded() {
    var tally = SeccompTally()
    for number in 0..<5000 {
      tally.count(SeccompRefusal(call: "call \(number)", program: "name \(number)", verdict: .error(1)))
    }
    #expect(tally.lines.first == "5000 calls were refused:")
    #expect(tally.lines.contains("4000 × others") && tally.lines.count < 1100)
  }
}
