// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Seccomp

@Suite("From a profile to a program")
struct CompilerTests {
  static let allow: UInt32 = 0x7fff_0000
  static let enosys: UInt32 = 0x0005_0026

  static func errno(_ value: UInt32) -> UInt32 { 0x0005_0000 | value }

  static func profile(
    _ defaultAction: SeccompAction, _ rules: [SeccompRule], on architectures: [SeccompArchitecture] = []
  ) -> SeccompProfile {
    var profile = SeccompProfile(defaultAction: defaultAction)
    profile.architectures = architectures
    profile.syscalls = rules
    return profile
  }

  static func rule(
    _ name: String, _ action: SeccompAction = .allow, errno: UInt32? = nil,
    _ conditions: (UInt32, SeccompOperator, UInt64)...
  ) -> SeccompRule {
    SeccompRule(
      names: [name], action: action, errnoRet: errno,
      args: conditions.map { SeccompArgument(index: $0.0, value: $0.2, op: $0.1) })
  }

  @Test("a program of somebody else's is taken as it is, with the flags of the profile")
  func ready() throws {
    let compiled = try SeccompProgram.compile(
      Self.profile(.allow, [Self.rule("mkdir", .errno)]), for: .x86_64)
    let bytes = compiled.instructions.withUnsafeBytes { Array($0) }
    var profile = SeccompProfile(defaultAction: .kill)
    let plain = SeccompProgram(bytes: bytes, flagsOf: nil, listens: false)
    #expect(plain.instructions == compiled.instructions && plain.flags == 0 && !plain.needsListener)
    profile.flags = [.log]
    let listening = SeccompProgram(bytes: bytes, flagsOf: profile, listens: true)
    #expect(listening.flags == Kernel.SECCOMP_FILTER_FLAG_LOG | Kernel.SECCOMP_FILTER_FLAG_NEW_LISTENER)
  }

  /// The verdict on a call of x86_64.
  static func verdict(_ profile: SeccompProfile, _ name: String, _ arguments: UInt64...) throws -> UInt32 {
    let program = try SeccompProgram.compile(profile, for: .x86_64).instructions
    try verify(program)
    let number = try #require(SyscallNumbers(named: name)?.number(in: .x86_64), "\(name)")
    var padded: [UInt64] = [0, 0, 0, 0, 0, 0]
    padded.replaceSubrange(..<arguments.count, with: arguments)
    return program.verdict(on: Call(number: number, architecture: 0xc000_003e, arguments: padded))
  }

  @Test(
    "what the actions return",
    arguments: zip(
      SeccompAction.allCases,
      [0, 0x8000_0000, 0, 0x0003_0000, 0x0005_0001, 0x7ff0_0001, 0x7fff_0000, 0x7ffc_0000, 0x7fc0_0000]
        as [UInt32]))
  func actions(action: SeccompAction, expected: UInt32) throws {
    var profile = Self.profile(action == .allow ? .log : .allow, [Self.rule("read", action)])
    profile.listenerPath = "/run/agent"
    #expect(try Self.verdict(profile, "read") == expected)
  }

  @Test("errno and message, of rules and of the default")
  func errnoValues() throws {
    var profile = Self.profile(
      .trace, [Self.rule("read", .errno, errno: 4095), Self.rule("write", .trace, errno: 65535)])
    profile.defaultErrnoRet = 7
    #expect(try Self.verdict(profile, "read") == Self.errno(4095))
    #expect(try Self.verdict(profile, "write") == 0x7ff0_ffff)
    #expect(try Self.verdict(profile, "close") == 0x7ff0_0007)
  }

