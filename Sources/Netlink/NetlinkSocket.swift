// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
public import Linux

/// A netlink(7) socket of the network namespace in which it was made; it stays there when its maker moves on.
///
/// Requests are answered before a call returns. Errors carry what the kernel says about them (`NETLINK_EXT_ACK`).
public final class NetlinkSocket {
  /// Which part of the kernel answers.
  public enum Subsystem: Sendable {
    /// Links, addresses, routes, neighbours: rtnetlink(7).
    case route
    /// nf_tables.
    case netfilter

    var number: Int32 {
      switch self {
      case .route: NETLINK_ROUTE
      case .netfilter: NETLINK_NETFILTER
      }
    }
  }

  private let subsystem: Subsystem
  private var descriptor: Descriptor
  private var sequence: UInt32 = 0
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)

  /// Opens a socket in the caller's network namespace.
  public init(_ subsystem: Subsystem) throws(NetlinkError) {
    let result = cl_netlink_socket(subsystem.number)
    guard result >= 0 else { throw Self.failure("socket", result) }
    self.subsystem = subsystem
    descriptor = Descriptor(owning: Int32(truncatingIfNeeded: result))
    // Linux 4.12 and 4.20. Short acknowledgements, the kernel's words, and dumps that honour their filters.
    for option in [NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK] {
      let result = cl_netlink_option(descriptor.rawValue, Int32(option), 1)
      if result < 0 { throw Self.failure("setsockopt", result) }
    }
    // Acknowledgements of a large batch queue up before we read. The default is enough for all others.
    _ = cl_socket_receive_buffer(descriptor.rawValue, 4 << 20)
  }

  private static func failure(_ call: String, _ result: Int, _ object: String = "") -> NetlinkError {
    NetlinkError(call, Errno(Int32(truncatingIfNeeded: -result)), object: object)
  }

  /// Whoever closes a socket of nf_tables waits until the kernel has let go of everything that was deleted, by anybody: an RCU
  /// grace period, ten milliseconds. The kernel does it in its own time.
  deinit {
    guard subsystem == .netfilter else { return }
    var last = Descriptor(owning: -1)
    swap(&descriptor, &last)
    closeLater(last)
  }

  // MARK: Requests

  /// Sends requests as one datagram, which the kernel takes in order, and waits for all acknowledgements.
  ///
  /// The kernel goes on after a request that failed.
  ///
  /// - Throws: ``NetlinkError``, the first.
  public func send(_ messages: [NetlinkMessage]) throws(NetlinkError) {
    try send(messages, isTransaction: false)
  }

  /// Sends a batch of nfnetlink. The kernel refuses it as a whole with an error of its first message, which is then the
  /// only answer; else the message that asks for it is acknowledged after all errors of others.
  func sendTransaction(_ messages: [NetlinkMessage]) throws(NetlinkError) {
    try send(messages, isTransaction: true)
  }

  private func send(_ messages: [NetlinkMessage], isTransaction: Bool) throws(NetlinkError) {
    let first = sequence &+ 1
    try transmit(messages)
    var failure: NetlinkError?
    var pending = messages.reduce(0) { $0 + ($1.wantsAcknowledgement ? 1 : 0) }
    while pending > 0 {
      for reply in try receive() where reply.type == UInt16(NLMSG_ERROR) {
        let index = Int(reply.sequence &- first)
        guard messages.indices.contains(index) else { continue }
        if let error = try Self.error(in: reply, to: messages[index]) { failure = failure ?? error }
        if messages[index].wantsAcknowledgement { pending -= 1 }
        if isTransaction, index == 0 { pending = 0 }
      }
    }
    if let failure { throw failure }
  }

  public func send(_ message: NetlinkMessage) throws(NetlinkError) { try send([message]) }

  /// Sends a request for one object (`RTM_GET*`) or a dump and gives what the kernel answers.
  ///
  /// A dump that the kernel calls inconsistent (`NLM_F_DUMP_INTR`), because something changed meanwhile, is taken again.
  func query(_ message: NetlinkMessage) throws(NetlinkError) -> [NetlinkReply] {
    for _ in 0..<16 {
      if let replies = try queryOnce(message) { return replies }
    }
    throw NetlinkError(message.name, .interrupted, reason: "it keeps changing", object: message.object)
  }

  /// - Returns: nil for an inconsistent dump.
  private func queryOnce(_ message: NetlinkMessage) throws(NetlinkError) -> [NetlinkReply]? {
    try transmit([message])
    var result: [NetlinkReply] = []
    var isConsistent = true
    while true {
      for reply in try receive() where reply.sequence == sequence {
        if reply.flags & UInt16(NLM_F_DUMP_INTR) != 0 { isConsistent = false }
        switch Int32(reply.type) {
        case NLMSG_ERROR, NLMSG_DONE:
          if let error = try Self.error(in: reply, to: message) { throw error }
          return isConsistent ? result : nil
        default:
          result.append(reply)
          if !message.isDump, !message.wantsAcknowledgement { return result }
        }
      }
    }
  }

  // MARK: Datagrams

  private func transmit(_ messages: [NetlinkMessage]) throws(NetlinkError) {
    var datagram: [UInt8] = []
    for message in messages {
      sequence &+= 1
      datagram += message.numbered(sequence)
    }
    while true {
      let sent = cl_netlink_send(descriptor.rawValue, datagram, datagram.count)
      if sent == -Int(EINTR) { continue }
      if sent < 0 { throw Self.failure("sendto", sent, messages.first?.name ?? "") }
      return
    }
  }

  private func receive() throws(NetlinkError) -> [NetlinkReply] {
    while true {
      var sender: UInt32 = 0
      var length = 0
      // The kernel fills at most 32 KiB per datagram of a dump; one object is far smaller.
      let fd = descriptor.rawValue
      length = buffer.withUnsafeMutableBytes {
        cl_netlink_receive(fd, $0.baseAddress, $0.count, 0, &sender)
      }
      if length == -Int(EINTR) { continue }
      if length < 0 { throw Self.failure("recvfrom", length) }
      // Any process may send to our port; only the kernel's is number 0.
      if sender != 0 { continue }
      guard length <= buffer.count else { throw .malformed("netlink", "a datagram was cut") }
      return try NetlinkReply.split(buffer[..<length])
    }
  }

  // MARK: Errors

  /// What an acknowledgement says; nil for success.
  static func error(in reply: NetlinkReply, to message: NetlinkMessage) throws(NetlinkError) -> NetlinkError?
  {
    // Both NLMSG_ERROR and NLMSG_DONE start with the number.
    guard let code: Int32 = reply.payload.load() else {
      // A dump may end without one.
      if reply.type == UInt16(NLMSG_DONE) { return nil }
      throw .malformed(message.name, "an acknowledgement without error number")
    }
    guard code != 0 else { return nil }
    var reason = ""
    if reply.flags & UInt16(NLM_F_ACK_TLVS) != 0 {
      let headerLength = reply.type == UInt16(NLMSG_DONE) ? 4 : MemoryLayout<nlmsgerr>.size
      let attributes = try Attributes(reply.payload.dropFirst(headerLength), message.name)
      reason = attributes.text(number(NLMSGERR_ATTR_MSG)) ?? ""
    }
    return NetlinkError(message.name, Errno(abs(code)), reason: reason, object: message.object)
  }
}

/// Calls `body` with the network namespace behind `namespace` as this thread's own, and comes back.
///
/// Sockets that `body` opens stay in that namespace.
///
/// - Returns: what `body` returns or throws.
/// - Throws: when the way there is barred, or the way back (`CAP_SYS_ADMIN` lost).
public func withNetworkNamespace<T, Failure>(
  _ namespace: FD, _ body: () throws(Failure) -> T
) throws(SyscallError) -> Result<T, Failure> {
  let home = try openat(.workingDirectory, "/proc/thread-self/ns/net", [.readOnly])
  try setns(namespace, .newNetwork)
  let result: Result<T, Failure>
  do throws(Failure) { result = .success(try body()) } catch { result = .failure(error) }
  try setns(home.fd, .newNetwork)
  return result
}
