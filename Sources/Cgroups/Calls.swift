// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Glibc
internal import Linux

// System calls that belong in module `Linux` and move there.

/// Waits until a file of a kernel file system says that it has changed since it was read (`POLLPRI`).
///
/// - Returns: false at the end of the time.
func pollChange(_ fd: FD, timeoutMilliseconds: Int32) throws(SyscallError) -> Bool {
  var entry = pollfd(fd: fd.rawValue, events: Int16(POLLPRI), revents: 0)
  let count = poll(&entry, 1, timeoutMilliseconds)
  if count < 0 {
    let number = Linux.Errno(errno)
    if number == .interrupted { return false }
    throw SyscallError("poll", number)
  }
  return count > 0
}

/// Goes back to the beginning of a file (lseek(2)).
func rewind(_ fd: FD) throws(SyscallError) {
  if lseek(fd.rawValue, 0, SEEK_SET) < 0 { throw SyscallError("lseek", Linux.Errno(errno)) }
}

/// nanosleep(2), possibly shorter when a signal comes.
func sleepNanoseconds(_ nanoseconds: Int64) {
  var time = timespec(
    tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  nanosleep(&time, nil)
}

@_silgen_name("syscall")
private func systemCall(_ number: Int, _ first: Int, _ second: Int, _ third: Int) -> Int

/// `__NR_bpf`; the numbers of linux/bpf.h below come with the move.
#if arch(x86_64)
  private let bpfNumber = 321
#else
  private let bpfNumber = 280
#endif

/// bpf(2).
///
/// - Parameter attributes: the part of `union bpf_attr` that the command reads.
func bpf(_ command: Int32, _ attributes: UnsafeMutableRawBufferPointer) throws(SyscallError) -> Int32 {
  for _ in 0..<32 {
    let result = systemCall(
      bpfNumber, Int(command), Int(bitPattern: attributes.baseAddress), attributes.count)
    if result >= 0 { return Int32(truncatingIfNeeded: result) }
    let number = Linux.Errno(errno)
    // The verifier gives up at a signal (Linux 4.20 and later).
    if number != .tryAgain && number != .interrupted { throw SyscallError("bpf", number) }
  }
  throw SyscallError("bpf", .tryAgain)
}
