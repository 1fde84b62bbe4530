// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import ContainerPlan
internal import Linux

/// What runtime, stage and container say to each other: one frame per message of a sequenced-packet socket.
///
/// The first byte is the kind, the rest its payload; `docs/sync-protocol.md` is the table. End of file without a frame
/// means that the other side executed its program (the socket is close-on-exec) or died.
enum Frame {
  /// A meeting point, with its payload.
  case milestone(Milestone, [UInt8])
  /// A failed step: what the caller shall read, and the exit status.
  case failure(message: String, exitStatus: Int32)
  case closed
  /// The other side died before it had read everything, hence before it executed anything.
  case died

  static let failureKind: UInt8 = 0xFF
  /// Longer messages are cut: a frame must fit into one packet.
  static let limit = 65536

  var encoded: [UInt8] {
    switch self {
    case .milestone(let milestone, let payload): return [milestone.rawValue] + payload
    case .failure(let message, let exitStatus):
      return [Frame.failureKind, UInt8(truncatingIfNeeded: exitStatus)]
        + Array(message.utf8.prefix(Frame.limit - 2))
    case .closed, .died: return []
    }
  }

  init(_ bytes: [UInt8]) throws(SyscallError) {
    guard let kind = bytes.first else {
      self = .closed
      return
    }
    if kind == Frame.failureKind, bytes.count >= 2 {
      self = .failure(message: String(decoding: bytes[2...], as: UTF8.self), exitStatus: Int32(bytes[1]))
    } else if let milestone = Milestone(rawValue: kind) {
      self = .milestone(milestone, Array(bytes.dropFirst()))
    } else {
      throw SyscallError("recvmsg", .invalidArgument, "unknown frame \(kind)")
    }
  }
}

/// One end of the synchronisation socket.
final class Channel {
  let socket: Descriptor

  init(socket: consuming Descriptor) { self.socket = socket }

  func send(
    _ milestone: Milestone, _ payload: [UInt8] = [], passing fd: FD? = nil
  ) throws(StepFailure) {
    try step("synchronisation (\(milestone))") { () throws(SyscallError) in
      try Linux.send(socket.fd, Frame.milestone(milestone, payload).encoded, passing: fd)
    }
  }

  /// Sends to a side that may have ended.
  ///
  /// - Returns: false when nobody is there to read it.
  func sendIfHeard(_ milestone: Milestone, _ payload: [UInt8]) throws(StepFailure) -> Bool {
    do throws(SyscallError) {
      try Linux.send(socket.fd, Frame.milestone(milestone, payload).encoded)
      return true
    } catch {
      if error.errno == Errno(EPIPE) || error.errno == .connectionReset { return false }
      throw StepFailure("synchronisation (\(milestone))", error)
    }
  }

  /// Reports a failure. Nobody may be listening any more; then there is nobody to tell.
  func report(_ failure: StepFailure) {
    let frame = Frame.failure(message: failure.message, exitStatus: failure.exitStatus)
    try? Linux.send(socket.fd, frame.encoded)  // bestEffort: the exit status says it too
  }

  /// Waits for one frame and the descriptor that came with it.
  func receive() throws(StepFailure) -> (frame: Frame, descriptor: OwnedDescriptor?) {
    do throws(SyscallError) {
      return try receiveOnce()
    } catch {
      guard error.errno == .connectionReset else { throw StepFailure("synchronisation", error) }
    }
    // The other side died with a frame of ours unread. The kernel says so before it gives out what it had sent.
    do throws(SyscallError) {
      let received = try receiveOnce()
      if case .closed = received.frame { return (.died, nil) }
      return received
    } catch { throw StepFailure("synchronisation", error) }
  }

  private func receiveOnce() throws(SyscallError) -> (frame: Frame, descriptor: OwnedDescriptor?) {
    let message = try Linux.receive(socket.fd, limit: Frame.limit)
    let bytes = message.bytes
    let descriptor = OwnedDescriptor(message)
    return (try Frame(bytes), descriptor)
  }
}

extension OwnedDescriptor {
  /// What came with a message; nil when nothing did.
  convenience init?(_ message: consuming ReceivedMessage) {
    guard let descriptor = message.takeDescriptor() else { return nil }
    self.init(descriptor)
  }
}
