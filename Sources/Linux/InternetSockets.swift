// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// An address of ip(7) or ipv6(7) with a port.
public struct InternetEndpoint: Hashable, Sendable {
  private let high: UInt64
  private let low: UInt64
  private let scope: UInt32
  public let port: UInt16
  public let isVersion6: Bool

  /// - Parameter value: the address as a number.
  public init(_ value: UInt128, isVersion6: Bool, port: UInt16) {
    high = UInt64(truncatingIfNeeded: value >> 64)
    low = UInt64(truncatingIfNeeded: value)
    scope = 0
    self.port = port
    self.isVersion6 = isVersion6
  }

  init(_ raw: cl_endpoint) {
    high = raw.high
    low = raw.low
    scope = raw.scope
    port = raw.port
    isVersion6 = raw.is_version_6 != 0
  }

  var raw: cl_endpoint {
    cl_endpoint(high: high, low: low, scope: scope, port: port, is_version_6: isVersion6 ? 1 : 0)
  }
}

/// A socket of tcp(7) or udp(7), close-on-exec and non-blocking.
public func internetSocket(stream: Bool, isVersion6: Bool) throws(SyscallError) -> Descriptor {
  Descriptor(
    owning: Int32(try check(cl_internet_socket(isVersion6 ? 1 : 0, stream ? 1 : 0), "socket")))
}

/// bind(2); port 0 leaves the choice to the kernel.
public func bind(_ socket: FD, _ endpoint: InternetEndpoint) throws(SyscallError) {
  var raw = endpoint.raw
  try check(cl_internet_bind(socket.rawValue, &raw), "bind")
}

/// The port that a socket is bound to (getsockname(2)).
public func localPort(of socket: FD) throws(SyscallError) -> UInt16 {
  var raw = cl_endpoint()
  try check(cl_local_endpoint(socket.rawValue, &raw), "getsockname")
  return raw.port
}

/// connect(2) without waiting: a stream is connected, or has failed, once it is writable.
public func connect(_ socket: FD, _ endpoint: InternetEndpoint) throws(SyscallError) {
  var raw = endpoint.raw
  let result = cl_internet_connect(socket.rawValue, &raw)
  if result != -Int(EINPROGRESS) { try check(result, "connect") }
}

/// listen(2).
public func listen(_ socket: FD, backlog: Int32) throws(SyscallError) {
  try check(cl_listen(socket.rawValue, backlog), "listen")
}

/// accept4(2), close-on-exec and non-blocking.
public func acceptNonBlocking(_ socket: FD) throws(SyscallError) -> Descriptor {
  Descriptor(owning: Int32(try checkRetrying("accept4") { cl_accept_nonblocking(socket.rawValue) }))
}

/// recv(2): 0 at the end of a stream; nil when nothing is there yet.
public func receive(_ socket: FD, into buffer: UnsafeMutableRawBufferPointer) throws(SyscallError) -> Int? {
  let count = cl_receive(socket.rawValue, buffer.baseAddress, buffer.count)
  return isLater(count) ? nil : try check(count, "recv")
}

/// recvfrom(2): a datagram and who sent it; nil when none is there.
public func receiveFrom(
  _ socket: FD, into buffer: UnsafeMutableRawBufferPointer
) throws(SyscallError) -> (count: Int, sender: InternetEndpoint)? {
  var sender = cl_endpoint()
  let count = cl_receive_from(socket.rawValue, buffer.baseAddress, buffer.count, &sender)
  return isLater(count) ? nil : (try check(count, "recvfrom"), InternetEndpoint(sender))
}

/// send(2) without a signal: how much of it was taken, 0 when there is no room.
public func send(_ socket: FD, _ bytes: UnsafeRawBufferPointer) throws(SyscallError) -> Int {
  let count = cl_send(socket.rawValue, bytes.baseAddress, bytes.count)
  return isLater(count) ? 0 : try check(count, "send")
}

/// The same for an array's bytes.
public func send(_ socket: FD, _ bytes: ArraySlice<UInt8>) throws(SyscallError) -> Int {
  try bytes.withUnsafeBytes { bytes -> Result<Int, SyscallError> in
    do throws(SyscallError) { return .success(try send(socket, bytes)) } catch { return .failure(error) }
  }.get()
}

/// sendto(2): one datagram, lost when there is no room.
public func send(
  _ socket: FD, _ bytes: UnsafeRawBufferPointer, to receiver: InternetEndpoint
) throws(SyscallError) {
  var raw = receiver.raw
  let count = cl_send_to(socket.rawValue, bytes.baseAddress, bytes.count, &raw)
  if !isLater(count) { try check(count, "sendto") }
}

private func isLater(_ result: Int) -> Bool { result == -Int(EAGAIN) || result == -Int(EINTR) }

/// shutdown(2) with `SHUT_WR`: the peer finds the end behind what it was sent.
public func shutdownWriting(_ socket: FD) throws(SyscallError) {
  try check(cl_shutdown_writing(socket.rawValue), "shutdown")
}

/// The error that waits on a socket, which is taken off it (`SO_ERROR`, socket(7)).
public func takeError(of socket: FD) throws(SyscallError) {
  let number = try check(cl_socket_error(socket.rawValue), "getsockopt SO_ERROR")
  if number != 0 { throw failure(-number, "connect", "") }
}

/// Small parts of a stream are sent at once (`TCP_NODELAY`, tcp(7)).
public func setNoDelay(_ socket: FD) throws(SyscallError) {
  try check(cl_set_no_delay(socket.rawValue), "setsockopt TCP_NODELAY")
}

/// The peer is told at the closing that the stream was broken off, and did not come to its end (`SO_LINGER`, socket(7)).
public func resetOnClose(_ socket: FD) throws(SyscallError) {
  try check(cl_set_reset_on_close(socket.rawValue), "setsockopt SO_LINGER")
}
