// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Seccomp

@Suite("The filter decides as libseccomp's does")
struct OracleTests {
  private let machine = Machine()

  @Test(
    "1000 profiles that are made up", .enabled(if: LibSeccomp.isHere, LibSeccomp.absence),
    arguments: [UInt64](0..<10))
  func generated(seed: UInt64) throws {
    let library = try #require(LibSeccomp.shared)
    let names = SyscallNumbers.allNames.filter { SyscallTableTests.agrees(library, $0) }
    for native in NativeArchitecture.allCases {
      var generator = ProfileGenerator(
        seed: seed, names: names, architectures: native.conventions.map(\.architecture))
      for round in 0..<50 {
        let profile = Self.reliable(generator.profile(mixed: round % 2 == 1))
        let ours: [BPFInstruction]
        do {
          ours = try SeccompProgram.compile(profile, for: native).instructions
        } catch {
          #expect(throws: LibSeccomp.Failure.self, "\(seed).\(round) \(native): only we refuse: \(error)") {
            try oracle(library, profile, native)
          }
          continue
        }
        try verify(ours)
        let theirs = try oracle(library, profile, native)
        let found = differences(profile, ours, theirs, native, &generator)
        #expect(found.isEmpty, "\(seed).\(round) \(native): \(found.count), as \(found.prefix(3))")
      }
    }
  }

  /// Where the two filters disagree. Ours is asked as it is; libseccomp's are one for each convention.
  func differences(
    _ profile: SeccompProfile, _ ours: [BPFInstruction],
    _ theirs: [SyscallConvention: [BPFInstruction]], _ native: NativeArchitecture,
    _ generator: inout ProfileGenerator, ignoring: (Probe) -> Bool = { _ in false }
  ) -> [String] {
    var found: [String] = []
    let newer = NewerCalls(profile)
    Probe.forEach(profile, native: native, generator: &generator) { probe in
      let got = machine.verdict(of: ours, on: probe)
      var expected: UInt32 = 0
      if let program = theirs[probe.convention] {
        expected = machine.verdict(of: program, on: probe)
        if got != expected, newer.contains(probe.number, in: probe.convention) { expected = 0x0005_0026 }
      } else if probe.convention == .x32, probe.number == .max {
        // Not a call of x32, but one that a tracer has cancelled.
        expected = profile.defaultAction.verdict(errno: profile.defaultErrnoRet)
      }
      if got != expected, !ignoring(probe) {
        found.append("\(probe.call): \(String(got, radix: 16)), not \(String(expected, radix: 16))")
      }
    }
    return found
  }

  /// libseccomp's filter for every covered convention.
  ///
  /// One for each, told only of calls that the convention has.
  func oracle(
    _ library: LibSeccomp, _ profile: SeccompProfile, _ native: NativeArchitecture
  ) throws -> [SyscallConvention: [BPFInstruction]] {
    var programs: [SyscallConvention: [BPFInstruction]] = [:]
    for convention in native.conventions where convention.isCovered(by: profile) {
      programs[convention] = try library.compile(profile, for: [convention.architecture]) { name in
        SyscallNumbers(named: name)?.targets(in: convention).isEmpty == false
      }
    }
    return programs
  }

  /// Leaves out what libseccomp 2.5 compiles wrongly, or never finishes to compile.
  ///
  /// Where several rules are about one call and any has another comparison than equality, its tree of
  /// conditions is not sound: a rule `a1 <= 5` beside `a1 >= 0x100000000` matches `a1 = 0xffffffff` (the
  /// second rule compares the low half with the bound's high half). ``ModelTests`` cover such rules.
  static func reliable(_ profile: SeccompProfile) -> SeccompProfile {
    struct Known {
      var rules = 0
      var equalities = true
      var isReliable: Bool { rules <= 1 || equalities }
    }
    var known: [String: Known] = [:]
    var result = profile
    for index in result.syscalls.indices {
      let rule = result.syscalls[index]
      let equalities = rule.args.allSatisfy { $0.op == .equal || $0.op == .maskedEqual }
      let repeated = Set(rule.args.map(\.index)).count < rule.args.count
      result.syscalls[index].names.removeAll { name in
        // Rules about multiplexed calls meet in one.
        let group = SyscallNumbers(named: name)?.multiplexed?.by.rawValue
        let keys = [name] + (group.map { [$0] } ?? [])
        var merged = known
        for key in keys {
          merged[key, default: Known()].rules += repeated ? rule.args.count : 1
          if !equalities { merged[key, default: Known()].equalities = false }
        }
        guard keys.allSatisfy({ merged[$0]?.isReliable ?? true }) else { return true }
        known = merged
        return false
      }
    }
    result.syscalls.removeAll { $0.names.isEmpty }
    return result
  }
}