  @Test("what the profile must not say, and where it says it")
  func errors() {
    func expect(_ profile: SeccompProfile, _ error: SeccompError) {
      #expect(throws: error) { try SeccompProgram.compile(profile, for: .x86_64) }
    }
    expect(
      Self.profile(.errno, [Self.rule("read", .allow, errno: 1)]),
      .errnoNotSupported(action: .allow, pointer: "/linux/seccomp/syscalls/0/errnoRet"))
    expect(
      Self.profile(.errno, [Self.rule("read"), Self.rule("write", .errno, errno: 4096)]),
      .errnoTooLarge(4096, limit: 4095, pointer: "/linux/seccomp/syscalls/1/errnoRet"))
    expect(
      Self.profile(.errno, [Self.rule("read", .trace, errno: 65536)]),
      .errnoTooLarge(65536, limit: 65535, pointer: "/linux/seccomp/syscalls/0/errnoRet"))
    expect(
      SeccompProfile(defaultAction: .kill, defaultErrnoRet: 1),
      .errnoNotSupported(action: .kill, pointer: "/linux/seccomp/defaultErrnoRet"))
    expect(
      Self.profile(.errno, [Self.rule("read", .allow, (0, .equal, 1), (6, .equal, 1))]),
      .argumentIndexTooLarge(6, pointer: "/linux/seccomp/syscalls/0/args/1/index"))
    expect(Self.profile(.notify, []), .notifyNotPossible(pointer: "/linux/seccomp/defaultAction"))
    expect(
      Self.profile(.errno, [Self.rule("write", .notify)]),
      .notifyNotPossible(pointer: "/linux/seccomp/syscalls/0/action"))
    expect(Self.profile(.errno, [Self.rule("read", .notify)]), .listenerPathMissing)
  }

  @Test("errors are one line and name the property")
  func errorTexts() {
    let errors: [SeccompError] = [
      .errnoNotSupported(action: .allow, pointer: "/linux/seccomp/syscalls/0/errnoRet"),
      .errnoTooLarge(5000, limit: 4095, pointer: "/linux/seccomp/defaultErrnoRet"),
      .argumentIndexTooLarge(6, pointer: "/linux/seccomp/syscalls/0/args/1/index"),
      .notifyNotPossible(pointer: "/linux/seccomp/defaultAction"), .listenerPathMissing,
      .contradiction(first: 3, second: 17), .programTooLong(instructions: 5000),
    ]
    for error in errors {
      #expect(error.description.hasPrefix("/linux/seccomp/"), "\(error)")
      #expect(!error.description.contains("\n"))
      #expect(error.description.utf8.count < 200)
    }
  }

  @Test("flags: the default, none, and those that are the kernel's business")
  func flags() throws {
    func flags(_ flags: [SeccompFlag]?, notify: Bool = false) throws -> UInt32 {
      var profile = Self.profile(.allow, notify ? [Self.rule("read", .notify)] : [])
      profile.flags = flags
      profile.listenerPath = "/run/agent"
      let program = try SeccompProgram.compile(profile)
      #expect(program.needsListener == notify)
      return program.flags
    }
    #expect(try flags(nil) == 4)
    #expect(try flags([]) == 0)
    #expect(try flags([.threadSync]) == 0)
    #expect(try flags([.log, .specAllow]) == 6)
    #expect(try flags([.waitKillableReceive]) == 0)
    #expect(try flags([.waitKillableReceive], notify: true) == 0x28)
    #expect(try flags([.log], notify: true) == 0x0a)
  }

