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
        seed: seed, names: SyscallNumbers.allNames,
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
