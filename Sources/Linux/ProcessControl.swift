// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// The signal that the kernel sends this process when its parent thread ends (`PR_SET_PDEATHSIG`); 0 for none.
public func setParentDeathSignal(_ signal: Int32) throws(SyscallError) {
  try check(cl_prctl(PR_SET_PDEATHSIG, UInt(signal), 0, 0, 0), "prctl PR_SET_PDEATHSIG")
}

/// Whether others with the same ids may trace this process and open its `/proc` files (`PR_SET_DUMPABLE`).
public func setDumpable(_ on: Bool) throws(SyscallError) {
  try check(cl_prctl(PR_SET_DUMPABLE, on ? 1 : 0, 0, 0, 0), "prctl PR_SET_DUMPABLE")
}

/// No execve from here on can gain privileges (`PR_SET_NO_NEW_PRIVS`); irrevocable.
public func setNoNewPrivileges() throws(SyscallError) {
  try check(cl_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl PR_SET_NO_NEW_PRIVS")
}

/// Whether permitted capabilities survive the change from uid 0 to another (`PR_SET_KEEPCAPS`); ends at execve.
public func setKeepCapabilities(_ on: Bool) throws(SyscallError) {
  try check(cl_prctl(PR_SET_KEEPCAPS, on ? 1 : 0, 0, 0, 0), "prctl PR_SET_KEEPCAPS")
}

/// personality(2).
public func setPersonality(_ persona: UInt) throws(SyscallError) {
  try check(cl_personality(persona), "personality")
}

/// Personalities that the runtime specification knows.
public enum Personality {
  public static let linux = UInt(PER_LINUX)
  public static let linux32 = UInt(PER_LINUX32)
}

/// Joins a new session keyring (keyctl(2), `KEYCTL_JOIN_SESSION_KEYRING`) and returns its serial number.
public func joinSessionKeyring(_ name: String) throws(SyscallError) -> Int32 {
  Int32(truncatingIfNeeded: try check(cl_join_session_keyring(name), "keyctl", name))
}

/// Loads a classic BPF program as system call filter of the calling thread (seccomp(2)).
///
/// - Parameters:
///   - instructions: `struct sock_filter` values, 8 bytes each.
///   - flags: `SECCOMP_FILTER_FLAG_*`.
/// - Returns: the listener for `SECCOMP_FILTER_FLAG_NEW_LISTENER`, else nil.
@discardableResult
public func loadSeccompFilter(
  _ instructions: UnsafeRawBufferPointer, flags: UInt32
) throws(SyscallError) -> Int32? {
  guard let count = UInt16(exactly: instructions.count / 8) else {
    throw SyscallError("seccomp", .invalidArgument, "\(instructions.count / 8) instructions")
  }
  let result = try check(cl_seccomp_load(flags, count, instructions.baseAddress), "seccomp")
  return flags & UInt32(SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0 ? Int32(truncatingIfNeeded: result) : nil
}

/// Parameters of sched_setattr(2); the kernel checks their combination.
public struct SchedulerAttributes: Equatable, Sendable {
  public var policy: UInt32
  public var flags: UInt64
  public var nice: Int32
  public var priority: UInt32
  /// Nanoseconds.
  public var runtime: UInt64
  /// Nanoseconds.
  public var deadline: UInt64
  /// Nanoseconds.
  public var period: UInt64

  public init(
    policy: UInt32, flags: UInt64 = 0, nice: Int32 = 0, priority: UInt32 = 0, runtime: UInt64 = 0,
    deadline: UInt64 = 0, period: UInt64 = 0
  ) {
    self.policy = policy
    self.flags = flags
    self.nice = nice
    self.priority = priority
    self.runtime = runtime
    self.deadline = deadline
    self.period = period
  }
}

/// sched_setattr(2) of the caller.
public func schedSetAttributes(_ attributes: SchedulerAttributes) throws(SyscallError) {
  var value = sched_attr()
  value.size = UInt32(MemoryLayout<sched_attr>.size)
  value.sched_policy = attributes.policy
  value.sched_flags = attributes.flags
  value.sched_nice = attributes.nice
  value.sched_priority = attributes.priority
  value.sched_runtime = attributes.runtime
  value.sched_deadline = attributes.deadline
  value.sched_period = attributes.period
  try check(cl_sched_setattr(0, &value), "sched_setattr")
}

/// sched_setaffinity(2) of the caller: bit n of the little-endian mask is processor n.
public func schedSetAffinity(_ mask: [UInt64]) throws(SyscallError) {
  try check(cl_sched_setaffinity(0, mask.count * 8, mask), "sched_setaffinity")
}

/// I/O priority of the caller (ioprio_set(2)).
///
/// - Parameters:
///   - ioClass: 1 real time, 2 best effort, 3 idle.
///   - priority: 0 (highest) to 7.
public func setIOPriority(ioClass: Int32, priority: Int32) throws(SyscallError) {
  let who = Int32(IOPRIO_WHO_PROCESS)
  try check(cl_ioprio_set(who, 0, ioClass << IOPRIO_CLASS_SHIFT | priority), "ioprio_set")
}

/// NUMA memory policy of the caller (set_mempolicy(2)); `mode` includes the mode flags.
public func setMemoryPolicy(mode: Int32, nodes: [UInt]) throws(SyscallError) {
  // A mask of no bits is not the same as no mask.
  let bits = UInt(nodes.count * UInt.bitWidth)
  try check(
    nodes.isEmpty ? cl_set_mempolicy(mode, nil, 0) : cl_set_mempolicy(mode, nodes, bits), "set_mempolicy")
}
