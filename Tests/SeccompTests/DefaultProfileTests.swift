// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import OCI
import Testing

@testable import Seccomp

@Suite("The default profile")
struct DefaultProfileTests {
  static let usual: Set<String> = [
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
    "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_SETFCAP",
  ]

  private static let allow: UInt32 = 0x7fff_0000
  private static let eperm: UInt32 = 0x0005_0001
  private static let enosys: UInt32 = 0x0005_0026
  private static let kill: UInt32 = 0

  private static func errno(_ value: Int32) -> UInt32 { 0x0005_0000 | UInt32(value) }

  /// The verdict on a call by name.
  private func verdict(
    _ name: String, _ arguments: UInt64..., in convention: SyscallConvention = .x86_64,
    of profile: DefaultProfile
  ) throws -> UInt32 {
    let program = try SeccompProgram.compile(profile.profile, for: profile.architecture)
    let number = try #require(SyscallNumbers(named: name)?.number(in: convention), "\(name)")
    var padded: [UInt64] = [0, 0, 0, 0, 0, 0]
    padded.replaceSubrange(..<arguments.count, with: arguments)
    return program.instructions.verdict(
      on: Call(
        number: number + convention.numberBase, architecture: convention.auditArchitecture,
        arguments: padded))
  }

  @Test("there is a decision about every call of the tables, and one only")
  func everyCallIsInOneGroup() {
    var groups = SyscallGroups.ordinary + SyscallGroups.refused + SyscallGroups.byCapability.map(\.calls)
    groups += [SyscallGroups.conditional, SyscallGroups.segments, SyscallGroups.pretendedMissing]
    let names = groups.flatMap(\.list)
    #expect(Set(names) == Set(SyscallNumbers.allNames))
    #expect(names.count == Set(names).count)
  }

  @Test("no capability is misspelt")
  func capabilitiesExist() {
    for (capabilities, _) in SyscallGroups.byCapability {
      for name in capabilities {
        #expect(CapabilityName.number(of: name) != nil, "\(name)")
      }
    }
  }

  @Test(
    "it compiles without warnings, to a program of modest size",
    arguments: NativeArchitecture.allCases, [false, true])
  func compiles(architecture: NativeArchitecture, compatible: Bool) throws {
    let profile = DefaultProfile(
      capabilities: Self.usual, architecture: architecture, allows32BitPrograms: compatible)
    let program = try SeccompProgram.compile(profile.profile, for: architecture)
    try verify(program.instructions)
    let unchecked = program.warnings.filter {
      if case .uncheckedArguments = $0 { true } else { false }
    }
    #expect(program.warnings == unchecked)
    #expect(unchecked.count == (compatible && architecture == .x86_64 ? 2 : 0))
    #expect(program.instructions.count <= (compatible ? 400 : 200))
    #expect(!program.needsListener)
  }

  @Test("calls that every program makes take few comparisons")
  func hotCallsAreQuick() throws {
    let program = try SeccompProgram.compile(DefaultProfile(capabilities: Self.usual).profile)
    let convention = NativeArchitecture.current.convention
    let hot = [
      "read", "write", "close", "futex", "epoll_pwait", "recvfrom", "sendto", "openat", "mmap",
      "clock_gettime", "rt_sigprocmask", "nanosleep", "ppoll", "fstat", "pread64", "madvise", "clone",
      "ioctl", "socket",
    ]
    for name in hot {
      let number = try #require(SyscallNumbers(named: name)?.number(in: convention))
      let call = Call(number: number, architecture: convention.auditArchitecture)
      let comparisons = program.instructions.comparisons(on: call)
      #expect(comparisons <= 12, "\(name): \(comparisons)")
    }
  }

  @Test(
    "what containers have no use for, and kernels were broken into by, is refused",
    arguments: [
      "add_key", "keyctl", "request_key", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup",
      "io_uring_enter", "io_uring_register", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp",
      "pidfd_getfd", "mount", "umount2", "pivot_root", "fsopen", "move_mount", "open_tree", "mount_setattr",
      "setns", "open_by_handle_at", "name_to_handle_at", "kexec_load", "init_module", "finit_module",
      "delete_module", "reboot", "swapon", "swapoff", "acct", "settimeofday", "clock_settime", "syslog",
      "iopl", "ioperm", "quotactl", "sethostname", "setdomainname", "lookup_dcookie", "modify_ldt",
      "vhangup", "mbind", "set_mempolicy", "migrate_pages", "move_pages", "fanotify_init", "_sysctl",
      "uselib", "nfsservctl",
    ])
  func refused(name: String) throws {
    let profile = DefaultProfile(capabilities: Self.usual, architecture: .x86_64)
    #expect(try verdict(name, of: profile) == Self.eperm)
  }

