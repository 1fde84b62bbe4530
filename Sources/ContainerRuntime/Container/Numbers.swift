// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Linux
internal import OCI
internal import Seccomp

// The specification's words as the kernel's numbers.

extension RlimitType {
  /// `RLIMIT_*` of setrlimit(2).
  var number: Int32 {
    switch self {
    case .addressSpace: Int32(RLIMIT_AS.rawValue)
    case .core: Int32(RLIMIT_CORE.rawValue)
    case .cpu: Int32(RLIMIT_CPU.rawValue)
    case .data: Int32(RLIMIT_DATA.rawValue)
    case .fileSize: Int32(RLIMIT_FSIZE.rawValue)
    case .locks: Int32(__RLIMIT_LOCKS.rawValue)
    case .lockedMemory: Int32(__RLIMIT_MEMLOCK.rawValue)
    case .messageQueue: Int32(__RLIMIT_MSGQUEUE.rawValue)
    case .nice: Int32(__RLIMIT_NICE.rawValue)
    case .openFiles: Int32(RLIMIT_NOFILE.rawValue)
    case .processes: Int32(__RLIMIT_NPROC.rawValue)
    case .residentSet: Int32(__RLIMIT_RSS.rawValue)
    case .realtimePriority: Int32(__RLIMIT_RTPRIO.rawValue)
    case .realtimeTime: Int32(__RLIMIT_RTTIME.rawValue)
    case .pendingSignals: Int32(__RLIMIT_SIGPENDING.rawValue)
    case .stack: Int32(RLIMIT_STACK.rawValue)
    }
  }
}

extension SchedulerAttributes {
  init(_ scheduler: Scheduler) {
    self.init(
      policy: scheduler.policy.number, flags: scheduler.flags.reduce(0) { $0 | $1.number },
      nice: scheduler.nice, priority: UInt32(clamping: scheduler.priority), runtime: scheduler.runtime,
      deadline: scheduler.deadline, period: scheduler.period)
  }
}

extension SchedulerPolicy {
  /// `SCHED_*` of sched(7).
  var number: UInt32 {
    switch self {
    case .other: UInt32(SCHED_NORMAL)
    case .fifo: UInt32(SCHED_FIFO)
    case .roundRobin: UInt32(SCHED_RR)
    case .batch: UInt32(SCHED_BATCH)
    // Reserved by the kernel and not implemented: sched_setattr(2) answers EINVAL.
    case .iso: 4
    case .idle: UInt32(SCHED_IDLE)
    case .deadline: UInt32(SCHED_DEADLINE)
    }
  }
}

extension SchedulerFlag {
  /// `SCHED_FLAG_*` of sched_setattr(2).
  var number: UInt64 {
    switch self {
    case .resetOnFork: UInt64(SCHED_FLAG_RESET_ON_FORK)
    case .reclaim: UInt64(SCHED_FLAG_RECLAIM)
    case .deadlineOverrun: UInt64(SCHED_FLAG_DL_OVERRUN)
    case .keepPolicy: UInt64(SCHED_FLAG_KEEP_POLICY)
    case .keepParameters: UInt64(SCHED_FLAG_KEEP_PARAMS)
    case .utilizationClampMin: UInt64(SCHED_FLAG_UTIL_CLAMP_MIN)
    case .utilizationClampMax: UInt64(SCHED_FLAG_UTIL_CLAMP_MAX)
    }
  }
}

extension IOPriorityClass {
  /// `IOPRIO_CLASS_*` of ioprio_set(2).
  var number: Int32 {
    switch self {
    case .realtime: Int32(IOPRIO_CLASS_RT)
    case .bestEffort: Int32(IOPRIO_CLASS_BE)
    case .idle: Int32(IOPRIO_CLASS_IDLE)
    }
  }
}

/// Modes and flags of set_mempolicy(2).
enum MemoryPolicyNumbers {
  static func value(_ mode: MemoryPolicyMode, _ flags: [MemoryPolicyFlag]) -> Int32 {
    flags.reduce(Int32(bitPattern: number(mode))) { $0 | Int32(number($1)) }
  }

  private static func number(_ mode: MemoryPolicyMode) -> UInt32 {
    switch mode {
    case .default: UInt32(MPOL_DEFAULT)
    case .bind: UInt32(MPOL_BIND)
    case .interleave: UInt32(MPOL_INTERLEAVE)
    // Newer than Debian 12's headers: the value after MPOL_PREFERRED_MANY.
    case .weightedInterleave: UInt32(MPOL_PREFERRED_MANY) + 1
    case .preferred: UInt32(MPOL_PREFERRED)
    case .preferredMany: UInt32(MPOL_PREFERRED_MANY)
    case .local: UInt32(MPOL_LOCAL)
    }
  }

  private static func number(_ flag: MemoryPolicyFlag) -> Int {
    switch flag {
    case .numaBalancing: Int(MPOL_F_NUMA_BALANCING)
    case .relativeNodes: Int(MPOL_F_RELATIVE_NODES)
    case .staticNodes: Int(MPOL_F_STATIC_NODES)
    }
  }
}

extension SeccompFlag {
  /// `SECCOMP_FILTER_FLAG_*` of seccomp(2), with what the kernel wants beside it.
  var number: UInt32 {
    switch self {
    case .threadSync: UInt32(SECCOMP_FILTER_FLAG_TSYNC)
    case .log: UInt32(SECCOMP_FILTER_FLAG_LOG)
    case .specAllow: UInt32(SECCOMP_FILTER_FLAG_SPEC_ALLOW)
    case .waitKillableReceive:
      UInt32(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV | SECCOMP_FILTER_FLAG_NEW_LISTENER)
    }
  }
}

extension SeccompProgram {
  /// The instructions as the kernel's array of `struct sock_filter`.
  func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws(SyscallError) -> R) throws(SyscallError) -> R {
    try instructions.withUnsafeBytes { bytes -> Result<R, SyscallError> in
      do throws(SyscallError) { return .success(try body(bytes)) } catch { return .failure(error) }
    }.get()
  }
}
