// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// What a client sends to a port as datagrams, and what comes back: a socket towards the container for each client, so that
/// answers find him.
final class RelayedFlow {
  struct Key: Hashable {
    let listener: Int
    let client: InternetEndpoint
  }

  let key: Key
  var token: UInt64 = 0
  var lastUsed: Int64 = 0
  /// What answers are sent from: they must come from the port that was asked.
  private let source: OwnedDescriptor
  private var socket: OwnedDescriptor?
  private var targets: [InternetEndpoint]
  /// For the container's next address, while none has answered.
  private var last: [UInt8] = []

  init(_ key: Key, from source: OwnedDescriptor, to targets: [InternetEndpoint]) {
    self.key = key
    self.source = source
    self.targets = targets
  }

  /// - Returns: false when there is no way to the container.
  func connectNext(_ epoll: borrowing Epoll) -> Bool {
    socket = nil
    while !targets.isEmpty {
      let endpoint = targets.removeFirst()
      do throws(SyscallError) {
        let made = OwnedDescriptor(try internetSocket(stream: false, isVersion6: endpoint.isVersion6))
        try connect(made.fd, endpoint)
        try epoll.add(made.fd, .input, token: token)
        socket = made
        return true
      } catch {
        // The next may do.
        continue
      }
    }
    return false
  }

  /// - Returns: false when nobody in the container takes datagrams there.
  func send(_ bytes: UnsafeRawBufferPointer, _ epoll: borrowing Epoll) -> Bool {
    guard let socket else { return false }
    last = targets.isEmpty ? [] : Array(bytes)
    do throws(SyscallError) { _ = try Linux.send(socket.fd, bytes) } catch {
      // The answer to an earlier one.
      return error.errno == Errno(ECONNREFUSED) ? retry(epoll) : true
    }
    return true
  }

  /// - Returns: false when nobody in the container takes datagrams there.
  func passAnswers(_ epoll: borrowing Epoll, _ buffer: UnsafeMutableRawBufferPointer) -> Bool {
    for _ in 0..<PortRelay.Limit.batch {
      guard let socket else { return false }
      do throws(SyscallError) {
        guard let count = try receive(socket.fd, into: buffer) else { return true }
        targets = []
        last = []
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        // bestEffort: datagrams may be lost
        try? Linux.send(source.fd, bytes, to: key.client)
      } catch { return retry(epoll) }
    }
    return true
  }

  private func retry(_ epoll: borrowing Epoll) -> Bool {
    guard connectNext(epoll) else { return false }
    let bytes = last
    return bytes.withUnsafeBytes { send($0, epoll) }
  }
}
