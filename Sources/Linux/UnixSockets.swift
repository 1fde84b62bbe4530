// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// Kinds of unix(7) sockets.
public enum UnixSocketKind: Sendable {
  case stream
  /// Keeps message boundaries; end of file when the peer is closed.
  case sequencedPacket
  /// Without a connection; one message is one datagram.
  case datagram

  var type: Int32 {
    switch self {
    case .stream: cl_sock_stream
    case .sequencedPacket: cl_sock_seqpacket
    case .datagram: cl_sock_dgram
    }
  }
}

/// Two connected descriptors.
public struct DescriptorPair: ~Copyable {
  public let first: Descriptor
  public let second: Descriptor

  /// Closes the second and gives the first.
  public consuming func takeFirst() -> Descriptor { first }

  /// Closes the first and gives the second.
  public consuming func takeSecond() -> Descriptor { second }
}

/// socketpair(2) in the unix domain, close-on-exec.
public func socketpair(_ kind: UnixSocketKind) throws(SyscallError) -> DescriptorPair {
  var fds: (Int32, Int32) = (-1, -1)
  let result = withUnsafeMutableBytes(of: &fds) {
    cl_socketpair(kind.type, $0.baseAddress?.assumingMemoryBound(to: Int32.self))
  }
  try check(result, "socketpair")
  return DescriptorPair(first: Descriptor(owning: fds.0), second: Descriptor(owning: fds.1))
}

/// pipe2(2), close-on-exec: the reading end first.
public func pipe() throws(SyscallError) -> DescriptorPair {
  var fds: (Int32, Int32) = (-1, -1)
  let result = withUnsafeMutableBytes(of: &fds) {
    cl_pipe2($0.baseAddress?.assumingMemoryBound(to: Int32.self), O_CLOEXEC)
  }
  try check(result, "pipe2")
  return DescriptorPair(first: Descriptor(owning: fds.0), second: Descriptor(owning: fds.1))
}

/// Makes a listening socket at a path of at most 107 bytes.
public func listenUnix(_ kind: UnixSocketKind, path: String) throws(SyscallError) -> Descriptor {
  let socket = Descriptor(owning: Int32(try check(cl_unix_socket(kind.type), "socket")))
  try check(cl_unix_bind(socket.rawValue, path), "bind", path)
  try check(cl_listen(socket.rawValue, 8), "listen", path)
  return socket
}

/// Makes a socket that receives datagrams at a path of at most 107 bytes.
public func bindDatagram(path: String) throws(SyscallError) -> Descriptor {
  let socket = Descriptor(owning: Int32(try check(cl_unix_socket(cl_sock_dgram), "socket")))
  try check(cl_unix_bind(socket.rawValue, path), "bind", path)
  return socket
}

/// Sends one datagram to a socket.
///
/// - Parameter address: a path of at most 107 bytes, or a name in the abstract namespace after `@` (unix(7)).
public func sendDatagram(to address: String, _ bytes: [UInt8]) throws(SyscallError) {
  let socket = Descriptor(owning: Int32(try check(cl_unix_socket(cl_sock_dgram), "socket")))
  try checkRetrying("connect", address) { cl_unix_connect_any(socket.rawValue, address) }
  try send(socket.fd, bytes)
}

/// Connects to a listening socket at a path of at most 107 bytes.
public func connectUnix(_ kind: UnixSocketKind, path: String) throws(SyscallError) -> Descriptor {
  let socket = Descriptor(owning: Int32(try check(cl_unix_socket(kind.type), "socket")))
  try checkRetrying("connect", path) { cl_unix_connect(socket.rawValue, path) }
  return socket
}

/// accept4(2), close-on-exec.
public func accept(_ socket: FD) throws(SyscallError) -> Descriptor {
  Descriptor(owning: Int32(try checkRetrying("accept") { cl_accept(socket.rawValue) }))
}

/// Sends one message, with one descriptor or none (`SCM_RIGHTS`); a closed peer is `EPIPE`, not a signal.
public func send(_ socket: FD, _ bytes: [UInt8], passing fd: FD? = nil) throws(SyscallError) {
  let sent = try checkRetrying("sendmsg") {
    cl_send_with_fd(socket.rawValue, bytes, bytes.count, fd?.rawValue ?? -1)
  }
  if sent != bytes.count { throw SyscallError("sendmsg", Errno(EIO)) }
}

/// Closes a descriptor without waiting for what its closing waits for: a worker of the kernel does.
///
/// It travels in a socket that only its own queue refers to (unix(7), `SCM_RIGHTS`), until the kernel's collector finds that
/// nobody can use it any more. Before Linux 6.10 there is no worker for the collection, and it is the caller who waits, as he does
/// where there is no socket to be had.
public func closeLater(_ descriptor: consuming Descriptor) {
  do throws(SyscallError) {
    let pair = try socketpair(.sequencedPacket)
    try send(pair.first.fd, [0], passing: pair.second.fd)
    try send(pair.first.fd, [0], passing: descriptor.fd)
    // In this order: the collection begins when the other end goes, and passes over what somebody has open; and whoever closes
    // last waits.
    close(descriptor)
    close(pair.second)
    close(pair.first)
  } catch {
    // All that was opened is closed.
  }
}

private func close(_ descriptor: consuming Descriptor) {}

/// A received message; no bytes means that the peer has closed.
public struct ReceivedMessage: ~Copyable {
  public let bytes: [UInt8]
  private var descriptor: Descriptor?

  init(bytes: [UInt8], descriptor: consuming Descriptor?) {
    self.bytes = bytes
    self.descriptor = descriptor
  }

  /// The descriptor that came with the message, or nil.
  public consuming func takeDescriptor() -> Descriptor? { descriptor }
}

/// Receives one message of at most `limit` bytes and the descriptor that came with it (recvmsg(2)).
public func receive(_ socket: FD, limit: Int) throws(SyscallError) -> ReceivedMessage {
  var passed: Int32 = -1
  var length = 0
  let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
    length = cl_recv_with_fd(socket.rawValue, buffer.baseAddress, buffer.count, &passed)
    while length == -Int(EINTR) {
      length = cl_recv_with_fd(socket.rawValue, buffer.baseAddress, buffer.count, &passed)
    }
    initialized = max(0, length)
  }
  try check(length, "recvmsg")
  return ReceivedMessage(bytes: bytes, descriptor: passed >= 0 ? Descriptor(owning: passed) : nil)
}
