// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Assembles a program from its end to its beginning.
///
/// Classic BPF jumps only forwards. When the last instruction is made first, whatever a jump leads to exists
/// already, so every distance is known at once: one pass, nothing to fix up. A conditional jump reaches 255
/// instructions; where that is too short, a stepping stone is put right behind the jump: a copy of the
/// verdict, if the target is one, or else an unconditional jump.
struct BPFAssembler {
  /// An instruction that exists, to be jumped to.
  struct Label: Equatable {
    /// Counted from the end of the program.
    fileprivate let index: Int
  }

  /// Last instruction first.
  private var reversed: [BPFInstruction] = []

  /// The nearest instruction for every verdict.
  private var verdicts: [(value: UInt32, label: Label)] = []

  /// The longest conditional jump.
  private static let reach = Int(UInt8.max)

  init(capacity: Int) {
    reversed.reserveCapacity(capacity)
  }

  /// The number of instructions so far.
  var count: Int { reversed.count }

  /// The whole program, first instruction first.
  func program() -> [BPFInstruction] { reversed.reversed() }

  /// An instruction that returns `value`; a new one only if there is none yet.
  mutating func verdict(_ value: UInt32) -> Label {
    if let known = verdicts.first(where: { $0.value == value }) { return known.label }
    return freshVerdict(value)
  }

  /// Loads a word of `seccomp_data`, then goes on at `next`.
  mutating func load(_ offset: UInt32, then next: Label) -> Label {
    append(BPFInstruction(code: BPFCode.load, operand: offset), then: next)
  }

  /// Masks the accumulator, then goes on at `next`.
  mutating func and(_ mask: UInt32, then next: Label) -> Label {
    append(BPFInstruction(code: BPFCode.and, operand: mask), then: next)
  }

  /// Compares the accumulator with `operand`, and goes on at one label or the other.
  mutating func branch(
    _ code: UInt16, _ operand: UInt32, ifTrue: Label, ifFalse: Label
  ) -> Label {
    guard ifTrue != ifFalse else { return ifTrue }
    var ifTrue = ifTrue
    var ifFalse = ifFalse
    // A stepping stone for `ifFalse` would push `ifTrue` one away.
    if distance(to: ifTrue) >= Self.reach { ifTrue = steppingStone(to: ifTrue) }
    if distance(to: ifFalse) > Self.reach { ifFalse = steppingStone(to: ifFalse) }
    return append(
      BPFInstruction(
        code: code,
        skipIfTrue: UInt8(truncatingIfNeeded: distance(to: ifTrue)),
        skipIfFalse: UInt8(truncatingIfNeeded: distance(to: ifFalse)),
        operand: operand))
  }

  /// How many instructions lie between the next one to be assembled and `label`.
  private func distance(to label: Label) -> Int { reversed.count - 1 - label.index }

  private mutating func steppingStone(to label: Label) -> Label {
    let target = reversed[label.index]
    guard target.code == BPFCode.ret else {
      return append(
        BPFInstruction(code: BPFCode.jump, operand: UInt32(truncatingIfNeeded: distance(to: label))))
    }
    let nearest = verdict(target.operand)
    return distance(to: nearest) < Self.reach ? nearest : freshVerdict(target.operand)
  }

  private mutating func freshVerdict(_ value: UInt32) -> Label {
    let label = append(BPFInstruction(code: BPFCode.ret, operand: value))
    verdicts.removeAll { $0.value == value }
    verdicts.append((value, label))
    return label
  }

  private mutating func append(_ instruction: BPFInstruction, then next: Label) -> Label {
    if distance(to: next) != 0 {
      let rest = UInt32(truncatingIfNeeded: distance(to: next))
      _ = append(BPFInstruction(code: BPFCode.jump, operand: rest))
    }
    return append(instruction)
  }

  private mutating func append(_ instruction: BPFInstruction) -> Label {
    reversed.append(instruction)
    return Label(index: reversed.count - 1)
  }
}
