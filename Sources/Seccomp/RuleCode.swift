// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What the accumulator holds: a word of `seccomp_data`, of which only the bits in `mask` are left.
private struct Accumulator: Equatable {
  let word: UInt32
  let mask: UInt32
}

/// The comparison of one 32-bit word.
private struct WordTest {
  let word: UInt32
  var mask = UInt32.max
  let code: UInt16
  let operand: UInt32

  /// What the accumulator holds after the comparison, whatever its result.
  var after: Accumulator { Accumulator(word: word, mask: mask) }
}

extension BPFAssembler {
  /// Assembles the rules of a system call; the label leads to the first of them.
  mutating func chain(_ chain: RuleChain) -> Label {
    let wide = chain.has64BitArguments
    var next = verdict(chain.otherwise)
    for (position, rule) in chain.rules.enumerated().reversed() {
      // Rules that look at the same word one after the other load it once.
      var held: Accumulator?
      if position > 0 { held = Self.onlyTest(of: chain.rules[position - 1], wide: wide)?.after }
      next = self.rule(rule, held: held, otherwise: next, wide: wide)
    }
    return next
  }

  private mutating func rule(
    _ rule: RuleChain.Rule, held: Accumulator?, otherwise: Label, wide: Bool
  ) -> Label {
    var next = verdict(rule.verdict)
    for (position, condition) in rule.conditions.enumerated().reversed() {
      next = self.condition(
        condition, held: position == 0 ? held : nil, ifTrue: next, ifFalse: otherwise, wide: wide)
    }
    return next
  }

  private mutating func condition(
    _ condition: Condition, held: Accumulator?, ifTrue: Label, ifFalse: Label, wide: Bool
  ) -> Label {
    let low = SeccompData.low(ofArgument: condition.index)
    if let only = Self.onlyTest(of: condition, wide: wide) {
      let swapped = condition.holdsWhereTestFails
      return test(
        only, held: held, ifTrue: swapped ? ifFalse : ifTrue, ifFalse: swapped ? ifTrue : ifFalse)
    }
    switch condition.test {
    case .masked(let mask, let value):
      return equal(low, value, mask: mask, held: held, ifTrue: ifTrue, ifFalse: ifFalse)
    case .notEqual(let value):
      return equal(low, value, mask: .max, held: held, ifTrue: ifFalse, ifFalse: ifTrue)
    case .greater(let value):
      return ordered(low, BPFCode.ifGreater, value, held: held, ifTrue: ifTrue, ifFalse: ifFalse)
    case .greaterOrEqual(let value):
      return ordered(low, BPFCode.ifGreaterOrEqual, value, held: held, ifTrue: ifTrue, ifFalse: ifFalse)
    case .lessOrEqual(let value):
      return ordered(low, BPFCode.ifGreater, value, held: held, ifTrue: ifFalse, ifFalse: ifTrue)
    case .less(let value):
      return ordered(low, BPFCode.ifGreaterOrEqual, value, held: held, ifTrue: ifFalse, ifFalse: ifTrue)
    }
  }

  /// Equality of 64 bits. The low half is looked at first: that is where most values differ.
  private mutating func equal(
    _ low: UInt32, _ value: UInt64, mask: UInt64, held: Accumulator?, ifTrue: Label, ifFalse: Label
  ) -> Label {
    let upper = WordTest(
      word: low + 4, mask: mask.upperHalf, code: BPFCode.ifEqual, operand: value.upperHalf)
    let lower = WordTest(word: low, mask: mask.lowerHalf, code: BPFCode.ifEqual, operand: value.lowerHalf)
    let next = test(upper, held: nil, ifTrue: ifTrue, ifFalse: ifFalse)
    return test(lower, held: held, ifTrue: next, ifFalse: ifFalse)
  }

  /// An unsigned comparison of 64 bits: the high halves decide, and where they are equal the low halves.
  private mutating func ordered(
    _ low: UInt32, _ code: UInt16, _ value: UInt64, held: Accumulator?, ifTrue: Label, ifFalse: Label
  ) -> Label {
    let lower = WordTest(word: low, code: code, operand: value.lowerHalf)
    let ifUpperEqual = test(lower, held: nil, ifTrue: ifTrue, ifFalse: ifFalse)
    // A high half that is not equal to zero is greater.
    let upper = value.upperHalf
    let ifUpperDiffers = upper == 0 ? ifTrue : ifFalse
    var next = branch(BPFCode.ifEqual, upper, ifTrue: ifUpperEqual, ifFalse: ifUpperDiffers)
    if upper != 0 { next = branch(BPFCode.ifGreater, upper, ifTrue: ifTrue, ifFalse: next) }
    return accumulate(Accumulator(word: low + 4, mask: .max), held: held, then: next)
  }

  private mutating func test(
    _ test: WordTest, held: Accumulator?, ifTrue: Label, ifFalse: Label
  ) -> Label {
    guard ifTrue != ifFalse else { return ifTrue }
    let compare = branch(test.code, test.operand, ifTrue: ifTrue, ifFalse: ifFalse)
    return accumulate(test.after, held: held, then: compare)
  }

  /// Fills the accumulator, as far as it does not hold the wanted bits already.
  private mutating func accumulate(
    _ wanted: Accumulator, held: Accumulator?, then next: Label
  ) -> Label {
    if wanted == held { return next }
    let masked = wanted.mask == .max ? next : and(wanted.mask, then: next)
    if let held, held.word == wanted.word, held.mask & wanted.mask == wanted.mask { return masked }
    return load(wanted.word, then: masked)
  }

  /// The one word that a rule looks at, if there is only one: then the accumulator is known where it fails.
  private static func onlyTest(of rule: RuleChain.Rule, wide: Bool) -> WordTest? {
    rule.conditions.count == 1 ? onlyTest(of: rule.conditions[0], wide: wide) : nil
  }

  /// The one word that decides a condition, if there is only one: all of the convention's bits are in the low
  /// half, or the mask has bits in only one.
  private static func onlyTest(of condition: Condition, wide: Bool) -> WordTest? {
    let low = SeccompData.low(ofArgument: condition.index)
    let value: UInt64
    let code: UInt16
    switch condition.test {
    case .masked(let mask, let masked):
      if mask.lowerHalf != 0, mask.upperHalf != 0 { return nil }
      let upper = mask.lowerHalf == 0
      return WordTest(
        word: upper ? low + 4 : low, mask: upper ? mask.upperHalf : mask.lowerHalf, code: BPFCode.ifEqual,
        operand: upper ? masked.upperHalf : masked.lowerHalf)
    case .notEqual(let bound): (value, code) = (bound, BPFCode.ifEqual)
    case .greater(let bound), .lessOrEqual(let bound): (value, code) = (bound, BPFCode.ifGreater)
    case .greaterOrEqual(let bound), .less(let bound): (value, code) = (bound, BPFCode.ifGreaterOrEqual)
    }
    return wide ? nil : WordTest(word: low, code: code, operand: value.lowerHalf)
  }
}

extension Condition {
  /// BPF has no opposite of its comparisons: their results are swapped instead.
  fileprivate var holdsWhereTestFails: Bool {
    switch test {
    case .notEqual, .less, .lessOrEqual: true
    case .masked, .greater, .greaterOrEqual: false
    }
  }
}

extension UInt64 {
  fileprivate var lowerHalf: UInt32 { UInt32(truncatingIfNeeded: self) }
  fileprivate var upperHalf: UInt32 { UInt32(truncatingIfNeeded: self >> 32) }
}
