// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
public import Linux
import Netlink

/// What comes to the ports of the IPv6 loopback, taken to the container by this process.
///
/// For IPv4 the kernel does it, with `route_localnet`. IPv6 has nothing like it: no packet from `::1` leaves by another
/// interface, whatever rules say, so that somebody has to end the connection here and make another. Without threads: whoever
/// waits for other things as well waits for ``fd``, and calls ``serve()`` when it is readable.
///
/// Neither end is trusted. Connections and flows are counted and limited; of a stream no more is read than the other end has
/// taken, but for one buffer; nothing is read or written that was not reported ready, and what has nothing to wait for is not
/// watched, so that no peer can make this process spin.
public final class PortRelay {
  /// A port of the loopback that is open.
  struct Listener {
    /// As it was asked for: `[::1]:8080`, or 8080 of all addresses.
    let port: PublishedPort
    let socket: OwnedDescriptor
  }

  enum Limit {
    static let streams = 512
    static let flows = 512
    /// Descriptors of the process that are none of these.
    static let others = 256
    /// What is read at once, and kept of a stream whose reader is slow. A datagram is never larger.
    static let bufferBytes = 65536
    /// As long as the kernel's connection tracking keeps what was answered.
    static let idleFlowNanoseconds: Int64 = 120_000_000_000
    /// After the container's end: altogether, and without anything happening.
    static let lastWordsNanoseconds: Int64 = 2_000_000_000
    static let silenceMilliseconds: Int32 = 100
    /// How often it looks for idle flows, and for descriptors after there were none left.
    static let tickMilliseconds = 1000
    /// Reports in one go, and datagrams or connections of one socket in a report: nobody has to wait long for another.
    static let rounds = 8
    static let batch = 32
  }

  private enum Watched {
    case timer
    case listener(Int)
    case stream(RelayedStream, RelayedStream.Side)
    case flow(RelayedFlow)
  }

