// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux
import Netlink

/// What comes to the ports of the IPv6 loopback, taken to the container by this process.
///
/// For IPv4 the kernel does it, with `route_localnet`. IPv6 has nothing like it: no packet from `::1` leaves by another
/// interface, whatever rules say, so that somebody has to end the connection here and make another.
///
/// Neither end is trusted. Connections and flows are counted and limited; of a stream no more is read than the other end has
/// taken, but for one buffer; nothing is read or written that was not reported ready, and what has nothing to wait for is not
/// watched, so that no peer can make this process spin.
final class PortRelay {
  /// A port of the loopback that is open.
  struct Listener {
    /// As it was asked for: `[::1]:8080`, or 8080 of all addresses.
    let port: PublishedPort
    let socket: OwnedDescriptor
  }

  enum Limit {
    static let streams = 512
    static let flows = 512
    /// As long as the kernel's connection tracking keeps what was answered.
    static let idleFlowNanoseconds: Int64 = 120_000_000_000
    /// After the container's end: altogether, and without anything happening.
    static let lastWordsNanoseconds: Int64 = 2_000_000_000
    static let silenceMilliseconds: Int32 = 100
    /// How often it looks for idle flows, and for descriptors after there were none left.
    static let tickMilliseconds = 1000
    /// Datagrams or connections of one socket in a report: nobody has to wait long for another.
    static let batch = 32
  }

  private let loop: NetworkLoop
  private var timer: LoopTimer?
  private var listeners: [Int: Listener] = [:]
  /// The container's, the preferred one first.
  private let addresses: [IPAddress]
  private let isPublished: (PublishedPort) -> Bool
  private var listenerTokens: [Int: UInt64] = [:]
  private var streamCount = 0
  private var flows: [RelayedFlow.Key: RelayedFlow] = [:]
  private var acceptsStreams = true

  /// - Parameters:
  ///   - addresses: The container's.
  ///   - isPublished: Whether a port is the container's still: after its network was taken from it, another may have its
  ///     address.
  init(
    _ loop: NetworkLoop, _ listeners: [Listener], to addresses: [IPAddress],
    isPublished: @escaping (PublishedPort) -> Bool
  ) throws(SyscallError) {
    self.loop = loop
    self.addresses = addresses.sorted { $0.version > $1.version }
    self.isPublished = isPublished
    loop.expect(descriptors: 2 * Limit.streams + Limit.flows + 2 * listeners.count)
    timer = try LoopTimer(loop, everyMilliseconds: Limit.tickMilliseconds) { [weak self] in self?.tick() }
    for (index, listener) in listeners.enumerated() {
      self.listeners[index] = listener
      listenerTokens[index] = try loop.watch(listener.socket.fd, .input) { [weak self] _ in self?.take(index)
      }
    }
  }

  /// After the container's end: what its programs have said last still comes to those who read it.
  func finish() {
    for index in Array(listeners.keys) { close(index) }
    let deadline = monotonicNanoseconds() + Limit.lastWordsNanoseconds
    while streamCount > 0, monotonicNanoseconds() < deadline {
      if !loop.serve(waitingMilliseconds: Limit.silenceMilliseconds) { return }
    }
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
    listenerTokens.removeValue(forKey: index).map(loop.forget)
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
      stream.tokens = (token(of: stream, .client), token(of: stream, .target))
      streamCount += 1
      if !stream.start(loop.epoll) { end(stream) }
    }
  }

  /// The loop's handlers are what holds a stream.
  private func token(of stream: RelayedStream, _ side: RelayedStream.Side) -> UInt64 {
    loop.token { [weak self] events in
      guard let self else { return }
      if !stream.take(events, at: side, loop.epoll, loop.buffer) { end(stream) }
    }
  }

  private func end(_ stream: RelayedStream) {
    loop.forget(stream.tokens.client)
    loop.forget(stream.tokens.target)
    streamCount -= 1
    resume()
  }

  /// Takes no more connections; those who come wait in the kernel's queue.
  private func pause() {
    setAccepting(false)
    timer?.run()
  }

  private func resume() {
    if !acceptsStreams { setAccepting(true) }
  }

  private func setAccepting(_ accepts: Bool) {
    acceptsStreams = accepts
    for (index, listener) in listeners where listener.port.transport == .tcp {
      guard let token = listenerTokens[index] else { continue }
      // bestEffort: of a descriptor that is being watched it does not fail
      try? loop.epoll.change(listener.socket.fd, accepts ? .input : [], token: token)
    }
  }

  // MARK: Datagrams

  private func receive(_ listener: Listener, _ index: Int) {
    for _ in 0..<Limit.batch {
      // bestEffort: a datagram that cannot be read is a lost one
      guard let received = try? receiveFrom(listener.socket.fd, into: loop.buffer) else { return }
      let bytes = UnsafeRawBufferPointer(rebasing: loop.buffer[..<received.count])
      guard let flow = flow(RelayedFlow.Key(listener: index, client: received.sender), listener) else {
        continue
      }
      flow.lastUsed = monotonicNanoseconds()
      if !flow.send(bytes, loop.epoll) { end(flow) }
    }
  }

  /// The flow of a client, a new one if need be; nil when there can be none.
  private func flow(_ key: RelayedFlow.Key, _ listener: Listener) -> RelayedFlow? {
    if let flow = flows[key] { return flow }
    if flows.count >= Limit.flows, let oldest = flows.values.min(by: { $0.lastUsed < $1.lastUsed }) {
      end(oldest)
    }
    let flow = RelayedFlow(key, from: listener.socket, to: targets(of: listener.port))
    flow.token = loop.token { [weak self, unowned flow] _ in self?.answer(flow) }
    guard flow.connectNext(loop.epoll) else {
      loop.forget(flow.token)
      return nil
    }
    flows[key] = flow
    timer?.run()
    return flow
  }

  private func answer(_ flow: RelayedFlow) {
    flow.lastUsed = monotonicNanoseconds()
    if !flow.passAnswers(loop.epoll, loop.buffer) { end(flow) }
  }

  private func end(_ flow: RelayedFlow) {
    loop.forget(flow.token)
    flows[flow.key] = nil
  }

  // MARK: Time

  private func tick() {
    let now = monotonicNanoseconds()
    for flow in flows.values where now - flow.lastUsed > Limit.idleFlowNanoseconds { end(flow) }
    resume()
    if flows.isEmpty { timer?.run(false) }
  }
}
