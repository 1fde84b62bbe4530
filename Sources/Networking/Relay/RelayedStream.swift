// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// A client's connection, and the one to the container that belongs to it.
///
/// Each direction ends on its own, when one end has said all (`FIN`); what breaks off at one end (`RST`) breaks off at the other:
/// nobody takes a part for the whole.
final class RelayedStream {
  enum Side { case client, target }

  /// What flows one way.
  private struct Direction {
    /// Read, but not taken by the other end yet. Nothing more is read meanwhile.
    var pending: [UInt8] = []
    var sent = 0
    /// No more will come.
    var isAtEnd = false
    /// And the other end knows.
    var isOver = false

    var isBlocked: Bool { !pending.isEmpty }
    var wantsInput: Bool { !isAtEnd && !isBlocked }
  }

  /// One of the two sockets.
  private struct End {
    var socket: OwnedDescriptor
    /// nil: not watched at all.
    var events: EpollEvents?
  }

  var tokens: (client: UInt64, target: UInt64) = (0, 0)
  private var client: End
  private var target: End?
  private var isConnected = false
  /// Where to try next.
  private var targets: [InternetEndpoint]
  private var up = Direction()
  private var down = Direction()

  init(_ client: OwnedDescriptor, to targets: [InternetEndpoint]) {
    self.client = End(socket: client)
    self.targets = targets
  }

  deinit {
    guard !(up.isOver && down.isOver) else { return }
    for socket in [client.socket, target?.socket] {
      // bestEffort: the socket is closed in any case
      if let socket { try? resetOnClose(socket.fd) }
    }
  }

  /// - Returns: false when there is no way to the container.
  func start(_ epoll: borrowing Epoll) -> Bool {
    do throws(SyscallError) {
      try setNoDelay(client.socket.fd)
      // For nothing yet but the client's going away.
      try epoll.add(client.socket.fd, [], token: tokens.client)
      client.events = []
    } catch { return false }
    return connectNext(epoll)
  }

  /// Tries the container's next address: a program may listen at one of them only.
  private func connectNext(_ epoll: borrowing Epoll) -> Bool {
    target = nil
    while !targets.isEmpty {
      let endpoint = targets.removeFirst()
      do throws(SyscallError) {
        let socket = OwnedDescriptor(try internetSocket(stream: true, isVersion6: endpoint.isVersion6))
        try setNoDelay(socket.fd)
        try connect(socket.fd, endpoint)
        target = End(socket: socket)
        try watch(.target, .output, epoll)
        return true
      } catch {
        // The next may do.
        target = nil
      }
    }
    return false
  }

  /// Does what a report makes possible.
  ///
  /// - Returns: false when all is over.
  func take(
    _ events: EpollEvents, at side: Side, _ epoll: borrowing Epoll, _ buffer: UnsafeMutableRawBufferPointer
  ) -> Bool {
    if !isConnected {
      // The client has given up.
      guard side == .target, let target else { return false }
      do throws(SyscallError) { try takeError(of: target.socket.fd) } catch { return connectNext(epoll) }
      guard events.contains(.output) else { return connectNext(epoll) }
      isConnected = true
    }
    if events.contains(.error) { return false }
    guard let target else { return false }
    let (near, far) = (client.socket.fd, target.socket.fd)
    let (mayRead, mayWrite) = (!events.isDisjoint(with: [.input, .hangUp]), events.contains(.output))
    do throws(SyscallError) {
      if side == .client ? mayRead : mayWrite { try Self.pass(&up, near, far, buffer) }
      if side == .client ? mayWrite : mayRead { try Self.pass(&down, far, near, buffer) }
      if up.isOver, down.isOver { return false }
      try watch(.client, Self.wanted(at: down, from: up), epoll)
      try watch(.target, Self.wanted(at: up, from: down), epoll)
      // Nothing ends this report. What is left to be done here starts with one about the other socket.
      if events.contains(.hangUp), current(side) == [] { try ignore(side, epoll) }
    } catch { return false }
    return true
  }

  /// Reads once at most, so that others have their turn.
  private static func pass(
    _ direction: inout Direction, _ source: FD, _ sink: FD, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(SyscallError) {
    if direction.isBlocked {
      let rest = direction.pending[direction.sent...]
      direction.sent += try Linux.send(sink, rest)
      guard direction.sent == direction.pending.count else { return }
      direction.pending = []
      direction.sent = 0
    }
    if !direction.isAtEnd, let count = try receive(source, into: buffer) {
      direction.isAtEnd = count == 0
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      let sent = count == 0 ? 0 : try Linux.send(sink, bytes)
      if sent < count { direction.pending = Array(bytes[sent...]) }
    }
    if direction.isAtEnd, !direction.isBlocked, !direction.isOver {
      try shutdownWriting(sink)
      direction.isOver = true
    }
  }

  // MARK: What is waited for

  private static func wanted(at incoming: Direction, from outgoing: Direction) -> EpollEvents {
    var result: EpollEvents = []
    if outgoing.wantsInput { result.insert(.input) }
    if incoming.isBlocked { result.insert(.output) }
    return result
  }

  private func current(_ side: Side) -> EpollEvents? { side == .client ? client.events : target?.events }

  private func setCurrent(_ side: Side, _ events: EpollEvents?) {
    if side == .client { client.events = events } else { target?.events = events }
  }

  private func watch(_ side: Side, _ events: EpollEvents, _ epoll: borrowing Epoll) throws(SyscallError) {
    guard let socket = side == .client ? client.socket : target?.socket else { return }
    let token = side == .client ? tokens.client : tokens.target
    switch current(side) {
    case events: return
    case nil:
      if events.isEmpty { return }
      try epoll.add(socket.fd, events, token: token)
    default: try epoll.change(socket.fd, events, token: token)
    }
    setCurrent(side, events)
  }

  private func ignore(_ side: Side, _ epoll: borrowing Epoll) throws(SyscallError) {
    guard let socket = side == .client ? client.socket : target?.socket else { return }
    try epoll.remove(socket.fd)
    setCurrent(side, nil)
  }
}