  @Test("namespaces of one's own need CAP_SYS_ADMIN; threads and processes do not")
  func namespaces() throws {
    let usual = DefaultProfile(capabilities: Self.usual, architecture: .x86_64)
    let thread: UInt64 = 0x3d_0f00
    #expect(try verdict("clone", thread, of: usual) == Self.allow)
    #expect(try verdict("clone", 17, of: usual) == Self.allow)
    #expect(try verdict("unshare", 0x400, of: usual) == Self.allow)
    #expect(try verdict("clone3", of: usual) == Self.enosys)
    for flag: UInt64 in [
      0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
    ] {
      for high: UInt64 in [0, 1 << 32, 1 << 63] {
        #expect(try verdict("clone", thread | flag | high, of: usual) == Self.eperm)
        #expect(try verdict("unshare", flag | high, of: usual) == Self.eperm)
      }
    }
    #expect(try verdict("unshare", 0x80, of: usual) == Self.eperm)

    let administrator = DefaultProfile(
      capabilities: Self.usual.union(["CAP_SYS_ADMIN"]), architecture: .x86_64)
    for name in ["clone", "clone3", "unshare", "setns", "mount", "fsopen", "bpf", "perf_event_open"] {
      #expect(try verdict(name, 0x1000_0000, of: administrator) == Self.allow, "\(name)")
    }
    for name in ["keyctl", "io_uring_setup", "userfaultfd", "kexec_load", "ptrace", "init_module"] {
      #expect(try verdict(name, of: administrator) == Self.eperm, "\(name)")
    }
  }

  @Test("a terminal cannot be typed on, whatever is in the upper half of the request")
  func terminals() throws {
    let profile = DefaultProfile(
      capabilities: Self.usual, architecture: .x86_64, allows32BitPrograms: true)
    for request: UInt64 in [0x5412, 0x541c] {
      for high: UInt64 in [0, 1 << 32, 0xffff_ffff << 32] {
        for descriptor: UInt64 in [0, 1, .max] {
          for convention: SyscallConvention in [.x86_64, .i386] {
            let got = try verdict("ioctl", descriptor, request | high, in: convention, of: profile)
            #expect(got == Self.errno(EIO))
          }
        }
      }
    }
    for request: UInt64 in [0x5401, 0x5410, 0x5411, 0x5413, 0x541b, 0x541d, 0x5412_0000, 0, .max] {
      #expect(try verdict("ioctl", .max, request, of: profile) == Self.allow)
      #expect(try verdict("ioctl", 0, request, in: .i386, of: profile) == Self.allow)
    }
  }

  @Test("address families", arguments: 0...60)
  func families(family: Int) throws {
    let usual = DefaultProfile(capabilities: Self.usual, architecture: .x86_64)
    let allowed: [Int32] = [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK]
    let expected = allowed.contains(Int32(family)) ? Self.allow : Self.eperm
    #expect(try verdict("socket", UInt64(family), 1, 0, of: usual) == expected)
    #expect(try verdict("socket", UInt64(family) | 1 << 32, 1, 0, of: usual) == expected)
    let pair = family == AF_UNIX ? Self.allow : Self.eperm
    #expect(try verdict("socketpair", UInt64(family), 1, 0, of: usual) == pair)
  }

  @Test("packet sockets and the audit log go with their capabilities")
  func socketsByCapability() throws {
    let usual = DefaultProfile(capabilities: Self.usual, architecture: .x86_64)
    #expect(try verdict("socket", UInt64(AF_NETLINK), 3, 9, of: usual) == Self.errno(EINVAL))
    #expect(try verdict("socket", UInt64(AF_PACKET), 3, 0, of: usual) == Self.eperm)
    let more = DefaultProfile(
      capabilities: Self.usual.union(["CAP_NET_RAW", "CAP_AUDIT_WRITE"]), architecture: .x86_64)
    #expect(try verdict("socket", UInt64(AF_NETLINK), 3, 9, of: more) == Self.allow)
    #expect(try verdict("socket", UInt64(AF_PACKET), 3, 0, of: more) == Self.allow)
    #expect(try verdict("socket", UInt64(AF_ALG), 5, 0, of: more) == Self.eperm)
  }

