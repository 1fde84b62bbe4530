// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// An owned file descriptor: closed exactly once, when its owner goes away.
@frozen public struct Descriptor: ~Copyable, Sendable {
  public let rawValue: Int32

  /// Takes ownership of an open descriptor.
  public init(owning rawValue: Int32) { self.rawValue = rawValue }

  deinit { _ = cl_close(rawValue) }

  /// A number to hand to a system call; valid only while the owner lives.
  public var fd: FD { FD(rawValue) }

  /// Gives the number up without closing it.
  public consuming func release() -> Int32 {
    let value = rawValue
    discard self
    return value
  }

  /// A second descriptor of the same open file, close-on-exec, numbered at least `minimum`.
  public borrowing func duplicate(atLeast minimum: Int32 = 3) throws(SyscallError) -> Descriptor {
    try fd.duplicate(atLeast: minimum)
  }
}

/// An owned descriptor that can be part of a copyable value; closed with its last reference.
public final class OwnedDescriptor: Sendable {
  public let fd: FD

  public init(_ descriptor: consuming Descriptor) { fd = FD(descriptor.release()) }

  deinit { closeInherited(fd.rawValue) }
}

/// A descriptor that somebody else owns, or one of the kernel's special values.
public struct FD: Equatable, Hashable, Sendable {
  public let rawValue: Int32

  public init(_ rawValue: Int32) { self.rawValue = rawValue }

  /// Relative paths start at the working directory (`AT_FDCWD`).
  public static let workingDirectory = FD(AT_FDCWD)
  public static let standardInput = FD(0)
  public static let standardOutput = FD(1)
  public static let standardError = FD(2)

  public func duplicate(atLeast minimum: Int32 = 3) throws(SyscallError) -> Descriptor {
    Descriptor(owning: Int32(try check(cl_fcntl(rawValue, F_DUPFD_CLOEXEC, Int(minimum)), "fcntl")))
  }

  /// Whether the descriptor closes at `execve`.
  public func setCloseOnExec(_ on: Bool) throws(SyscallError) {
    try check(cl_fcntl(rawValue, F_SETFD, on ? Int(FD_CLOEXEC) : 0), "fcntl")
  }

  public func setNonBlocking(_ on: Bool) throws(SyscallError) {
    let flags = try check(cl_fcntl(rawValue, F_GETFL, 0), "fcntl")
    let bit = Int(O_NONBLOCK)
    try check(cl_fcntl(rawValue, F_SETFL, on ? flags | bit : flags & ~bit), "fcntl")
  }

  /// Whether the number refers to an open file.
  public var isOpen: Bool { cl_fcntl(rawValue, F_GETFD, 0) >= 0 }
}

/// Makes `target` refer to the same open file as `source`, closing what it was (dup3(2)); not close-on-exec.
public func dup3(_ source: FD, onto target: Int32) throws(SyscallError) {
  try check(cl_dup3(source.rawValue, target, 0), "dup3")
}

/// Closes a number whose owner is not a `Descriptor`, such as one inherited from a caller.
public func closeInherited(_ fd: Int32) {
  _ = cl_close(fd)
}

/// Marks every descriptor from `first` on close-on-exec (close_range(2), Linux 5.11).
public func closeRangeOnExec(from first: UInt32) throws(SyscallError) {
  try check(cl_close_range(first, UInt32.max, UInt32(CLOSE_RANGE_CLOEXEC)), "close_range")
}

/// Closes every descriptor from `first` on (close_range(2), Linux 5.9).
public func closeRange(from first: UInt32, through last: UInt32 = .max) throws(SyscallError) {
  try check(cl_close_range(first, last, 0), "close_range")
}
