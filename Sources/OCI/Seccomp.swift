// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Which system calls the container may make (`config-linux.md`, "Seccomp").
public struct SeccompProfile: Equatable, Sendable {
  /// For system calls that no rule names.
  public var defaultAction: SeccompAction
  /// The errno (or, for `trace`, the message) of `defaultAction`; `nil` means `EPERM`.
  public var defaultErrnoRet: UInt32?
  /// Besides the machine's own.
  public var architectures: [SeccompArchitecture] = []
  /// `nil` where the property is absent: the runtime chooses then, while an empty list means no flag.
  public var flags: [SeccompFlag]?
  /// The socket of the agent that answers `notify`.
  public var listenerPath: String?
  /// Passed to the agent as it is.
  public var listenerMetadata: String?
  public var syscalls: [SeccompRule] = []

  public init(defaultAction: SeccompAction, defaultErrnoRet: UInt32? = nil) {
    self.defaultAction = defaultAction
    self.defaultErrnoRet = defaultErrnoRet
  }

  /// The kernel's limit for a filter, 4096 instructions (`BPF_MAXINSNS`).
  static let maximumProgramBytes = 4096 * 8
}

/// What to do about some system calls. All of `args` must match.
public struct SeccompRule: Equatable, Sendable {
  /// At least one. A name that no architecture knows has no effect.
  public var names: [String]
  public var action: SeccompAction
  /// For `errno` and `trace`; `nil` means `EPERM`.
  public var errnoRet: UInt32?
  public var args: [SeccompArgument]

  public init(
    names: [String], action: SeccompAction, errnoRet: UInt32? = nil, args: [SeccompArgument] = []
  ) {
    self.names = names
    self.action = action
    self.errnoRet = errnoRet
    self.args = args
  }
}

/// A condition on one argument of a system call.
public struct SeccompArgument: Equatable, Sendable {
  /// 0 to 5.
  public var index: UInt32
  /// What the argument is compared with; the mask of `maskedEqual`.
  public var value: UInt64
  /// What the masked argument is compared with, for `maskedEqual`.
  public var valueTwo: UInt64
  public var op: SeccompOperator

  public init(index: UInt32, value: UInt64, valueTwo: UInt64 = 0, op: SeccompOperator) {
    self.index = index
    self.value = value
    self.valueTwo = valueTwo
    self.op = op
  }
}

/// Actions of seccomp(2).
public enum SeccompAction: String, CaseIterable, Sendable {
  /// The same as `killThread`.
  case kill = "SCMP_ACT_KILL"
  case killProcess = "SCMP_ACT_KILL_PROCESS"
  case killThread = "SCMP_ACT_KILL_THREAD"
  case trap = "SCMP_ACT_TRAP"
  case errno = "SCMP_ACT_ERRNO"
  case trace = "SCMP_ACT_TRACE"
  case allow = "SCMP_ACT_ALLOW"
  case log = "SCMP_ACT_LOG"
  case notify = "SCMP_ACT_NOTIFY"
}

/// Comparisons of a system call's argument (unsigned, 64 bits) with a value.
public enum SeccompOperator: String, CaseIterable, Sendable {
  case notEqual = "SCMP_CMP_NE"
  case less = "SCMP_CMP_LT"
  case lessOrEqual = "SCMP_CMP_LE"
  case equal = "SCMP_CMP_EQ"
  case greaterOrEqual = "SCMP_CMP_GE"
  case greater = "SCMP_CMP_GT"
  case maskedEqual = "SCMP_CMP_MASKED_EQ"
}

/// Flags of seccomp(2).
public enum SeccompFlag: String, CaseIterable, Sendable {
  case threadSync = "SECCOMP_FILTER_FLAG_TSYNC"
  case log = "SECCOMP_FILTER_FLAG_LOG"
  case specAllow = "SECCOMP_FILTER_FLAG_SPEC_ALLOW"
  case waitKillableReceive = "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"
}

/// System call conventions that a profile can name, libseccomp 2.6.
public enum SeccompArchitecture: String, CaseIterable, Sendable {
  case x86 = "SCMP_ARCH_X86"
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case x86_64 = "SCMP_ARCH_X86_64"
  case x32 = "SCMP_ARCH_X32"
  case arm = "SCMP_ARCH_ARM"
  case aarch64 = "SCMP_ARCH_AARCH64"
  case loongarch64 = "SCMP_ARCH_LOONGARCH64"
  case m68k = "SCMP_ARCH_M68K"
  case mips = "SCMP_ARCH_MIPS"
  case mips64 = "SCMP_ARCH_MIPS64"
  case mips64n32 = "SCMP_ARCH_MIPS64N32"
  case mipsel = "SCMP_ARCH_MIPSEL"
  case mipsel64 = "SCMP_ARCH_MIPSEL64"
  case mipsel64n32 = "SCMP_ARCH_MIPSEL64N32"
  case ppc = "SCMP_ARCH_PPC"
  case ppc64 = "SCMP_ARCH_PPC64"
  case ppc64le = "SCMP_ARCH_PPC64LE"
  case s390 = "SCMP_ARCH_S390"
  case s390x = "SCMP_ARCH_S390X"
  case sh = "SCMP_ARCH_SH"
  case sheb = "SCMP_ARCH_SHEB"
  case parisc = "SCMP_ARCH_PARISC"
  case parisc64 = "SCMP_ARCH_PARISC64"
  case riscv64 = "SCMP_ARCH_RISCV64"
}