  @Test("execution domains")
  func personality() throws {
    let usual = DefaultProfile(capabilities: Self.usual, architecture: .x86_64)
    for domain: UInt64 in [0, 8, 0x20000, 0x20008, 0xffff_ffff, .max] {
      #expect(try verdict("personality", domain, of: usual) == Self.allow)
    }
    // ADDR_NO_RANDOMIZE, READ_IMPLIES_EXEC, MMAP_PAGE_ZERO.
    for domain: UInt64 in [0x0004_0000, 0x0040_0000, 0x0010_0000, 0x0004_0008] {
      #expect(try verdict("personality", domain, of: usual) == Self.eperm)
    }
  }

  @Test("other conventions end the thread, unless 32-bit programs are asked for")
  func conventions() throws {
    let usual = DefaultProfile(capabilities: Self.usual, architecture: .x86_64)
    #expect(try verdict("read", in: .i386, of: usual) == Self.kill)
    #expect(try verdict("read", in: .x32, of: usual) == Self.kill)
    let both = DefaultProfile(
      capabilities: Self.usual, architecture: .x86_64, allows32BitPrograms: true)
    #expect(try verdict("read", in: .i386, of: both) == Self.allow)
    #expect(try verdict("read", in: .x32, of: both) == Self.kill)
    #expect(try verdict("modify_ldt", of: both) == Self.allow)
    // As libseccomp: socket(2) with a condition opens its form behind socketcall(2).
    #expect(try verdict("socketcall", 1, in: .i386, of: both) == Self.allow)
    #expect(try verdict("keyctl", in: .i386, of: both) == Self.eperm)
    #expect(try verdict("vm86", in: .i386, of: both) == Self.eperm)
    let arm = DefaultProfile(
      capabilities: Self.usual, architecture: .aarch64, allows32BitPrograms: true)
    #expect(try verdict("cacheflush", in: .arm, of: arm) == Self.allow)
    #expect(try verdict("read", in: .aarch64, of: arm) == Self.allow)
    #expect(try verdict("io_uring_setup", in: .aarch64, of: arm) == Self.eperm)
  }

  @Test("calls that are newer than the list do not exist")
  func newerCalls() throws {
    let program = try SeccompProgram.compile(
      DefaultProfile(capabilities: Self.usual, architecture: .x86_64).profile, for: .x86_64)
    for number: UInt32 in [472, 473, 500, 1000, 0x3fff_ffff] {
      let call = Call(number: number, architecture: SyscallConvention.x86_64.auditArchitecture)
      #expect(program.instructions.verdict(on: call) == Self.enosys, "\(number)")
    }
  }

  @Test("tracing is a choice, or comes with CAP_SYS_PTRACE")
  func tracing() throws {
    let chosen = DefaultProfile(
      capabilities: Self.usual, architecture: .x86_64, allowsTracing: true)
    #expect(try verdict("ptrace", of: chosen) == Self.allow)
    let capable = DefaultProfile(capabilities: ["CAP_SYS_PTRACE"], architecture: .x86_64)
    #expect(try verdict("process_vm_readv", of: capable) == Self.allow)
  }

  @Test(
    "libseccomp makes the same of it", .enabled(if: LibSeccomp.isHere, LibSeccomp.absence),
    arguments: NativeArchitecture.allCases, [false, true])
  func oracle(architecture: NativeArchitecture, compatible: Bool) throws {
    let library = try #require(LibSeccomp.shared)
    let tests = OracleTests()
    var generator = ProfileGenerator(seed: 7, names: [], architectures: [])
    for capabilities in [[], Self.usual, Set(CapabilityName.all)] {
      let profile = DefaultProfile(
        capabilities: capabilities, architecture: architecture, allows32BitPrograms: compatible
      ).profile
      let ours = try SeccompProgram.compile(profile, for: architecture).instructions
      // All conventions in one filter, as runc has it.
      let whole = try library.compile(profile, for: profile.architectures)
      let theirs = Dictionary(uniqueKeysWithValues: architecture.conventions.map { ($0, whole) })
      let unknown = SyscallNumbers.allNames.filter { !SyscallTableTests.agrees(library, $0) }
      let found = tests.differences(profile, ours, theirs, architecture, &generator) { probe in
        // Calls that are newer than the library.
        unknown.contains { SyscallNumbers(named: $0)?.number(in: probe.convention) == probe.number }
      }
      #expect(found.isEmpty, "\(found.count), as \(found.prefix(3))")
    }
  }
}
