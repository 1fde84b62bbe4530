// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Seccomp

@Suite("The filter decides as the specification says")
struct ModelTests {
  private let machine = Machine()

  /// Also rules that libseccomp compiles wrongly. The actions of all rules about one call agree, so that no
  /// order of rules is needed: any rule that matches decides.
  @Test("600 profiles that are made up", arguments: [UInt64](100..<106))
  func generated(seed: UInt64) throws {
    for native in NativeArchitecture.allCases {
      var generator = ProfileGenerator(
        seed: seed, names: SyscallTableTests.allNames,
        architectures: native.conventions.map(\.architecture))
      for round in 0..<50 {
        let profile = generator.profile(mixed: false)
        guard let program = try compile(profile, native) else { continue }
        try verify(program)
        var found: [String] = []
        let model = Model(profile)
        Probe.forEach(profile, native: native, generator: &generator) { probe in
          guard let expected = model.verdict(on: probe) else { return }
          let got = machine.verdict(of: program, on: probe)
          if got != expected {
            found.append("\(probe.call): \(String(got, radix: 16)), not \(String(expected, radix: 16))")
          }
        }
        #expect(found.isEmpty, "\(seed).\(round) \(native): \(found.count), as \(found.prefix(3))")
      }
    }
  }

  /// `nil` for a contradiction: socketcall(2) and a call behind it may have actions that differ.
  private func compile(_ profile: SeccompProfile, _ native: NativeArchitecture) throws -> [BPFInstruction]? {
    do {
      return try SeccompProgram.compile(profile, for: native).instructions
    } catch {
      if case .contradiction = error { return nil }
      throw error
    }
  }
}

/// What a profile means, read off its rules one call at a time.
private struct Model {
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
      let verdict = LibSeccomp.action(rule.action, rule.errnoRet)
      guard verdict != LibSeccomp.action(profile.defaultAction, profile.defaultErrnoRet) else { continue }
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
    let otherwise = LibSeccomp.action(profile.defaultAction, profile.defaultErrnoRet)
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
