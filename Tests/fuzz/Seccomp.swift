// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI

@testable import Seccomp

/// A seccomp profile, as JSON or (without a brace at the beginning) as the choices of the generator of the unit tests. The
/// filter must be one that the kernel accepts, and decide as the profile says.
func tryProfile(_ bytes: [UInt8]) {
  for native in NativeArchitecture.allCases {
    var generator = ProfileGenerator(
      seed: 1, choices: bytes.first == UInt8(ascii: "{") ? [] : bytes, names: SyscallNumbers.allNames,
      architectures: native.conventions.map { $0.architecture })
    let profile: SeccompProfile
    if bytes.first == UInt8(ascii: "{") {
      do throws(SpecError) {
        profile = try SeccompProfile(decoding: bytes, source: "profile")
        try profile.validate(at: "")
      } catch {
        return demandLine("\(error)")
      }
    } else {
      profile = generator.profile(mixed: (bytes.last ?? 0) % 2 == 1)
    }
    tryFilter(of: profile, native, &generator)
  }
}

private func tryFilter(
  of profile: SeccompProfile, _ native: NativeArchitecture, _ generator: inout ProfileGenerator
) {
  let program: [BPFInstruction]
  do throws(SeccompError) {
    program = try SeccompProgram.compile(profile, for: native).instructions
  } catch {
    return demandLine("\(error)")
  }
  do { try verify(program) } catch { fatalError("the kernel would refuse the filter: \(error)") }
  let model = Model(profile)
  let machine = Machine()
  Probe.forEach(profile, native: native, generator: &generator) { probe in
    guard let expected = model.verdict(on: probe) else { return }
    let got = machine.verdict(of: program, on: probe)
    demand(
      got == expected,
      "\(native), \(probe.call): \(String(got, radix: 16)), not \(String(expected, radix: 16))")
  }
}
