// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import OCI

/// A seccomp profile as the kernel takes it.
public struct SeccompProgram: Equatable, Sendable {
  /// The classic BPF program, at most 4096 instructions.
  public let instructions: [BPFInstruction]

  /// The flags of seccomp(2), `SECCOMP_FILTER_FLAG_…`.
  public let flags: UInt32

  /// Whether seccomp(2) returns a descriptor that an agent must get, because rules say `notify`.
  ///
  /// The child that has installed the filter must still be able to pass the descriptor on: no profile applies
  /// `notify` to write(2) (``SeccompError/notifyNotPossible(pointer:)``).
  public let needsListener: Bool

  /// What in the profile has no effect, or not the one that it seems to have.
  public let warnings: [SeccompWarning]
}

extension SeccompProgram {
  /// Compiles a profile. Pure: nothing is asked of this machine's kernel.
  ///
  /// The filter decides as libseccomp's does, with what runc adds around it:
  /// - The machine's own convention is covered whether `architectures` lists it or not. A call by any other
  ///   that is not listed, x32 among them, ends its thread (libseccomp's `SCMP_ACT_KILL`).
  /// - Rules whose action is the default action count for nothing.
  /// - Rules for one call are alternatives. One without conditions decides over all with conditions, the
  ///   first of several without. Among those with conditions, rules about later arguments come first, then
  ///   equality before upper bounds before lower bounds, then greater values first (for upper bounds smaller
  ///   ones), then the order of the profile.
  /// - Where one rule has several conditions on the same argument, each is a rule of its own.
  /// - Conventions with 32-bit arguments compare the low 32 bits of arguments and values.
  /// - Unless the default action lets calls through (`allow`, `log`, `trace`), calls with a number higher
  ///   than that of every call the profile names return `ENOSYS`: the C library then falls back to an older
  ///   call, where the default action would make it fail.
  ///
  /// - Parameters:
  ///   - profile: `linux.seccomp`.
  ///   - architecture: The machine on which the filter will be installed.
  /// - Throws: ``SeccompError`` naming the property at fault.
  public static func compile(
    _ profile: SeccompProfile, for architecture: NativeArchitecture = .current
  ) throws(SeccompError) -> SeccompProgram {
    var compiler = try Compiler(profile, for: architecture)
    let instructions = try compiler.assemble()
    return SeccompProgram(
      instructions: instructions, flags: Self.flags(of: profile, listens: compiler.needsListener),
      needsListener: compiler.needsListener, warnings: compiler.warnings)
  }

  /// Takes a program that somebody else has compiled, as the kernel's array of `struct sock_filter`.
  ///
  /// - Parameters:
  ///   - bytes: 8 for each instruction, little-endian; the kernel checks them when it loads the filter.
  ///   - profile: only its flags count.
  ///   - listens: whether an agent gets the filter's listener.
  public init(bytes: [UInt8], flagsOf profile: SeccompProfile?, listens: Bool) {
    func number(_ offset: Int, _ count: Int) -> UInt32 {
      bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    instructions = stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).map { offset in
      BPFInstruction(
        code: UInt16(number(offset, 2)), skipIfTrue: bytes[offset + 2], skipIfFalse: bytes[offset + 3],
        operand: number(offset + 4, 4))
    }
    flags = Self.flags(profile?.flags ?? [], listens: listens)
    needsListener = listens
    warnings = []
  }

  private static func flags(of profile: SeccompProfile, listens: Bool) -> UInt32 {
    // runc's choice for a profile that is silent about flags; Linux has no speculation barrier to lift since
    // 5.16.
    flags(profile.flags ?? [.specAllow], listens: listens)
  }

  private static func flags(_ names: [SeccompFlag], listens: Bool) -> UInt32 {
    var flags: UInt32 = 0
    for flag in names {
      switch flag {
      // One thread installs the filter, before the container's program has made any other.
      case .threadSync: break
      case .log: flags |= Kernel.SECCOMP_FILTER_FLAG_LOG
      case .specAllow: flags |= Kernel.SECCOMP_FILTER_FLAG_SPEC_ALLOW
      // The kernel takes this one only together with a listener, and without one it would mean nothing.
      case .waitKillableReceive: if listens { flags |= Kernel.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV }
      }
    }
    return listens ? flags | Kernel.SECCOMP_FILTER_FLAG_NEW_LISTENER : flags
  }
}
