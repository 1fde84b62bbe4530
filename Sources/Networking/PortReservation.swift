// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux
import Netlink

/// A host port that is bound, but that nobody listens on: the packets go to the container, and no other program can take
/// the port meanwhile.
enum PortReservation {
  /// - Returns: the socket, and the port, which the system has chosen for port 0.
  static func bind(_ port: PublishedPort) throws(NetworkingError) -> (socket: OwnedDescriptor, port: UInt16) {
    let version = port.hostAddress?.version ?? .v4
    let family = version == .v4 ? AF_INET : AF_INET6
    let isStream = port.transport == .tcp
    let type = Int32(
      isStream ? SOCK_STREAM.rawValue : port.transport == .udp ? SOCK_DGRAM.rawValue : SOCK_SEQPACKET.rawValue
    )
    let raw = socket(family, type | Int32(SOCK_CLOEXEC.rawValue), Int32(port.transport.number))
    if raw < 0 {
      let error = Errno(errno)
      throw NetworkingError("-p \(port): this kernel has no \(port.transport.rawValue): \(error)")
    }
    let descriptor = OwnedDescriptor(Descriptor(owning: raw))
    var one: Int32 = 1
    // Connections of an earlier container that are being closed do not stand in the way.
    if isStream { setsockopt(raw, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size)) }
    let chosen = version == .v4 ? bind4(raw, port) : bind6(raw, port)
    switch chosen {
    case .success(let number): return (descriptor, number)
    case .failure(let error): throw failure(port, error)
    }
  }

  /// The same for a port that this process serves itself: not blocking, with connections waiting to be taken.
  static func open(_ port: PublishedPort) throws(NetworkingError) -> (socket: OwnedDescriptor, port: UInt16) {
    let bound = try bind(port)
    do throws(SyscallError) {
      try bound.socket.fd.setNonBlocking(true)
      if port.transport == .tcp { try listen(bound.socket.fd, backlog: SOMAXCONN) }
    } catch { throw failure(port, error.errno) }
    return bound
  }

  /// Whether this machine has `::1`.
  static var hasLoopback6: Bool {
    var port = PublishedPort(hostPort: 0, containerPort: 1, transport: .udp)
    port.hostAddress = IPAddress(.v6, 1)
    // bestEffort: whatever is missing, nobody can come by that address
    return (try? bind(port)) != nil
  }

  private static func failure(_ port: PublishedPort, _ error: Errno) -> NetworkingError {
    var remedy = ""
    if error == .addressInUse { remedy = "; another program listens there (ss -tulpn shows which)" }
    if error == .addressNotAvailable { remedy = "; this machine does not have the address" }
    return NetworkingError("-p \(port): \(error)\(remedy)")
  }

  private static func bind4(_ socket: Int32, _ port: PublishedPort) -> Result<UInt16, Errno> {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.hostPort.bigEndian
    address.sin_addr.s_addr = UInt32(truncatingIfNeeded: port.hostAddress?.value ?? 0).bigEndian
    return bind(socket, &address, port: \.sin_port)
  }

  private static func bind6(_ socket: Int32, _ port: PublishedPort) -> Result<UInt16, Errno> {
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = port.hostPort.bigEndian
    let bytes = port.hostAddress?.bytes ?? []
    withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: bytes) }
    return bind(socket, &address, port: \.sin6_port)
  }

  private static func bind<T>(
    _ socket: Int32, _ address: inout T, port: KeyPath<T, in_port_t>
  ) -> Result<UInt16, Errno> {
    var length = socklen_t(MemoryLayout<T>.size)
    // SAFETY: T is one of the two address structures, which both start like sockaddr, and length is its size.
    let failure: Errno? = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        if Glibc.bind(socket, $0, length) != 0 { return Errno(errno) }
        return getsockname(socket, $0, &length) != 0 ? Errno(errno) : nil
      }
    }
    if let failure { return .failure(failure) }
    return .success(UInt16(bigEndian: address[keyPath: port]))
  }
}
