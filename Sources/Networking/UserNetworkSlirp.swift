// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import JSON
import Linux
import Netlink

// slirp4netns(1): the second choice. Servers see its own address as the client's.
extension UserNetwork {
  func startSlirp(_ path: String, _ namespace: FD) throws(NetworkingError) {
    try naming("--network slirp4netns") {
      let folder = try openat(.workingDirectory, directory, [.path, .directory])
      // Paths of sockets are short, those of directories are not.
      let socket = "/proc/\(Linux.getpid())/fd/\(folder.rawValue)/\(FileName.socket)"
      var arguments = [
        path, "--configure", "--mtu=65520", "--disable-host-loopback", "--exit-fd=0", "--ready-fd=1",
        "--netns-type=path",
      ]
      if !ports.isEmpty { arguments.append("--api-socket=\(socket)") }
      arguments += request.options + ["/proc/\(Linux.getpid())/fd/\(namespace.rawValue)", "tap0"]
      let life = try pipe()
      let ready = try pipe()
      let complaints = try memfdCreate("complaints")
      let child = OwnedDescriptor(
        try spawn(arguments, streams: [life.first.fd, ready.second.fd, complaints.fd]))
      process = child
      isChild = true
      lifeline = OwnedDescriptor(life.takeSecond())
      let isReady = OwnedDescriptor(ready.takeFirst())
      var entries = [PollEntry(isReady.fd), PollEntry(child.fd)]
      try poll(&entries, timeoutMilliseconds: Self.patienceMilliseconds)
      guard entries[0].isReadable, try read(isReady.fd, upTo: 1).first == UInt8(ascii: "1") else {
        _ = lseek(complaints.rawValue, 0, SEEK_SET)
        let text = String(decoding: try readAll(complaints.fd, limit: 1 << 16), as: UTF8.self)
        let line = text.split(whereSeparator: \.isNewline).first { !$0.hasPrefix("WARNING") }
        throw NetworkingError(line.map(String.init) ?? "it is not ready")
      }
      for port in ports { try publish(port, socket) }
    }
  }

  /// Asks slirp4netns to forward a port (its API: one request and one answer per connection, in JSON).
  private func publish(_ port: PublishedPort, _ path: String) throws {
    if port.hostAddress?.version == .v6 {
      throw NetworkingError("-p \(port): slirp4netns publishes on IPv4 alone; pasta can")
    }
    var writer = JSONWriter()
    writer.object { (writer: inout JSONWriter) in
      writer.member("execute", "add_hostfwd")
      writer.member("arguments") { (writer: inout JSONWriter) in
        writer.object { (writer: inout JSONWriter) in
          writer.member("proto", port.transport.rawValue)
          writer.member("host_addr", port.hostAddress.map { "\($0)" } ?? "0.0.0.0")
          writer.member("host_port", port.hostPort)
          writer.member("guest_port", port.containerPort)
        }
      }
    }
    let connection = try connectUnix(.stream, path: path)
    try writeAll(connection.fd, writer.bytes)
    guard shutdown(connection.rawValue, Int32(SHUT_WR)) == 0 else {
      throw SyscallError("shutdown", Errno(errno))
    }
    let answer = try JSONDocument(try readAll(connection.fd, limit: 1 << 16), source: "slirp4netns").root
      .object()
    if let error = try answer.object("error") {
      throw NetworkingError("-p \(port): slirp4netns: \(try error.string("desc") ?? "refused")")
    }
  }
}
