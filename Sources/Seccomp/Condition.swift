// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import OCI

/// A comparison of one argument, ready to be compiled for a convention.
struct Condition: Equatable {
  /// The argument, 0 to 5.
  let index: UInt8
  let test: Test

  enum Test: Equatable {
    /// All of the argument's bits that are in `mask` are as in `value`, which has no others.
    case masked(mask: UInt64, value: UInt64)
    case notEqual(UInt64)
    case greater(UInt64)
    case greaterOrEqual(UInt64)
    case less(UInt64)
    case lessOrEqual(UInt64)
  }

  /// - Parameter limit: The greatest argument of the convention. Wider values lose their upper bits, as they
  ///   do in libseccomp: profiles write -1 as 64 bits and mean it on 32-bit conventions too.
  init(_ argument: SeccompArgument, index: UInt8, limit: UInt64) {
    self.index = index
    let value = argument.value & limit
    switch argument.op {
    case .equal: test = .masked(mask: limit, value: value)
    case .maskedEqual: test = .masked(mask: value, value: argument.valueTwo & value)
    case .notEqual: test = .notEqual(value)
    case .greater: test = .greater(value)
    case .greaterOrEqual: test = .greaterOrEqual(value)
    case .less: test = .less(value)
    case .lessOrEqual: test = .lessOrEqual(value)
    }
  }

  init(index: UInt8, equals value: UInt64, limit: UInt64) {
    self.index = index
    test = .masked(mask: limit, value: value & limit)
  }

  /// A mask of nothing compares nothing: libseccomp leaves such a condition out of its rule, and a rule
  /// without conditions comes before the others.
  var comparesNothing: Bool {
    if case .masked(0, _) = test { true } else { false }
  }

  /// What the condition says whatever the argument is; `nil` if it depends on the argument.
  func constant(limit: UInt64) -> Bool? {
    switch test {
    case .masked(let mask, _): mask == 0 ? true : nil
    case .greaterOrEqual(let value): value == 0 ? true : nil
    case .lessOrEqual(let value): value == limit ? true : nil
    case .greater(let value): value == limit ? false : nil
    case .less(let value): value == 0 ? false : nil
    case .notEqual: nil
    }
  }

  /// Where the condition stands among those of other rules about the same call: less comes first.
  ///
  /// libseccomp keeps these rules in a tree, ordered on every level by argument (the last first), by kind
  /// (equality, then upper bounds, then lower bounds) and by value, so that narrower bounds come before wider
  /// ones. That order decides between rules with different actions that match the same call.
  var precedence: (argument: UInt8, kind: UInt8, value: UInt64) {
    let argument = 5 - index
    return switch test {
    case .masked(_, let value), .notEqual(let value): (argument, 0, ~value)
    case .less(let value), .lessOrEqual(let value): (argument, 1, value)
    case .greater(let value), .greaterOrEqual(let value): (argument, 2, ~value)
    }
  }
}

/// A rule of the profile about one system call in one convention: if all conditions hold, the verdict.
struct ConditionalRule {
  /// In ascending order of arguments, which are all different; not empty.
  let conditions: [Condition]
  /// What the filter returns.
  let verdict: UInt32
  /// The rule's place in the profile.
  let source: Int
}