  @Test("names that nobody knows, and architectures of other machines, are reported")
  func warnings() throws {
    let profile = Self.profile(
      .errno,
      [Self.rule("read"), SeccompRule(names: ["write", "wriet", "open"], action: .allow)],
      on: [.x86_64, .riscv64, .x86, .aarch64])
    let program = try SeccompProgram.compile(profile, for: .x86_64)
    #expect(
      program.warnings == [
        .foreignArchitecture(.riscv64), .foreignArchitecture(.aarch64),
        .unknownSyscall(name: "wriet", pointer: "/linux/seccomp/syscalls/1/names"),
      ])
    // A call that only other machines have is not a mistake.
    let arm = try SeccompProgram.compile(profile, for: .aarch64)
    #expect(!arm.warnings.contains { "\($0)".contains("\"open\"") })
  }

  @Test("rules without effect are reported")
  func shadowedRules() throws {
    let profile = Self.profile(
      .errno,
      [
        Self.rule("read", .log, (0, .equal, 1)), Self.rule("read", .allow), Self.rule("read", .trap),
        Self.rule("write", .allow, (0, .equal, 1)),
        Self.rule("write", .trap, (0, .equal, 1), (1, .equal, 2)), Self.rule("close"), Self.rule("close"),
      ])
    let program = try SeccompProgram.compile(profile, for: .x86_64)
    #expect(
      program.warnings == [0, 2, 4].map { .shadowedRule(pointer: "/linux/seccomp/syscalls/\($0)") })
    #expect(try Self.verdict(profile, "read", 1) == Self.allow)
    #expect(try Self.verdict(profile, "write", 1, 2) == Self.allow)
  }

  @Test("contradictions are refused, as by libseccomp")
  func contradictions() {
    let pairs: [[SeccompRule]] = [
      [Self.rule("read", .allow, (0, .equal, 1)), Self.rule("read", .log, (0, .equal, 1))],
      [
        Self.rule("read", .allow, (0, .equal, 1), (1, .equal, 2)), Self.rule("read", .log, (0, .equal, 1)),
      ],
    ]
    for rules in pairs {
      #expect(throws: SeccompError.contradiction(first: 0, second: 1)) {
        try SeccompProgram.compile(Self.profile(.errno, rules), for: .x86_64)
      }
    }
  }

  @Test("which of two rules decides does not depend on their order")
  func precedence() throws {
    // Later arguments first; equality, upper bounds, lower bounds; narrower bounds first.
    let pairs: [(winner: SeccompRule, loser: SeccompRule, arguments: [UInt64])] = [
      (
        Self.rule("read", .log, (1, .equal, 2)), Self.rule("read", .allow, (0, .equal, 1)), [1, 2]
      ),
      (
        Self.rule("read", .log, (0, .equal, 5)), Self.rule("read", .allow, (0, .less, 9)), [5, 0]
      ),
      (
        Self.rule("read", .log, (0, .less, 9)), Self.rule("read", .allow, (0, .greater, 3)), [5, 0]
      ),
      (
        Self.rule("read", .log, (0, .less, 7)), Self.rule("read", .allow, (0, .lessOrEqual, 9)), [5, 0]
      ),
      (
        Self.rule("read", .log, (0, .greater, 4)), Self.rule("read", .allow, (0, .greaterOrEqual, 3)),
        [5, 0]
      ),
    ]
    for (winner, loser, arguments) in pairs {
      for rules in [[winner, loser], [loser, winner]] {
        let got = try Self.verdict(Self.profile(.errno, rules), "read", arguments[0], arguments[1])
        #expect(got == 0x7ffc_0000, "\(winner.args) \(loser.args)")
      }
    }
  }

  @Test("rules with the default action count for nothing, except as names that the profile knows")
  func redundantRules() throws {
    let profile = Self.profile(
      .errno, [Self.rule("read"), Self.rule("pidfd_open", .errno, errno: 1)])
    #expect(try SeccompProgram.compile(profile, for: .x86_64).warnings.isEmpty)
    #expect(try Self.verdict(profile, "pidfd_open") == Self.errno(1))
    #expect(try Self.verdict(profile, "io_uring_setup") == Self.errno(1))
    #expect(try Self.verdict(profile, "clone3") == Self.enosys)
  }

  @Test("an argument twice in one rule means either")
  func repeatedArguments() throws {
    let profile = Self.profile(
      .errno, [Self.rule("read", .allow, (0, .equal, 1), (1, .equal, 9), (0, .equal, 2))])
    for arguments: (UInt64, UInt64) in [(1, 0), (2, 0), (0, 9)] {
      #expect(try Self.verdict(profile, "read", arguments.0, arguments.1) == Self.allow)
    }
    #expect(try Self.verdict(profile, "read", 3, 8) == Self.errno(1))
  }

  @Test("ENOSYS for newer calls, unless the default lets calls through", arguments: SeccompAction.allCases)
  func newerCalls(action: SeccompAction) throws {
    guard action != .notify else { return }
    let profile = Self.profile(action, [Self.rule("read", action == .log ? .allow : .log)])
    let got = try Self.verdict(profile, "write")
    switch action {
    case .allow, .log, .trace: #expect(got != Self.enosys)
    default: #expect(got == Self.enosys)
    }
  }

  @Test("no rules at all")
  func emptyProfiles() throws {
    #expect(try Self.verdict(Self.profile(.allow, []), "read") == Self.allow)
    // No call is named, so none is newer.
    #expect(try Self.verdict(Self.profile(.errno, []), "read") == Self.errno(1))
  }

  @Test("a machine's own convention is covered without being listed, and others only if they are")
  func architectures() throws {
    let profile = Self.profile(.errno, [Self.rule("read")], on: [.x86])
    let program = try SeccompProgram.compile(profile, for: .x86_64).instructions
    func verdict(_ number: UInt32, _ architecture: UInt32) -> UInt32 {
      program.verdict(on: Call(number: number, architecture: architecture))
    }
    #expect(verdict(0, 0xc000_003e) == Self.allow)
    #expect(verdict(3, 0x4000_0003) == Self.allow)
    #expect(verdict(0x4000_0000, 0xc000_003e) == 0)
    #expect(verdict(.max, 0xc000_003e) == Self.errno(1))
    #expect(verdict(63, 0xc000_00b7) == 0)
    #expect(verdict(0, 0) == 0)
  }

  @Test("too many rules for the kernel")
  func tooLong() {
    let names = SyscallNumbers.allNames.filter { SyscallNumbers(named: $0)?.number(in: .x86_64) != nil }
    let rules = names.enumerated().flatMap { index, name in
      (0..<12).map { Self.rule(name, .allow, (0, .equal, UInt64(index * 100 + $0))) }
    }
    #expect {
      try SeccompProgram.compile(Self.profile(.errno, rules), for: .x86_64)
    } throws: { error in
      guard case .programTooLong(let count)? = error as? SeccompError else { return false }
      return count > 4096
    }
  }

  @Test("a profile survives JSON")
  func json() throws {
    for capabilities in [[], ["CAP_SYS_ADMIN", "CAP_NET_RAW"]] as [Set<String>] {
      let profile = DefaultProfile(capabilities: capabilities, allows32BitPrograms: true).profile
      let decoded = try SeccompProfile(decoding: profile.encoded, source: "profile")
      #expect(decoded == profile)
      #expect(try SeccompProgram.compile(decoded) == SeccompProgram.compile(profile))
    }
  }

  @Test("a profile of the kind that other engines write")
  func foreignProfile() throws {
    let text = """
      {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 38,
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        "flags": ["SECCOMP_FILTER_FLAG_LOG"],
        "syscalls": [
          {"names": ["read", "write", "exit_group", "socketcall", "s390_runtime_instr"],
           "action": "SCMP_ACT_ALLOW"},
          {"names": ["clone"], "action": "SCMP_ACT_ALLOW",
           "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
          {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 22,
           "args": [{"index": 0, "value": 16, "op": "SCMP_CMP_EQ"},
                    {"index": 2, "value": 9, "op": "SCMP_CMP_EQ"}]},
          {"names": ["socket"], "action": "SCMP_ACT_ALLOW",
           "args": [{"index": 2, "value": 9, "op": "SCMP_CMP_NE"}]},
          {"names": ["socket"], "action": "SCMP_ACT_ALLOW",
           "args": [{"index": 0, "value": 16, "op": "SCMP_CMP_NE"}]},
          {"names": ["mount"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}
        ]
      }
      """
    let profile = try SeccompProfile(decoding: Array(text.utf8), source: "profile")
    #expect(try SeccompProgram.compile(profile, for: .x86_64).flags == 2)
    #expect(try Self.verdict(profile, "read") == Self.allow)
    #expect(try Self.verdict(profile, "clone", 0x3d_0f00) == Self.allow)
    #expect(try Self.verdict(profile, "clone", 0x1000_0000) == Self.enosys)
    #expect(try Self.verdict(profile, "socket", 16, 3, 9) == Self.errno(22))
    #expect(try Self.verdict(profile, "socket", 16, 3, 0) == Self.allow)
    #expect(try Self.verdict(profile, "socket", 2, 3, 9) == Self.allow)
    #expect(try Self.verdict(profile, "mount") == Self.errno(1))
    #expect(try Self.verdict(profile, "keyctl") == Self.enosys)
  }
}
