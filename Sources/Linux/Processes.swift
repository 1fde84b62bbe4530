// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// What clone3(2) returned, in the process that it returned to.
public enum CloneResult: ~Copyable {
  case child
  case parent(pid: Int32, pidfd: Descriptor)
}

/// clone3(2) without shared memory: like fork(2), with new namespaces and a pidfd (Linux 5.7).
///
/// The child has a copy of the caller's memory. It must leave by `execve` or `exitProcess` and must not return to code
/// that cleans up for the parent. Only a single-threaded process may call this.
///
/// - Parameters:
///   - cgroup: a cgroup v2 directory that the child starts in (`CLONE_INTO_CGROUP`).
public func clone3(_ flags: CloneFlags, into cgroup: FD? = nil) throws(SyscallError) -> CloneResult {
  var pidfd: Int32 = -1
  let result = withUnsafeMutablePointer(to: &pidfd) { pidfdPointer in
    var arguments = clone_args()
    arguments.flags = flags.rawValue | CL_CLONE_PIDFD
    arguments.pidfd = UInt64(UInt(bitPattern: pidfdPointer))
    arguments.exit_signal = UInt64(SIGCHLD)
    if flags.contains(.parent) { arguments.exit_signal = 0 }
    if let cgroup {
      arguments.flags |= CL_CLONE_INTO_CGROUP
      arguments.cgroup = UInt64(cgroup.rawValue)
    }
    let made = cl_clone3(&arguments)
    guard made == -Int(ENOSYS), cgroup == nil else { return made }
    // Filters that cannot look into a structure, such as Docker's, pretend that there is no such call.
    return cl_clone(UInt(arguments.flags | arguments.exit_signal), pidfdPointer)
  }
  if try check(result, "clone3") == 0 { return .child }
  return .parent(pid: Int32(truncatingIfNeeded: result), pidfd: Descriptor(owning: pidfd))
}

/// A null-terminated `argv` or `envp`, built before it is needed.
public final class CStringArray {
  private let storage: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  /// - Parameter strings: none may contain a NUL byte; what follows one would be cut off.
  public init(_ strings: [String]) {
    count = strings.count
    storage = .allocate(capacity: strings.count + 1)
    for (index, string) in strings.enumerated() { storage[index] = strdup(string) }
    storage[strings.count] = nil
  }

  deinit {
    for index in 0..<count { free(storage[index]) }
    storage.deallocate()
  }

  var pointer: UnsafePointer<UnsafeMutablePointer<CChar>?> { UnsafePointer(storage) }
}

/// execve(2); returns only when it failed.
public func execve(_ path: String, _ arguments: CStringArray, _ environment: CStringArray) -> SyscallError {
  let result = cl_execve(path, arguments.pointer, environment.pointer)
  return failure(result, "execve", path)
}

/// execveat(2) of an open file (`AT_EMPTY_PATH`); returns only when it failed.
public func execveat(_ file: FD, _ arguments: CStringArray, _ environment: CStringArray) -> SyscallError {
  let result = cl_execveat(file.rawValue, "", arguments.pointer, environment.pointer, cl_at_empty_path)
  return failure(result, "execveat", "")
}

/// _exit(2): no destructors, no flushing, nothing that belongs to the parent.
public func exitProcess(_ status: Int32) -> Never {
  _exit(status)
}

public func getpid() -> Int32 { Int32(truncatingIfNeeded: cl_getpid()) }

public func getppid() -> Int32 { Int32(truncatingIfNeeded: cl_getppid()) }

/// pidfd_open(2) (Linux 5.3).
public func pidfdOpen(_ pid: Int32) throws(SyscallError) -> Descriptor {
  Descriptor(owning: Int32(try check(cl_pidfd_open(pid, 0), "pidfd_open", "\(pid)")))
}

/// pidfd_send_signal(2) (Linux 5.1). Signal 0 only checks.
public func pidfdSendSignal(_ pidfd: FD, _ signal: Int32) throws(SyscallError) {
  try check(cl_pidfd_send_signal(pidfd.rawValue, signal), "pidfd_send_signal")
}

/// kill(2), for process groups and broadcasts; single processes are signalled through a pidfd.
public func kill(_ pid: Int32, _ signal: Int32) throws(SyscallError) {
  try check(cl_kill(pid, signal), "kill", "\(pid)")
}

/// How a process ended.
public enum ExitStatus: Equatable, Sendable {
  case exited(Int32)
  case signalled(Int32)

  /// The number that a shell reports: the exit status, or 128 and the signal.
  public var shellStatus: Int32 {
    switch self {
    case .exited(let status): status
    case .signalled(let signal): 128 + signal
    }
  }
}

extension ExitStatus: CustomStringConvertible {
  public var description: String {
    switch self {
    case .exited(let status): "exit status \(status)"
    case .signalled(let signal): "signal \(signal)"
    }
  }
}

/// waitid(2) for one child by its pidfd (Linux 5.4).
///
/// - Parameters:
///   - wait: false asks without waiting; nil means that the child still lives.
///   - reap: false leaves it to be waited for again.
public func waitid(_ pidfd: FD, wait: Bool = true, reap: Bool = true) throws(SyscallError) -> ExitStatus? {
  var info = siginfo_t()
  let options = WEXITED | (wait ? 0 : WNOHANG) | (reap ? 0 : WNOWAIT)
  try checkRetrying("waitid") {
    cl_waitid(Int32(cl_p_pidfd), UInt32(pidfd.rawValue), &info, options)
  }
  if cl_siginfo_pid(&info) == 0 { return nil }
  let status = cl_siginfo_status(&info)
  return info.si_code == CLD_EXITED ? .exited(status) : .signalled(status)
}

/// Reaps any child that has ended, without waiting. Nil when none has.
///
/// - Returns: the process id and how it ended.
public func waitAnyChild() throws(SyscallError) -> (pid: Int32, status: ExitStatus)? {
  var info = siginfo_t()
  let result = cl_waitid(Int32(cl_p_all), 0, &info, WEXITED | WNOHANG)
  if result == -Int(ECHILD) { return nil }
  try check(result, "waitid")
  let pid = cl_siginfo_pid(&info)
  if pid == 0 { return nil }
  let status = cl_siginfo_status(&info)
  return (pid, info.si_code == CLD_EXITED ? .exited(status) : .signalled(status))
}

/// setsid(2).
public func setsid() throws(SyscallError) {
  try check(cl_setsid(), "setsid")
}

/// umask(2); returns the previous mask.
@discardableResult
public func setUmask(_ mask: UInt32) -> UInt32 { umask(mask) }

/// Nanoseconds of a clock that no one sets (`CLOCK_MONOTONIC`).
public func monotonicNanoseconds() -> Int64 { Int64(cl_clock_ns(CLOCK_MONOTONIC)) }

/// Nanoseconds since 1970 (`CLOCK_REALTIME`).
public func realtimeNanoseconds() -> Int64 { Int64(cl_clock_ns(CLOCK_REALTIME)) }
