// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// A set of signals as the kernel's bit mask: bit n-1 is signal n.
public struct SignalSet: OptionSet, Hashable, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  public init(_ signal: Int32) { self.init(rawValue: 1 << UInt64((signal - 1) & 63)) }

  public static let all = SignalSet(rawValue: .max)
}

/// Replaces the mask of blocked signals; returns the previous one (sigprocmask(2)).
@discardableResult
public func setSignalMask(_ set: SignalSet) throws(SyscallError) -> SignalSet {
  var previous: UInt64 = 0
  try check(cl_sigmask(SIG_SETMASK, set.rawValue, &previous), "sigprocmask")
  return SignalSet(rawValue: previous)
}

/// A descriptor that reads the blocked signals of `set` (signalfd(2)).
public func signalfd(_ set: SignalSet) throws(SyscallError) -> Descriptor {
  Descriptor(
    owning: Int32(
      try check(cl_signalfd(-1, set.rawValue, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK)), "signalfd")))
}

/// The next signal waiting on a signalfd, or nil.
///
/// - Returns: the signal and, where a process sent it, that process.
public func readSignal(_ fd: FD) throws(SyscallError) -> (signal: Int32, sender: Int32)? {
  var info = signalfd_siginfo()
  let result = withUnsafeMutableBytes(of: &info) { cl_read(fd.rawValue, $0.baseAddress, $0.count) }
  if result == -Int(EAGAIN) || result == -Int(EINTR) { return nil }
  try check(result, "read")
  return (Int32(bitPattern: info.ssi_signo), Int32(bitPattern: info.ssi_pid))
}

/// Gives signals their default disposition, so that nothing that is ignored is inherited over execve.
public func resetSignalDispositions(_ set: SignalSet) {
  for number in Int32(1)...64 where set.contains(SignalSet(number)) {
    _ = cl_signal_default(number)
  }
}

/// The signals that this process ignores, some of them perhaps since before it was executed (proc_pid_status(5)).
public func ignoredSignals() throws(SyscallError) -> SignalSet {
  let status = try readKernelFile(.workingDirectory, "/proc/self/status")
  for line in status.split(separator: 0x0A) where line.starts(with: "SigIgn:\t".utf8) {
    guard let mask = UInt64(String(decoding: line.dropFirst(8), as: UTF8.self), radix: 16) else { break }
    return SignalSet(rawValue: mask)
  }
  throw SyscallError("read", .invalidArgument, "/proc/self/status has no SigIgn line")
}

/// Lets a signal end this process with the status that shells have for it, 128 and its number, also where the kernel spares
/// it as the first of its PID namespace.
public func exitOnSignal(_ number: Int32) {
  _ = cl_signal_exit(number)
}

/// The C library's words for a signal in lower case, as Go's runtimes print them: "bad system call".
public func signalWords(_ number: Int32) -> String {
  guard let text = strsignal(number) else { return "unknown" }
  return String(cString: text).lowercased()
}

/// A write to a closed pipe becomes an error instead of a death.
public func ignoreBrokenPipes() {
  _ = cl_signal_ignore(SIGPIPE)
}

/// One descriptor of a poll(2) call.
public struct PollEntry: Sendable {
  public var fd: FD
  public var wantsRead: Bool
  public var wantsWrite: Bool
  /// A file of a kernel file system that tells when it has changed since it was read (`POLLPRI`).
  public var wantsChange: Bool
  /// Set by `poll`: something can be read, or the other end is gone.
  public internal(set) var isReadable = false
  /// Set by `poll`: something can be read.
  public internal(set) var hasInput = false
  public internal(set) var isWritable = false
  public internal(set) var isChanged = false

  public init(_ fd: FD, wantsRead: Bool = true, wantsWrite: Bool = false, wantsChange: Bool = false) {
    self.fd = fd
    self.wantsRead = wantsRead
    self.wantsWrite = wantsWrite
    self.wantsChange = wantsChange
  }
}

/// poll(2), repeated when interrupted.
///
/// - Parameter timeoutMilliseconds: negative waits for ever.
/// - Returns: the number of entries with events, 0 at the end of the time.
@discardableResult
public func poll(_ entries: inout [PollEntry], timeoutMilliseconds: Int32 = -1) throws(SyscallError) -> Int {
  let count = entries.count
  let result = withUnsafeTemporaryAllocation(of: pollfd.self, capacity: max(count, 1)) { fds -> Int in
    for index in 0..<count {
      let events =
        (entries[index].wantsRead ? Int16(POLLIN) : 0) | (entries[index].wantsWrite ? Int16(POLLOUT) : 0)
        | (entries[index].wantsChange ? Int16(POLLPRI) : 0)
      fds[index] = pollfd(fd: entries[index].fd.rawValue, events: events, revents: 0)
    }
    var result = cl_poll(fds.baseAddress, UInt32(count), timeoutMilliseconds)
    while result == -Int(EINTR) { result = cl_poll(fds.baseAddress, UInt32(count), timeoutMilliseconds) }
    for index in 0..<count {
      let got = Int32(fds[index].revents)
      entries[index].isReadable = entries[index].wantsRead && got & (POLLIN | POLLHUP | POLLERR) != 0
      entries[index].hasInput = entries[index].wantsRead && got & POLLIN != 0
      entries[index].isWritable = entries[index].wantsWrite && got & (POLLOUT | POLLHUP | POLLERR) != 0
      entries[index].isChanged = entries[index].wantsChange && got & POLLPRI != 0
    }
    return result
  }
  return try check(result, "poll")
}

/// nanosleep(2), possibly shorter when a signal comes.
public func sleepNanoseconds(_ nanoseconds: Int64) {
  var time = timespec(
    tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  nanosleep(&time, nil)
}
