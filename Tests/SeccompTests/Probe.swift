// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI

@testable import Seccomp

/// Which numbers to ask a filter about, and with which arguments.
struct Probe {
  let number: UInt32
  let convention: SyscallConvention
  let arguments: [UInt64]

  /// `seccomp_data`.
  var call: Call {
    Call(number: number, architecture: convention.auditArchitecture, arguments: arguments)
  }

  /// Calls `body` for all numbers up to 600 of every convention, for numbers that no call has, and for every
  /// call that the profile names with arguments near those that its rules compare with.
  static func forEach(
    _ profile: SeccompProfile, native: NativeArchitecture, generator: inout ProfileGenerator,
    _ body: (Probe) -> Void
  ) {
    let zero: [UInt64] = [0, 0, 0, 0, 0, 0]
    let named = Set(profile.syscalls.flatMap(\.names)).sorted()
    func ask(_ number: UInt32, _ convention: SyscallConvention, _ arguments: [UInt64]) {
      body(Probe(number: number, convention: convention.actual(for: number), arguments: arguments))
    }
    for convention in native.conventions {
      for number in UInt32(0)...600 { ask(number + convention.numberBase, convention, zero) }
      for number: UInt32 in [.max, .max - 1, 0x3fff_ffff, 0x4000_0000, 0x7fff_ffff, 0x8000_0000, 0xf_0007] {
        ask(number, convention, zero)
      }
      for name in named {
        guard let numbers = SyscallNumbers(named: name) else { continue }
        let targets = numbers.targets(in: convention)
        for var arguments in generator.arguments(near: profile.syscalls, about: name, count: 12) {
          for number in targets {
            ask(number, convention, arguments)
          }
          guard let (_, number: first) = numbers.multiplexed else { continue }
          arguments[0] = UInt64(first)
          for number in targets {
            ask(number, convention, arguments)
          }
        }
      }
    }
  }
}

/// Runs programs on probes without making an array for each.
final class Machine {
  private let words = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: 16)

  init() { words.initialize(repeating: 0) }

  deinit { words.deallocate() }

  func verdict(of program: [BPFInstruction], on probe: Probe) -> UInt32 {
    words[0] = probe.number
    words[1] = probe.convention.auditArchitecture
    var index = 0
    while index < 6 {
      words[4 &+ 2 &* index] = UInt32(truncatingIfNeeded: probe.arguments[index])
      words[5 &+ 2 &* index] = UInt32(truncatingIfNeeded: probe.arguments[index] >> 32)
      index &+= 1
    }
    return program.withUnsafeBufferPointer { run($0, UnsafeBufferPointer(words)).verdict }
  }
}

extension NativeArchitecture {
  /// All conventions of the machine's family.
  var conventions: [SyscallConvention] {
    switch self {
    case .x86_64: [.x86_64, .i386, .x32]
    case .aarch64: [.aarch64, .arm]
    }
  }
}

extension SyscallConvention {
  var architecture: SeccompArchitecture {
    switch self {
    case .x86_64: .x86_64
    case .i386: .x86
    case .x32: .x32
    case .aarch64: .aarch64
    case .arm: .arm
    }
  }

  /// Whether a filter for the profile covers this convention.
  func isCovered(by profile: SeccompProfile) -> Bool {
    switch self {
    case .x86_64, .aarch64: true
    case .i386, .x32, .arm: profile.architectures.contains(architecture)
    }
  }

  /// The kernel tells x32 from x86_64 by the number.
  func actual(for number: UInt32) -> SyscallConvention {
    guard self == .x86_64 || self == .x32 else { return self }
    return number >= 0x4000_0000 ? .x32 : .x86_64
  }
}

/// The numbers that runc and we answer with ENOSYS before the profile's rules are asked.
struct NewerCalls {
  private var highest: [UInt32?] = []

  init(_ profile: SeccompProfile) {
    let named = profile.syscalls.flatMap(\.names).compactMap { SyscallNumbers(named: $0) }
    for column in 0..<5 {
      guard let convention = SyscallConvention(rawValue: column) else { continue }
      // ARM's private calls are no measure of what the profile's author knew.
      let numbers = named.compactMap { $0.number(in: convention) }.filter { $0 < 0xf_0000 }
      highest.append(numbers.max().map { $0 + convention.numberBase })
    }
    switch profile.defaultAction {
    case .allow, .log, .trace: highest = highest.map { _ in nil }
    default: break
    }
  }

  func contains(_ number: UInt32, in convention: SyscallConvention) -> Bool {
    guard let highest = highest[convention.rawValue], number > highest else { return false }
    return convention != .arm || number < 0xf_0000
  }
}

extension SyscallNumbers {
  /// Every name of the table, by length.
  static let allNames: [String] = (1...64).flatMap { length -> [String] in
    let lines = SyscallTableData.lines(ofLength: length).description.split(separator: "\n")
    return lines.map { String($0.prefix(length)) }
  }

  /// The numbers under which a rule about this call is found, a multiplexed one included.
  func targets(in convention: SyscallConvention) -> [UInt32] {
    var targets = number(in: convention).map { [$0 + convention.numberBase] } ?? []
    if convention == .i386, let by = multiplexed?.by {
      targets += SyscallNumbers(named: by.rawValue)?.number(in: .i386).map { [$0] } ?? []
    }
    return targets
  }
}
