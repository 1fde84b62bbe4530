// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
public import Linux

/// What this process does for a container's network while the container runs, without threads: whoever waits for other things as
/// well waits for ``fd``, and calls ``serve()`` when it is readable.
public final class NetworkLoop {
  enum Limit {
    /// Descriptors of the process that nobody has announced.
    static let otherDescriptors = 256
    /// In one go: whoever waits for other things as well gets his turn.
    static let turnNanoseconds: Int64 = 10_000_000
    /// What is read at once. A datagram is never larger.
    static let bufferBytes = 65536
  }

  /// For what is watched with a token of this loop.
  let epoll: Epoll
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Limit.bufferBytes, alignment: 16)
  /// Tokens are used once: a report about what is gone by now finds nobody.
  private var handlers: [UInt64: (EpollEvents) -> Void] = [:]
  private var lastToken: UInt64 = 0
  private var descriptorCount = Limit.otherDescriptors

  init() throws(SyscallError) { epoll = try Epoll() }

  deinit { buffer.deallocate() }

  /// Readable while there is something to do.
  public var fd: FD { epoll.fd }

  /// A token whose reports go to a handler until they are no longer wanted.
  func token(_ handler: @escaping (EpollEvents) -> Void) -> UInt64 {
    lastToken += 1
    handlers[lastToken] = handler
    return lastToken
  }

  func forget(_ token: UInt64) { handlers[token] = nil }

  /// Watches a descriptor until it is closed.
  @discardableResult
  func watch(
    _ fd: FD, _ events: EpollEvents, _ handler: @escaping (EpollEvents) -> Void
  ) throws(SyscallError) -> UInt64 {
    let token = token(handler)
    try epoll.add(fd, events, token: token)
    return token
  }

  /// Counts on so many descriptors more.
  func expect(descriptors: Int) { descriptorCount += descriptors }

  /// More descriptors than programs usually may have. Not for children: call it when the container's are made.
  public func raiseDescriptorLimit() {
    let resource = Int32(RLIMIT_NOFILE.rawValue)
    // bestEffort: with fewer, who comes waits for others to end
    guard let limit = try? getrlimit(resource) else { return }
    let wanted = UInt64(descriptorCount)
    guard limit.soft < wanted else { return }
    // bestEffort: as above
    try? prlimit(resource: resource, soft: min(wanted, limit.hard), hard: limit.hard)
  }

  /// Does what can be done without waiting. What fails ends what it is about, nothing else.
  public func serve() {
    let end = monotonicNanoseconds() + Limit.turnNanoseconds
    while serve(waitingMilliseconds: 0), monotonicNanoseconds() < end {}
  }

  /// - Returns: whether there was anything to do.
  func serve(waitingMilliseconds: Int32) -> Bool {
    // bestEffort: epoll_wait(2) of a descriptor of our own does not fail
    guard let events = try? epoll.wait(timeoutMilliseconds: waitingMilliseconds) else { return false }
    for event in events { handlers[event.token]?(event.events) }
    return !events.isEmpty
  }
}

/// Something that is done again and again while there is reason to.
final class LoopTimer {
  private let descriptor: OwnedDescriptor
  private let milliseconds: Int
  private var isRunning = false

  init(
    _ loop: NetworkLoop, everyMilliseconds milliseconds: Int, _ body: @escaping () -> Void
  ) throws(SyscallError) {
    descriptor = OwnedDescriptor(try timerfd())
    self.milliseconds = milliseconds
    try loop.watch(descriptor.fd, .input) { [descriptor] _ in
      // bestEffort: what counts is that it has ticked
      _ = try? readEvents(descriptor.fd)
      body()
    }
  }

  func run(_ runs: Bool = true) {
    guard runs != isRunning else { return }
    isRunning = runs
    // bestEffort: of a timer of our own it does not fail
    try? repeatTimer(descriptor.fd, everyMilliseconds: runs ? milliseconds : 0)
  }
}
