// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Testing

@testable import Seccomp

@Suite("The assembler")
struct BPFAssemblerTests {
  /// Calls with these numbers run through the program.
  private func verdict(_ program: [BPFInstruction], _ number: UInt32) -> UInt32 {
    program.verdict(on: Call(number: number, architecture: 0))
  }

  @Test("jumps of 255 instructions, and longer ones", arguments: [0, 1, 253, 254, 255, 256, 257, 600])
  func distances(distance: Int) throws {
    var assembler = BPFAssembler(capacity: 0)
    let verdict = assembler.verdict(7)
    var far = assembler.load(4, then: verdict)
    far = assembler.and(0, then: far)
    let other = assembler.verdict(9)
    var filler = assembler.load(4, then: other)
    for _ in 0..<distance { filler = assembler.and(.max, then: filler) }
    for (ifTrue, ifFalse, expected) in [(far, filler, UInt32(7)), (filler, far, 9)] {
      var copy = assembler
      let branch = copy.branch(BPFCode.ifEqual, 5, ifTrue: ifTrue, ifFalse: ifFalse)
      _ = copy.load(0, then: branch)
      try verify(copy.program())
      #expect(self.verdict(copy.program(), 5) == expected)
      #expect(self.verdict(copy.program(), 6) == 16 - expected)
    }
  }

  @Test("both targets far away")
  func twoFarTargets() throws {
    var assembler = BPFAssembler(capacity: 0)
    var first = assembler.verdict(1)
    first = assembler.load(4, then: first)
    var second = assembler.verdict(2)
    second = assembler.load(4, then: second)
    var filler = assembler.verdict(3)
    filler = assembler.load(4, then: filler)
    for _ in 0..<300 { filler = assembler.and(.max, then: filler) }
    let branch = assembler.branch(BPFCode.ifGreater, 5, ifTrue: first, ifFalse: second)
    _ = assembler.load(0, then: branch)
    try verify(assembler.program())
    #expect(verdict(assembler.program(), 6) == 1)
    #expect(verdict(assembler.program(), 5) == 2)
  }

  @Test("a verdict that is far away is copied, one that is near is shared")
  func verdicts() throws {
    var assembler = BPFAssembler(capacity: 0)
    let first = assembler.verdict(1)
    #expect(assembler.verdict(1) == first)
    let second = assembler.verdict(2)
    var filler = second
    for _ in 0..<300 { filler = assembler.and(.max, then: filler) }
    let before = assembler.count
    var next = assembler.branch(BPFCode.ifEqual, 5, ifTrue: first, ifFalse: filler)
    #expect(assembler.count == before + 2)
    next = assembler.branch(BPFCode.ifEqual, 6, ifTrue: first, ifFalse: next)
    #expect(assembler.count == before + 3)
    _ = assembler.load(0, then: next)
    try verify(assembler.program())
    #expect(verdict(assembler.program(), 5) == 1)
    #expect(verdict(assembler.program(), 6) == 1)
    #expect(verdict(assembler.program(), 7) == 2)
  }

  @Test("a comparison without consequence is left out, and what follows still arrives")
  func sameTargets() throws {
    var assembler = BPFAssembler(capacity: 0)
    let target = assembler.verdict(1)
    _ = assembler.verdict(2)
    let branch = assembler.branch(BPFCode.ifEqual, 5, ifTrue: target, ifFalse: target)
    #expect(branch == target)
    _ = assembler.load(0, then: branch)
    try verify(assembler.program())
    #expect(verdict(assembler.program(), 5) == 1)
  }
}
