// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What a filter does about one system call.
enum Decision: Equatable {
  case verdict(UInt32)
  case chain(RuleChain)
}

/// The rules about one system call in the order in which the filter tries them, and what holds if none
/// matches.
struct RuleChain: Equatable {
  struct Rule: Equatable {
    let conditions: [Condition]
    let verdict: UInt32
  }

  /// Whether all 64 bits of an argument are compared, or the low 32.
  let has64BitArguments: Bool

  /// Neither empty nor with a rule that holds always or never.
  let rules: [Rule]

  /// What the filter returns if no rule matches.
  let otherwise: UInt32
}
