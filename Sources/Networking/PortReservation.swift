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
    do throws(SyscallError) {
      let value = port.hostAddress?.value ?? 0
      try Linux.bind(
        descriptor.fd, InternetEndpoint(value, isVersion6: version == .v6, port: port.hostPort))
      return (descriptor, try localPort(of: descriptor.fd))
    } catch { throw failure(port, error.errno) }
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
}
