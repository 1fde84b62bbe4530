// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
public import OCI

/// The seccomp profile of a container for which nobody has asked for another one.
///
/// A list of what is allowed. Any other call fails with `EPERM`, and one that is newer than this list with
/// `ENOSYS`. Beyond what capabilities and namespaces refuse anyway, it keeps from a container what kernels
/// have been broken into through: namespaces of one's own, other address families than the internet's, the
/// local machine's and netlink, io_uring, BPF, key rings, userfaultfd, file handles, typing on the terminal
/// of someone else.
///
/// The profile is plain data for any OCI runtime, and means the same to those that use libseccomp.
public struct DefaultProfile: Equatable, Sendable {
  /// The container's capabilities (`CAP_SYS_ADMIN`), which open the calls that go with them.
  public var capabilities: Set<String>

  /// The machine that the container runs on.
  public var architecture: NativeArchitecture

  /// Whether 32-bit programs run as well (i386 on x86_64, ARM on aarch64); x32 never does.
  ///
  /// On i386 a filter cannot see the address family where socketcall(2) makes the socket, so this opens
  /// families that are closed otherwise.
  public var allows32BitPrograms: Bool

  /// Whether processes may look into each other (debuggers, strace); also opened by `CAP_SYS_PTRACE`.
  public var allowsTracing: Bool

  public init(
    capabilities: Set<String>, architecture: NativeArchitecture = .current,
    allows32BitPrograms: Bool = false, allowsTracing: Bool = false
  ) {
    self.capabilities = capabilities
    self.architecture = architecture
    self.allows32BitPrograms = allows32BitPrograms
    self.allowsTracing = allowsTracing
  }

  /// The profile as it stands in `linux.seccomp`.
  public var profile: SeccompProfile {
    var profile = SeccompProfile(defaultAction: .errno, defaultErrnoRet: UInt32(EPERM))
    profile.architectures = architectures
    profile.syscalls = [SeccompRule(names: existing(unconditional), action: .allow)]
    profile.syscalls += cloneRules + ioctlRules + personalityRules + socketRules
    profile.syscalls.append(
      SeccompRule(names: existing(missing), action: .errno, errnoRet: UInt32(ENOSYS)))
    return profile
  }

  private var architectures: [SeccompArchitecture] {
    switch (architecture, allows32BitPrograms) {
    case (.x86_64, false): [.x86_64]
    case (.x86_64, true): [.x86_64, .x86]
    case (.aarch64, false): [.aarch64]
    case (.aarch64, true): [.aarch64, .arm]
    }
  }

  private var isAdministrator: Bool { capabilities.contains("CAP_SYS_ADMIN") }

  private var unconditional: [String] {
    var names = SyscallGroups.ordinary.flatMap { $0.list }
    for (needed, calls) in SyscallGroups.byCapability where !capabilities.isDisjoint(with: needed) {
      names += calls.list
    }
    if allowsTracing, !capabilities.contains("CAP_SYS_PTRACE") { names += SyscallGroups.tracing.list }
    if allows32BitPrograms { names += SyscallGroups.segments.list }
    if isAdministrator { names += ["clone", "clone3", "unshare"] }
    return names
  }

  private var missing: [String] {
    // The flags of clone3 are in memory, where a filter cannot see them. C libraries fall back to clone.
    SyscallGroups.pretendedMissing.list + (isAdministrator ? [] : ["clone3"])
  }

  /// Leaves out what no covered convention has, so that the runtime need not look it up.
  private func existing(_ names: [String]) -> [String] {
    var conventions = [architecture.convention]
    if allows32BitPrograms { conventions.append(architecture == .x86_64 ? .i386 : .arm) }
    return names.filter { name in
      guard let numbers = SyscallNumbers(named: name) else { return false }
      return conventions.contains {
        numbers.number(in: $0) != nil || ($0 == .i386 && numbers.multiplexed != nil)
      }
    }
  }

