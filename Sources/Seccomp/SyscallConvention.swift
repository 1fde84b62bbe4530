// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import OCI

/// A convention for making system calls: which register holds what, and which number means which call.
///
/// The raw value is the column of ``SyscallTableData``.
enum SyscallConvention: Int {
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case x86_64, i386, x32, aarch64, arm

  /// What the kernel reports in `seccomp_data.arch`.
  var auditArchitecture: UInt32 {
    switch self {
    // The kernel tells x32 from x86_64 only by bit 30 of the number.
    case .x86_64, .x32: Kernel.AUDIT_ARCH_X86_64
    case .i386: Kernel.AUDIT_ARCH_I386
    case .aarch64: Kernel.AUDIT_ARCH_AARCH64
    case .arm: Kernel.AUDIT_ARCH_ARM
    }
  }

  /// Whether the upper half of an argument's 64 bits means something.
  var has64BitArguments: Bool {
    switch self {
    case .x86_64, .aarch64: true
    case .i386, .x32, .arm: false
    }
  }

  /// What is added to the numbers of the table.
  var numberBase: UInt32 {
    self == .x32 ? Kernel.__X32_SYSCALL_BIT : 0
  }
}

/// The machines that this module compiles for.
public enum NativeArchitecture: Sendable, CaseIterable {
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case x86_64
  case aarch64

  /// The machine that this code was built for.
  public static var current: NativeArchitecture {
    #if arch(x86_64)
      .x86_64
    #elseif arch(arm64)
      .aarch64
    #else
      #error("The seccomp compiler knows x86_64 and aarch64.")
    #endif
  }

  /// The specification's words for the conventions that programs can use on this machine, its own first.
  public var conventionNames: [SeccompArchitecture] { conventions.map { $0.name } }

  /// The machine's own convention, which every filter covers.
  var convention: SyscallConvention {
    switch self {
    case .x86_64: .x86_64
    case .aarch64: .aarch64
    }
  }

  /// The machine's own convention, and those of older programs that its kernel runs, too.
  var conventions: [(name: SeccompArchitecture, convention: SyscallConvention)] {
    switch self {
    case .x86_64: [(.x86_64, .x86_64), (.x86, .i386), (.x32, .x32)]
    case .aarch64: [(.aarch64, .aarch64), (.arm, .arm)]
    }
  }
}
