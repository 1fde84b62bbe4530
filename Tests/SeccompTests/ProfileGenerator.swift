// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI

/// SplitMix64: the same sequence for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  /// Choices that come before those of the sequence, so that a fuzzer can turn each by itself.
  private var choices: ArraySlice<UInt8>

  init(seed: UInt64, choices: [UInt8] = []) {
    state = seed
    self.choices = choices[...]
  }

  mutating func next() -> UInt64 {
    if let choice = choices.popFirst() { return UInt64(choice) * 0x0101_0101_0101_0101 }
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// Makes profiles up.
struct ProfileGenerator {
  private var random: SeededGenerator
  private let names: [String]
  private let architectures: [SeccompArchitecture]

  /// - Parameters:
  ///   - choices: See ``SeededGenerator``.
  ///   - names: System calls to choose from.
  ///   - architectures: Of which any may be listed.
  init(seed: UInt64, choices: [UInt8] = [], names: [String], architectures: [SeccompArchitecture]) {
    random = SeededGenerator(seed: seed, choices: choices)
    self.names = names
    self.architectures = architectures
  }

  /// - Parameter mixed: Whether rules about one call may have different actions.
  mutating func profile(mixed: Bool) -> SeccompProfile {
    let actions: [SeccompAction] = [.errno, .errno, .kill, .killProcess, .trap, .allow, .log]
    var profile = SeccompProfile(defaultAction: pick(actions))
    if profile.defaultAction == .errno { profile.defaultErrnoRet = pick([nil, 1, 38, 13]) }
    profile.architectures = architectures.filter { _ in Bool.random(using: &random) }
    profile.listenerPath = "/run/agent"
    // Few names for many rules make rules meet.
    let pool = (0..<Int.random(in: 3...60, using: &random)).map { _ in pick(names) }
    for _ in 0..<Int.random(in: 1...25, using: &random) {
      profile.syscalls.append(rule(about: pool, mixed: mixed))
    }
    return profile
  }

  private mutating func rule(about pool: [String], mixed: Bool) -> SeccompRule {
    var action = pick([SeccompAction.allow, .errno, .trap, .trace, .log, .killProcess, .notify, .allow])
    var chosen = (0..<Int.random(in: 1...8, using: &random)).map { _ in pick(pool) }
    if !mixed {
      // The name decides about the action, so that the rules about one call agree.
      let kind = chosen[0].utf8.count % 3
      chosen = chosen.filter { $0.utf8.count % 3 == kind }
      action = [SeccompAction.allow, .errno, .trace][kind]
    }
    if action == .notify { chosen = chosen.map { $0 == "write" ? "read" : $0 } }
    var rule = SeccompRule(names: chosen, action: action)
    if mixed, action == .errno || action == .trace { rule.errnoRet = pick([nil, 2, 4094]) }
    for _ in 0..<pick([0, 0, 1, 1, 1, 2, 3]) { rule.args.append(argument()) }
    return rule
  }

  private mutating func argument() -> SeccompArgument {
    let op = pick(SeccompOperator.allCases)
    var value = self.value()
    if op == .maskedEqual { value = pick([0xff, 0xffff_ffff, 0x7e02_0000, .max, 0xf_0000_000f, 0, value]) }
    return SeccompArgument(
      index: UInt32.random(in: 0...(Bool.random(using: &random) ? 1 : 5), using: &random), value: value,
      valueTwo: op == .maskedEqual ? self.value() & pick([value, .max]) : 0, op: op)
  }

  private mutating func value() -> UInt64 {
    pick([
      0, 1, 2, 5, 16, 0x5412, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff, 0x1_0000_0000,
      0x1_0000_0005, 0x2_0000_0001, 0x7fff_ffff_ffff_ffff, .max - 1, .max, random.next() & 0xf, random.next(),
    ])
  }

  /// Arguments near those that the rules about `name` compare with.
  mutating func arguments(near rules: [SeccompRule], about name: String, count: Int) -> [[UInt64]] {
    var candidates = [[UInt64]](repeating: [0, .max], count: 6)
    for rule in rules where rule.names.contains(name) {
      for argument in rule.args {
        let value = argument.op == .maskedEqual ? argument.valueTwo & argument.value : argument.value
        candidates[Int(argument.index)] += [
          value, value &- 1, value &+ 1, value ^ 1 << 32, value & 0xffff_ffff, value | 0xffff_ffff_0000_0000,
          value ^ 1 << (random.next() % 64), value | ~argument.value,
        ]
      }
    }
    return (0..<count).map { _ in candidates.map { pick($0) } }
  }

  private mutating func pick<T>(_ choices: [T]) -> T {
    choices[Int.random(in: choices.indices, using: &random)]
  }
}