  /// Threads and processes, but no namespaces: inside a user namespace of its own a program has all
  /// capabilities, and with them most of the kernel.
  private var cloneRules: [SeccompRule] {
    guard !isAdministrator else { return [] }
    let namespaces =
      Kernel.CLONE_NEWNS | Kernel.CLONE_NEWCGROUP | Kernel.CLONE_NEWUTS | Kernel.CLONE_NEWIPC
      | Kernel.CLONE_NEWUSER | Kernel.CLONE_NEWPID | Kernel.CLONE_NEWNET
    return [
      // The lowest byte of clone's flags is a signal's number, so CLONE_NEWTIME exists for unshare only.
      SeccompRule(names: ["clone"], action: .allow, args: [Self.bits(namespaces, of: 0, are: 0)]),
      SeccompRule(
        names: ["unshare"], action: .allow,
        args: [Self.bits(namespaces | Kernel.CLONE_NEWTIME, of: 0, are: 0)]),
    ]
  }

  /// Everything but typing on a terminal. The kernel looks at 32 bits of the request, and so does this.
  ///
  /// A profile cannot say "neither of two values". But rules about a later argument decide first
  /// (libseccomp's order and ours), so a rule about the descriptor that always holds comes after those about
  /// the request. What a kernel without TIOCSTI returns is EIO.
  private var ioctlRules: [SeccompRule] {
    [Kernel.TIOCSTI, Kernel.TIOCLINUX].map {
      SeccompRule(names: ["ioctl"], action: .errno, errnoRet: UInt32(EIO), args: [Self.low(1, is: $0)])
    } + [
      SeccompRule(
        names: ["ioctl"], action: .allow, args: [SeccompArgument(index: 0, value: 0, op: .greaterOrEqual)])
    ]
  }

  /// Asking for the execution domain, and Linux as it is or as it was numbered before 3.0, in 32 bits or 64;
  /// nothing that makes addresses predictable.
  private var personalityRules: [SeccompRule] {
    let query: UInt64 = 0xffff_ffff
    let domains = [
      Kernel.PER_LINUX, Kernel.PER_LINUX32, Kernel.UNAME26, Kernel.UNAME26 | Kernel.PER_LINUX32, query,
    ]
    return domains.map {
      SeccompRule(names: ["personality"], action: .allow, args: [Self.low(0, is: $0)])
    }
  }

  /// Local sockets, the internet's, and netlink, by which programs learn about addresses and routes. Other
  /// families load kernel modules that hardly anyone looks after (AF_ALG, AF_VSOCK, AF_RDS, …).
  private var socketRules: [SeccompRule] {
    var families = [AF_UNIX, AF_INET, AF_INET6]
    if capabilities.contains("CAP_NET_RAW") { families.append(AF_PACKET) }
    let isAuditor = !capabilities.isDisjoint(with: ["CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_AUDIT_READ"])
    if isAuditor { families.append(AF_NETLINK) }
    var rules = families.map {
      SeccompRule(names: ["socket"], action: .allow, args: [Self.low(0, is: UInt64($0))])
    }
    if !isAuditor {
      // A login program that cannot write to the audit log gives up, except where the kernel has no audit.
      let netlink = Self.low(0, is: UInt64(AF_NETLINK))
      let audit = Kernel.NETLINK_AUDIT
      rules += [
        SeccompRule(
          names: ["socket"], action: .errno, errnoRet: UInt32(EINVAL),
          args: [netlink, SeccompArgument(index: 2, value: audit, op: .equal)]),
        SeccompRule(
          names: ["socket"], action: .allow,
          args: [netlink, SeccompArgument(index: 2, value: audit, op: .notEqual)]),
      ]
    }
    rules.append(SeccompRule(names: ["socketpair"], action: .allow, args: [Self.low(0, is: UInt64(AF_UNIX))]))
    return rules
  }

  /// The kernel takes an `int` here and ignores the upper half of the register: so must the comparison, or a
  /// program could hide what it asks for by setting a bit there.
  private static func low(_ index: UInt32, is value: UInt64) -> SeccompArgument {
    bits(0xffff_ffff, of: index, are: value)
  }

  private static func bits(_ mask: UInt64, of index: UInt32, are value: UInt64) -> SeccompArgument {
    SeccompArgument(index: index, value: mask, valueTwo: value, op: .maskedEqual)
  }
}
