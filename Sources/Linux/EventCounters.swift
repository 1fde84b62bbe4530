// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// eventfd(2), close-on-exec and non-blocking: a counter that others raise, readable while it is not 0.
public func eventfd() throws(SyscallError) -> Descriptor {
  // EFD_CLOEXEC and EFD_NONBLOCK are these by definition.
  Descriptor(owning: Int32(try check(cl_eventfd(0, O_CLOEXEC | O_NONBLOCK), "eventfd")))
}

/// Takes an eventfd's count and sets it to 0.
///
/// - Returns: 0 where nothing has happened since.
public func readEvents(_ fd: FD) throws(SyscallError) -> UInt64 {
  var count: UInt64 = 0
  do throws(SyscallError) {
    // SAFETY: an integer has no padding, and read(2) fills all of it or nothing.
    let length = try withUnsafeMutableBytes(of: &count) { (buffer) throws(SyscallError) in
      try read(fd, into: buffer)
    }
    return length == 8 ? count : 0
  } catch {
    if error.errno == .tryAgain { return 0 }
    throw error
  }
}
