// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Seccomp

@Suite("What a filter would do, told outside of the kernel")
struct VerdictTests {
  private let machine = Machine()

  private static let refusals: Set<UInt32> = [
    Kernel.SECCOMP_RET_ERRNO, Kernel.SECCOMP_RET_KILL_PROCESS, Kernel.SECCOMP_RET_KILL_THREAD,
  ]

  /// The verdict, and that the agent is asked about exactly what the filter refuses.
  @Test("profiles that are made up", arguments: [UInt64](500..<503))
  func generated(seed: UInt64) throws {
    for native in NativeArchitecture.allCases {
      var generator = ProfileGenerator(
        seed: seed, names: SyscallNumbers.allNames,
        architectures: native.conventions.map(\.architecture))
      for _ in 0..<10 {
        let profile = generator.profile(mixed: true)
        guard let program = try? SeccompProgram.compile(profile, for: native) else { continue }
        let asking = SeccompProgram(bytes: program.askingBytes, flagsOf: nil, listens: true)
        try verify(asking.instructions)
        var wrong = 0
        Probe.forEach(profile, native: native, generator: &generator) { probe in
          let call = SeccompCall(
            number: probe.number, architecture: probe.convention.auditArchitecture,
            arguments: probe.arguments)
          let expected = machine.verdict(of: program.instructions, on: probe)
          let action = expected & ~Kernel.SECCOMP_RET_DATA
          let isRefused = Self.refusals.contains(action)
          let asked = machine.verdict(of: asking.instructions, on: probe)
          if asked != (isRefused ? Kernel.SECCOMP_RET_USER_NOTIF : expected) { wrong += 1 }
          let wanted: SeccompVerdict =
            switch action {
            case Kernel.SECCOMP_RET_ERRNO: .error(Int32(expected & Kernel.SECCOMP_RET_DATA))
            case _ where isRefused: .kill
            default: .other(expected)
            }
          if program.verdict(on: call) != wanted { wrong += 1 }
        }
        #expect(wrong == 0)
      }
    }
  }

  @Test("calls have the names that they were found by")
  func names() throws {
    for native in NativeArchitecture.allCases {
      for name in SyscallNumbers.allNames {
        guard let call = SeccompCall(named: name, on: native) else { continue }
        let found = try #require(call.name(on: native))
        // Two names of one number are one call.
        #expect(SeccompCall(named: found, on: native) == call)
      }
    }
    let zeros: [UInt64] = [0, 0, 0, 0, 0, 0]
    let none = SeccompCall(number: 9999, architecture: Kernel.AUDIT_ARCH_X86_64, arguments: zeros)
    #expect(none.name(on: .x86_64) == nil && none.name(on: .aarch64) == nil)
    let mkdir = SeccompCall(number: 39, architecture: Kernel.AUDIT_ARCH_I386, arguments: zeros)
    #expect(mkdir.name(on: .x86_64) == "mkdir")
  }
}
