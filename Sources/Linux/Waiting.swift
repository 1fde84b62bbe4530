// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// Waits until a file of a kernel file system says that it has changed since it was read (poll(2), `POLLPRI`).
///
/// - Returns: false at the end of the time, and possibly earlier when a signal comes.
public func pollChange(_ fd: FD, timeoutMilliseconds: Int32) throws(SyscallError) -> Bool {
  var entry = pollfd(fd: fd.rawValue, events: Int16(POLLPRI), revents: 0)
  let count = cl_poll(&entry, 1, timeoutMilliseconds)
  if count == -Int(EINTR) { return false }
  return try check(count, "poll") > 0
}

/// nanosleep(2), possibly shorter when a signal comes.
public func sleepNanoseconds(_ nanoseconds: Int64) {
  var time = timespec(
    tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  nanosleep(&time, nil)
}
