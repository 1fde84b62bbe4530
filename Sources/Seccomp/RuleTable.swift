// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import OCI

/// What a profile says about every system call of one convention.
struct RuleTable {
  let convention: SyscallConvention

  /// The highest number of any name in the profile, also of rules that change nothing; `nil` if it names no
  /// call of this convention. ARM's private calls do not count.
  private(set) var highestNamed: UInt32?

  /// By slot: nothing, a verdict, or a list of conditional rules.
  private var slots: [Slot]
  private var conditional: [RuleTree] = []

  /// Rules without effect: places in the profile.
  private(set) var shadowed: [Int] = []

  private struct Slot {
    /// -1: nothing; -2: ``verdict``; else an index of `conditional`.
    var state: Int32 = -1
    var verdict: UInt32 = 0
  }

  /// ARM's private calls stand behind the others.
  private static let privateSlots = Int(SyscallTableData.highestNumber) + 1
  private static let slotCount =
    privateSlots + Int(SyscallTableData.highestPrivateNumber - SyscallNumbers.privateBase) + 1

  init(_ convention: SyscallConvention) {
    self.convention = convention
    slots = Array(repeating: Slot(), count: Self.slotCount)
  }

  /// The greatest argument.
  var argumentLimit: UInt64 { convention.has64BitArguments ? .max : UInt64(UInt32.max) }

  /// Notes that the profile names a call.
  mutating func name(_ number: UInt32) {
    if number < SyscallNumbers.privateBase { highestNamed = max(highestNamed ?? 0, number) }
  }

  /// Applies a rule to a call. As in libseccomp, a rule without conditions decides over all that have some,
  /// and the first of several without.
  ///
  /// - Parameter firstArgument: Replaces the rule's condition on the first argument (a multiplexed call's
  ///   number).
  /// - Throws: ``SeccompError/contradiction(first:second:)``.
  mutating func add(
    _ rule: LoweredRule, to number: UInt32, firstArgument: UInt32? = nil
  ) throws(SeccompError) {
    let slot = Self.slot(number)
    guard !rule.alternatives.isEmpty || firstArgument != nil else {
      decide(slot, rule)
      return
    }
    // Rules about a multiplexed call lose conditions and then hide each other; that has a warning of its own.
    let known = shadowed.count
    defer { if firstArgument != nil { shadowed.removeLast(shadowed.count - known) } }
    for alternative in rule.alternatives.isEmpty ? [[]] : rule.alternatives {
      var conditions: [Condition] = []
      conditions.reserveCapacity(alternative.count + 1)
      if let firstArgument {
        conditions.append(Condition(index: 0, equals: UInt64(firstArgument), limit: argumentLimit))
      }
      for argument in alternative where firstArgument == nil || argument.index > 0 {
        let condition = Condition(
          argument, index: UInt8(truncatingIfNeeded: argument.index), limit: argumentLimit)
        if !condition.comparesNothing { conditions.append(condition) }
      }
      if conditions.isEmpty {
        decide(slot, rule)
      } else {
        try add(
          ConditionalRule(conditions: conditions, verdict: rule.verdict, source: rule.source), to: slot)
      }
    }
  }

  private static func slot(_ number: UInt32) -> Int {
    number < SyscallNumbers.privateBase
      ? Int(number) : privateSlots + Int(number - SyscallNumbers.privateBase)
  }

  private mutating func decide(_ slot: Int, _ rule: LoweredRule) {
    if slots[slot].state == -2 {
      if slots[slot].verdict != rule.verdict { shadowed.append(rule.source) }
      return
    }
    if slots[slot].state >= 0 {
      shadowed += conditional[Int(slots[slot].state)].sources(otherThan: rule.verdict)
    }
    slots[slot] = Slot(state: -2, verdict: rule.verdict)
  }

  private mutating func add(_ rule: ConditionalRule, to slot: Int) throws(SeccompError) {
    if slots[slot].state == -2 {
      if slots[slot].verdict != rule.verdict { shadowed.append(rule.source) }
      return
    }
    if slots[slot].state == -1 {
      slots[slot].state = Int32(truncatingIfNeeded: conditional.count)
      conditional.append(RuleTree())
    }
    if try conditional[Int(slots[slot].state)].add(rule) == .shadowed { shadowed.append(rule.source) }
  }

  /// Adds what is decided about every number of this convention to `map`, in ascending order.
  ///
  /// - Parameters:
  ///   - otherwise: What holds for calls without a rule.
  ///   - beyond: What holds for the calls after the last that the profile names, if not the same.
  func describe(in map: inout NumberMap, otherwise: UInt32, beyond: UInt32?) {
    let base = convention.numberBase
    describe(slots: 0..<Self.privateSlots, from: base, in: &map, otherwise: otherwise)
    // Nothing is decided behind the last named call, so this replaces only `otherwise`.
    if let beyond, let highestNamed { map.set(from: base + highestNamed + 1, to: .verdict(beyond)) }
    if convention == .arm {
      let privateBase = SyscallNumbers.privateBase
      map.set(from: privateBase, to: .verdict(otherwise))
      describe(
        slots: Self.privateSlots..<Self.slotCount, from: privateBase, in: &map, otherwise: otherwise)
    }
  }

  private func describe(
    slots range: Range<Int>, from base: UInt32, in map: inout NumberMap, otherwise: UInt32
  ) {
    var number = base
    for slot in range {
      switch slots[slot].state {
      case -1: map.set(from: number, to: .verdict(otherwise))
      case -2: map.set(from: number, to: .verdict(slots[slot].verdict))
      case let list:
        map.set(
          from: number,
          to: conditional[Int(list)].decision(otherwise: otherwise, limit: argumentLimit))
      }
      number += 1
    }
    map.set(from: number, to: .verdict(otherwise))
  }
}
