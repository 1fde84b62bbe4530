// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// What epoll(7) waits for and reports.
public struct EpollEvents: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let input = EpollEvents(rawValue: EPOLLIN.rawValue)
  public static let output = EpollEvents(rawValue: EPOLLOUT.rawValue)
  /// Reported whether asked for or not, as ``hangUp`` is.
  public static let error = EpollEvents(rawValue: EPOLLERR.rawValue)
  /// Both directions are over.
  public static let hangUp = EpollEvents(rawValue: EPOLLHUP.rawValue)
}

/// One report of ``Epoll/wait(timeoutMilliseconds:)``.
public struct EpollEvent: Sendable {
  /// What the descriptor was added with.
  public let token: UInt64
  public let events: EpollEvents
}

/// epoll(7), level-triggered: many descriptors that are waited for at once. Its own descriptor is readable while one of them
/// has something to report.
public struct Epoll: ~Copyable {
  private let descriptor: Descriptor

  /// epoll_create1(2), close-on-exec.
  public init() throws(SyscallError) {
    descriptor = Descriptor(owning: Int32(try check(cl_epoll_create(), "epoll_create1")))
  }

  public var fd: FD { descriptor.fd }

  /// Without events, only errors and the end of both directions are reported.
  public borrowing func add(_ fd: FD, _ events: EpollEvents, token: UInt64) throws(SyscallError) {
    try check(
      cl_epoll_ctl(descriptor.rawValue, EPOLL_CTL_ADD, fd.rawValue, events.rawValue, token), "epoll_ctl")
  }

  public borrowing func change(_ fd: FD, _ events: EpollEvents, token: UInt64) throws(SyscallError) {
    try check(
      cl_epoll_ctl(descriptor.rawValue, EPOLL_CTL_MOD, fd.rawValue, events.rawValue, token), "epoll_ctl")
  }

  public borrowing func remove(_ fd: FD) throws(SyscallError) {
    try check(cl_epoll_ctl(descriptor.rawValue, EPOLL_CTL_DEL, fd.rawValue, 0, 0), "epoll_ctl")
  }

  /// epoll_wait(2): at most 64 reports.
  public borrowing func wait(timeoutMilliseconds: Int32) throws(SyscallError) -> [EpollEvent] {
    let capacity = Int(cl_most_events)
    return try withUnsafeTemporaryAllocation(of: cl_event.self, capacity: capacity) { events in
      let count = cl_epoll_wait(
        descriptor.rawValue, events.baseAddress, Int32(capacity), timeoutMilliseconds)
      if count == -Int(EINTR) { return Result<[EpollEvent], SyscallError>.success([]) }
      if count < 0 { return .failure(failure(count, "epoll_wait", "")) }
      return .success(
        events[..<count].map { EpollEvent(token: $0.token, events: EpollEvents(rawValue: $0.events)) })
    }.get()
  }
}

/// timerfd_create(2) for the monotonic clock, close-on-exec and non-blocking, not running.
public func timerfd() throws(SyscallError) -> Descriptor {
  Descriptor(owning: Int32(try check(cl_timerfd(), "timerfd_create")))
}

/// Makes a timerfd readable again and again; 0 stops it (timerfd_settime(2)).
public func repeatTimer(_ fd: FD, everyMilliseconds: Int) throws(SyscallError) {
  try check(cl_timerfd_repeat(fd.rawValue, everyMilliseconds), "timerfd_settime")
}