  private let epoll: Epoll
  private let timer: OwnedDescriptor
  private var listeners: [Int: Listener] = [:]
  /// The container's, the preferred one first.
  private let addresses: [IPAddress]
  private let isPublished: (PublishedPort) -> Bool
  /// Tokens are used once: a report about what is gone by now finds nobody.
  private var watched: [UInt64: Watched] = [:]
  private var lastToken: UInt64 = 0
  private var streamCount = 0
  private var flows: [RelayedFlow.Key: RelayedFlow] = [:]
  private var acceptsStreams = true
  private var timerRuns = false
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Limit.bufferBytes, alignment: 16)

  /// - Parameters:
  ///   - addresses: The container's.
  ///   - isPublished: Whether a port is the container's still: after its network was taken from it, another may have its
  ///     address.
  init(
    _ listeners: [Listener], to addresses: [IPAddress], isPublished: @escaping (PublishedPort) -> Bool
  ) throws(SyscallError) {
    epoll = try Epoll()
    timer = OwnedDescriptor(try timerfd())
    self.addresses = addresses.sorted { $0.version > $1.version }
    self.isPublished = isPublished
    try epoll.add(timer.fd, .input, token: watch(.timer))
    for (index, listener) in listeners.enumerated() {
      self.listeners[index] = listener
      try epoll.add(listener.socket.fd, .input, token: UInt64(index) | Self.listenerBit)
      watched[UInt64(index) | Self.listenerBit] = .listener(index)
    }
  }

  deinit { buffer.deallocate() }

  /// Listeners can be found by their number.
  private static let listenerBit: UInt64 = 1 << 63

  /// Readable while there is something to do.
  public var fd: FD { epoll.fd }

  /// More connections than programs usually may have descriptors for. Not for children: call it when the container's are made.
  public func raiseDescriptorLimit() {
    // bestEffort: with fewer, connections wait for others to end
    guard let limit = try? getrlimit(Int32(RLIMIT_NOFILE.rawValue)) else { return }
    let wanted = UInt64(2 * Limit.streams + Limit.flows + 2 * listeners.count + Limit.others)
    guard limit.soft < wanted else { return }
    // bestEffort: as above
    try? prlimit(resource: Int32(RLIMIT_NOFILE.rawValue), soft: min(wanted, limit.hard), hard: limit.hard)
  }

  /// Does what can be done without waiting. What fails ends the connection that it is about, nothing else.
  public func serve() {
    for _ in 0..<Limit.rounds { if !serve(waitingMilliseconds: 0) { return } }
  }

  /// - Returns: whether there was anything to do.
  private func serve(waitingMilliseconds: Int32) -> Bool {
    // bestEffort: epoll_wait(2) of a descriptor of our own does not fail
    guard let events = try? epoll.wait(timeoutMilliseconds: waitingMilliseconds) else { return false }
    for event in events {
      switch watched[event.token] {
      case .timer: tick()
      case .listener(let index): take(index)
      case .stream(let stream, let side):
        if !stream.take(event.events, at: side, epoll, buffer) { end(stream) }
      case .flow(let flow): answer(flow)
      case nil: break
      }
    }
    return !events.isEmpty
  }

  /// After the container's end: what its programs have said last still comes to those who read it.
  func finish() {
    for index in Array(listeners.keys) { close(index) }
    let deadline = monotonicNanoseconds() + Limit.lastWordsNanoseconds
    while streamCount > 0, monotonicNanoseconds() < deadline {
      if !serve(waitingMilliseconds: Limit.silenceMilliseconds) { return }
    }
  }

  private func watch(_ what: Watched) -> UInt64 {
    lastToken += 1
    watched[lastToken] = what
    return lastToken
  }

  private func targets(of port: PublishedPort) -> [InternetEndpoint] {
    addresses.map { InternetEndpoint($0.value, isVersion6: $0.version == .v6, port: port.containerPort) }
  }

  // MARK: Listeners

  private func take(_ index: Int) {
    guard let listener = listeners[index] else { return }
    guard isPublished(listener.port) else { return close(index) }
    if listener.port.transport == .tcp { accept(listener) } else { receive(listener, index) }
  }

  /// Nobody is served any more: clients are refused, as by a port that nobody has opened.
  private func close(_ index: Int) {
    listeners[index] = nil
    watched[UInt64(index) | Self.listenerBit] = nil
    for flow in flows.values where flow.key.listener == index { end(flow) }
  }

  // MARK: Streams

  private func accept(_ listener: Listener) {
    for _ in 0..<Limit.batch {
      guard streamCount < Limit.streams else { return pause() }
      let client: OwnedDescriptor
      do throws(SyscallError) { client = OwnedDescriptor(try acceptNonBlocking(listener.socket.fd)) } catch {
        if error.errno == .tryAgain { return }
        // Gone before it was taken.
        if error.errno == Errno(ECONNABORTED) { continue }
        // No descriptors, no memory: it stays where it is until there are.
        return pause()
      }
      let stream = RelayedStream(client, to: targets(of: listener.port))
      stream.tokens = (watch(.stream(stream, .client)), watch(.stream(stream, .target)))
      streamCount += 1
      if !stream.start(epoll) { end(stream) }
    }
  }

  private func end(_ stream: RelayedStream) {
    watched[stream.tokens.client] = nil
    watched[stream.tokens.target] = nil
    streamCount -= 1
    resume()
  }

  /// Takes no more connections; those who come wait in the kernel's queue.
  private func pause() {
    setAccepting(false)
    runTimer()
  }

  private func resume() {
    if !acceptsStreams { setAccepting(true) }
  }

  private func setAccepting(_ accepts: Bool) {
    acceptsStreams = accepts
    for (index, listener) in listeners where listener.port.transport == .tcp {
      // bestEffort: of a descriptor that is being watched it does not fail
      try? epoll.change(
        listener.socket.fd, accepts ? .input : [], token: UInt64(index) | Self.listenerBit)
    }
  }

  // MARK: Datagrams

  private func receive(_ listener: Listener, _ index: Int) {
    for _ in 0..<Limit.batch {
      // bestEffort: a datagram that cannot be read is a lost one
      guard let received = try? receiveFrom(listener.socket.fd, into: buffer) else { return }
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<received.count])
      guard let flow = flow(RelayedFlow.Key(listener: index, client: received.sender), listener) else {
        continue
      }
      flow.lastUsed = monotonicNanoseconds()
      if !flow.send(bytes, epoll) { end(flow) }
    }
  }

  /// The flow of a client, a new one if need be; nil when there can be none.
  private func flow(_ key: RelayedFlow.Key, _ listener: Listener) -> RelayedFlow? {
    if let flow = flows[key] { return flow }
    if flows.count >= Limit.flows, let oldest = flows.values.min(by: { $0.lastUsed < $1.lastUsed }) {
      end(oldest)
    }
    let flow = RelayedFlow(key, from: listener.socket, to: targets(of: listener.port))
    flow.token = watch(.flow(flow))
    guard flow.connectNext(epoll) else {
      watched[flow.token] = nil
      return nil
    }
    flows[key] = flow
    runTimer()
    return flow
  }

  private func answer(_ flow: RelayedFlow) {
    flow.lastUsed = monotonicNanoseconds()
    if !flow.passAnswers(epoll, buffer) { end(flow) }
  }

  private func end(_ flow: RelayedFlow) {
    watched[flow.token] = nil
    flows[flow.key] = nil
  }

  // MARK: Time

  private func tick() {
    // bestEffort: what counts is that it has ticked
    _ = try? readEvents(timer.fd)
    let now = monotonicNanoseconds()
    for flow in flows.values where now - flow.lastUsed > Limit.idleFlowNanoseconds { end(flow) }
    resume()
    if flows.isEmpty { setTimer(runs: false) }
  }

  private func runTimer() {
    if !timerRuns { setTimer(runs: true) }
  }

  private func setTimer(runs: Bool) {
    timerRuns = runs
    // bestEffort: of a timer of our own it does not fail
    try? repeatTimer(timer.fd, everyMilliseconds: runs ? Limit.tickMilliseconds : 0)
  }
}
