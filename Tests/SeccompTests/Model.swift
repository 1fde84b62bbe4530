// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI

@testable import Seccomp

/// What a profile means, read off its rules one call at a time.
struct Model {
  private struct Rule {
    let conditions: [SeccompArgument]
    let firstArgument: UInt64?
    let verdict: UInt32
  }

  private struct Key: Hashable {
    let convention: SyscallConvention
    let number: UInt32
  }

  private let profile: SeccompProfile
  private var rules: [Key: [Rule]] = [:]
  private let newer: NewerCalls

  init(_ profile: SeccompProfile) {
    self.profile = profile
    newer = NewerCalls(profile)
    for rule in profile.syscalls {
      let verdict = rule.action.verdict(errno: rule.errnoRet)
      guard verdict != profile.defaultAction.verdict(errno: profile.defaultErrnoRet) else { continue }
      let repeated = Set(rule.args.map(\.index)).count < rule.args.count
      for alternative in repeated ? rule.args.map({ [$0] }) : [rule.args] {
        for name in rule.names {
          add(alternative, verdict, about: name)
        }
      }
    }
  }

  private mutating func add(_ conditions: [SeccompArgument], _ verdict: UInt32, about name: String) {
    guard let numbers = SyscallNumbers(named: name) else { return }
    for convention: SyscallConvention in [.x86_64, .i386, .x32, .aarch64, .arm] {
      if let number = numbers.number(in: convention) {
        rules[Key(convention: convention, number: number + convention.numberBase), default: []].append(
          Rule(conditions: conditions, firstArgument: nil, verdict: verdict))
      }
      if convention == .i386, let (by, first) = numbers.multiplexed,
        let number = SyscallNumbers(named: by.rawValue)?.number(in: .i386)
      {
        rules[Key(convention: .i386, number: number), default: []].append(
          Rule(
            conditions: conditions.filter { $0.index > 0 }, firstArgument: UInt64(first),
            verdict: verdict))
      }
    }
  }

  /// The verdict, or `nil` where rules with different actions match.
  func verdict(on probe: Probe) -> UInt32? {
    let otherwise = profile.defaultAction.verdict(errno: profile.defaultErrnoRet)
    guard probe.convention.isCovered(by: profile) else { return probe.number == .max ? nil : 0 }
    let about = rules[Key(convention: probe.convention, number: probe.number)] ?? []
    if about.isEmpty, newer.contains(probe.number, in: probe.convention) { return 0x0005_0026 }
    let matching = about.filter { rule in
      rule.conditions.allSatisfy { holds($0, probe) }
        && (rule.firstArgument == nil || rule.firstArgument == probe.arguments[0] & 0xffff_ffff)
    }
    let verdicts = Set(matching.map(\.verdict))
    return verdicts.count > 1 ? nil : verdicts.first ?? otherwise
  }

  private func holds(_ condition: SeccompArgument, _ probe: Probe) -> Bool {
    let limit: UInt64 = probe.convention.has64BitArguments ? .max : 0xffff_ffff
    let argument = probe.arguments[Int(condition.index)] & limit
    let value = condition.value & limit
    return switch condition.op {
    case .notEqual: argument != value
    case .less: argument < value
    case .lessOrEqual: argument <= value
    case .equal: argument == value
    case .greaterOrEqual: argument >= value
    case .greater: argument > value
    case .maskedEqual: argument & value == condition.valueTwo & value
    }
  }
}

extension SeccompAction {
  /// What a filter returns for the action (`SCMP_ACT_…`).
  func verdict(errno: UInt32?) -> UInt32 {
    switch self {
    case .kill, .killThread: 0
    case .killProcess: 0x8000_0000
    case .trap: 0x0003_0000
    case .errno: 0x0005_0000 | (errno ?? 1)
    case .trace: 0x7ff0_0000 | (errno ?? 1)
    case .log: 0x7ffc_0000
    case .allow: 0x7fff_0000
    case .notify: 0x7fc0_0000
    }
  }
}
