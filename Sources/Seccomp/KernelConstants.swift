// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// Written by Scripts/seccomp-tables from Debian's linux-libc-dev 7.3.4-1~bpo13+1
// (SHA-256 b3a4538fca67081c8606a93f37521d0eb74ac75996a02f3321a6b27f978e10a8). Do not edit.

// The kernel's spelling is kept: these are the names to look for in its sources and in seccomp(2).
// swift-format-ignore-file: AlwaysUseLowerCamelCase

/// Constants of the kernel's interface, under the kernel's names.
enum Kernel {

  // linux/seccomp.h: what a filter returns

  static let SECCOMP_RET_KILL_PROCESS: UInt32 = 0x80000000
  static let SECCOMP_RET_KILL_THREAD: UInt32 = 0x0
  static let SECCOMP_RET_TRAP: UInt32 = 0x30000
  static let SECCOMP_RET_ERRNO: UInt32 = 0x50000
  static let SECCOMP_RET_USER_NOTIF: UInt32 = 0x7fc00000
  static let SECCOMP_RET_TRACE: UInt32 = 0x7ff00000
  static let SECCOMP_RET_LOG: UInt32 = 0x7ffc0000
  static let SECCOMP_RET_ALLOW: UInt32 = 0x7fff0000
  static let SECCOMP_RET_DATA: UInt32 = 0xffff

  // linux/seccomp.h: flags of seccomp(2)

  static let SECCOMP_FILTER_FLAG_LOG: UInt32 = 0x2
  static let SECCOMP_FILTER_FLAG_SPEC_ALLOW: UInt32 = 0x4
  static let SECCOMP_FILTER_FLAG_NEW_LISTENER: UInt32 = 0x8
  static let SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: UInt32 = 0x20

  // linux/audit.h: conventions of system calls

  static let AUDIT_ARCH_X86_64: UInt32 = 0xc000003e
  static let AUDIT_ARCH_I386: UInt32 = 0x40000003
  static let AUDIT_ARCH_AARCH64: UInt32 = 0xc00000b7
  static let AUDIT_ARCH_ARM: UInt32 = 0x40000028

  // asm/unistd.h: the bit of x32

  static let __X32_SYSCALL_BIT: UInt32 = 0x40000000

  // linux/bpf_common.h: classic BPF

  static let BPF_LD: UInt16 = 0x0
  static let BPF_ALU: UInt16 = 0x4
  static let BPF_JMP: UInt16 = 0x5
  static let BPF_RET: UInt16 = 0x6
  static let BPF_W: UInt16 = 0x0
  static let BPF_ABS: UInt16 = 0x20
  static let BPF_AND: UInt16 = 0x50
  static let BPF_JA: UInt16 = 0x0
  static let BPF_JEQ: UInt16 = 0x10
  static let BPF_JGT: UInt16 = 0x20
  static let BPF_JGE: UInt16 = 0x30
  static let BPF_K: UInt16 = 0x0

  // linux/bpf_common.h: the longest program

  static let BPF_MAXINSNS: Int = 0x1000

  // linux/sched.h: new namespaces, of clone(2) and unshare(2)

  static let CLONE_NEWNS: UInt64 = 0x20000
  static let CLONE_NEWCGROUP: UInt64 = 0x2000000
  static let CLONE_NEWUTS: UInt64 = 0x4000000
  static let CLONE_NEWIPC: UInt64 = 0x8000000
  static let CLONE_NEWUSER: UInt64 = 0x10000000
  static let CLONE_NEWPID: UInt64 = 0x20000000
  static let CLONE_NEWNET: UInt64 = 0x40000000
  static let CLONE_NEWTIME: UInt64 = 0x80

  // asm/ioctls.h: ioctl(2) requests that type on a terminal

  static let TIOCSTI: UInt64 = 0x5412
  static let TIOCLINUX: UInt64 = 0x541c

  // linux/netlink.h: protocols of AF_NETLINK

  static let NETLINK_AUDIT: UInt64 = 0x9

  // linux/personality.h: execution domains

  static let PER_LINUX: UInt64 = 0x0
  static let PER_LINUX32: UInt64 = 0x8
  static let UNAME26: UInt64 = 0x20000
}
