// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// Questions on a connection, each behind its length (RFC 1035, section 4.2.2), one after the other.
final class NameStream {
  var token: UInt64 = 0
  private(set) var lastUsed: Int64
  private let socket: OwnedDescriptor
  private unowned let nameServer: NameServer
  private let loop: NetworkLoop
  private var events: EpollEvents = []
  private var input: ArraySlice<UInt8> = []
  private var output = PendingBytes()
  private var isAtEnd = false
  /// While somebody else is asked.
  private var inquiry: Inquiry?

  /// A question on its way to a server and back.
  private final class Inquiry {
    let question: NameQuestion
    var servers: ArraySlice<InternetEndpoint>
    var token: UInt64 = 0
    var socket: OwnedDescriptor?
    let number = UInt16.random(in: 0...UInt16.max)
    var output = PendingBytes()
    var input: ArraySlice<UInt8> = []
    /// When the next server is asked.
    var deadline: Int64 = 0
    /// What a server has said that had no answer.
    var excuse: [UInt8]?

    init(_ question: NameQuestion, _ servers: [InternetEndpoint]) {
      self.question = question
      self.servers = servers[...]
    }
  }

  /// What is still to be sent.
  private struct PendingBytes {
    private var bytes: [UInt8] = []
    private var sent = 0

    var isEmpty: Bool { sent == bytes.count }

    mutating func append(_ message: [UInt8]) {
      if isEmpty { (bytes, sent) = ([], 0) }
      bytes +=
        [UInt8(truncatingIfNeeded: message.count >> 8), UInt8(truncatingIfNeeded: message.count)] + message
    }

    mutating func send(_ socket: FD) throws(SyscallError) {
      guard !isEmpty else { return }
      sent += try Linux.send(socket, bytes[sent...])
    }
  }

  init(_ socket: OwnedDescriptor, _ nameServer: NameServer, _ loop: NetworkLoop) {
    self.socket = socket
    self.nameServer = nameServer
    self.loop = loop
    lastUsed = monotonicNanoseconds()
  }

  deinit { inquiry.map { loop.forget($0.token) } }

  /// - Returns: false when it cannot be.
  func start() -> Bool {
    do throws(SyscallError) {
      try loop.epoll.add(socket.fd, .input, token: token)
      events = .input
      return true
    } catch { return false }
  }

  /// Does what a report makes possible.
  ///
  /// - Returns: false when all is over.
  func take(_ reported: EpollEvents) -> Bool {
    if reported.contains(.error) { return false }
    lastUsed = monotonicNanoseconds()
    do throws(SyscallError) {
      if events.contains(.input), !reported.isDisjoint(with: [.input, .hangUp]) {
        guard let count = try receive(socket.fd, into: loop.buffer) else { return true }
        isAtEnd = count == 0
        input += loop.buffer[..<count]
      } else if reported.contains(.hangUp) {
        return false
      }
      return try goOn()
    } catch { return false }
  }

  /// Answers what can be answered, and waits for what must come next.
  private func goOn() throws(SyscallError) -> Bool {
    try output.send(socket.fd)
    var rest = NameServer.Limit.batch
    while rest > 0, output.isEmpty, inquiry == nil, let message = Self.next(&input) {
      rest -= 1
      switch nameServer.judge(message, limit: Int(UInt16.max)) {
      case .silence: return false
      case .answer(let answer): output.append(answer)
      case .forward(let question):
        inquiry = Inquiry(question, nameServer.servers)
        askNext()
      }
      try output.send(socket.fd)
    }
    if rest > 0, output.isEmpty, inquiry == nil, isAtEnd { return false }
    // Who has asked much at once waits for his next turn, which comes as soon as he can be answered.
    let wanted: EpollEvents = !output.isEmpty || rest == 0 ? .output : inquiry == nil ? .input : []
    if wanted != events { try loop.epoll.change(socket.fd, wanted, token: token) }
    events = wanted
    return true
  }

  /// Takes the first message off, if all of it is there.
  private static func next(_ bytes: inout ArraySlice<UInt8>) -> [UInt8]? {
    guard bytes.count >= 2 else { return nil }
    let length = bytes.prefix(2).reduce(0) { $0 << 8 | Int($1) }
    guard bytes.count >= 2 + length else { return nil }
    defer { bytes = bytes.dropFirst(2 + length) }
    return Array(bytes.dropFirst(2).prefix(length))
  }

  // MARK: Asking others

  /// Asks the next server, or says that there is none.
  private func askNext() {
    guard let inquiry else { return }
    loop.forget(inquiry.token)
    while let server = inquiry.servers.popFirst() {
      do throws(SyscallError) {
        let socket = try nameServer.socket(stream: true, to: server)
        // Whatever it has under way ends with it.
        try resetOnClose(socket.fd)
        inquiry.input = []
        inquiry.output = PendingBytes()
        inquiry.output.append(inquiry.question.message(numbered: inquiry.number))
        inquiry.token = try loop.watch(socket.fd, .output) { [weak self] events in self?.takeAnswer(events) }
        inquiry.socket = socket
        inquiry.deadline = monotonicNanoseconds() + nameServer.patienceNanoseconds
        return
      } catch {
        // No way to this one; there may be one to the next.
        continue
      }
    }
    finish(inquiry.excuse ?? inquiry.question.answer(code: .failure, limit: Int(UInt16.max)))
  }

  private func finish(_ answer: [UInt8]) {
    inquiry.map { loop.forget($0.token) }
    inquiry = nil
    output.append(answer)
  }

  private func takeAnswer(_ reported: EpollEvents) {
    lastUsed = monotonicNanoseconds()
    do throws(SyscallError) {
      guard let inquiry, let socket = inquiry.socket else { return }
      if let answer = try Self.goOn(inquiry, socket.fd, reported, loop) {
        finish(answer)
      } else {
        return
      }
    } catch { askNext() }
    resume()
  }

  /// Asks another server when one takes too long.
  func tick(_ now: Int64) {
    guard let inquiry, inquiry.deadline < now else { return }
    askNext()
    resume()
  }

  /// Goes on with the client once somebody has answered, or nobody will.
  private func resume() {
    guard inquiry == nil else { return }
    // bestEffort: a client who is gone has no use for the answer
    if (try? goOn()) != true { nameServer.end(self) }
  }

  /// - Returns: the answer, once it is there.
  /// - Throws: when this server has none.
  private static func goOn(
    _ inquiry: Inquiry, _ socket: FD, _ reported: EpollEvents, _ loop: NetworkLoop
  ) throws(SyscallError) -> [UInt8]? {
    if !inquiry.output.isEmpty {
      try takeError(of: socket)
      guard reported.contains(.output) else { throw SyscallError("connect", Errno(ECONNREFUSED)) }
      try inquiry.output.send(socket)
      if inquiry.output.isEmpty { try loop.epoll.change(socket, .input, token: inquiry.token) }
      return nil
    }
    guard let count = try receive(socket, into: loop.buffer) else { return nil }
    inquiry.input += loop.buffer[..<count]
    if let message = next(&inquiry.input) {
      guard let answer = inquiry.question.relayed(message, numbered: inquiry.number) else {
        throw SyscallError("recv", Errno(EPROTO))
      }
      guard NameQuestion.isUseless(answer) else { return answer }
      inquiry.excuse = answer
      throw SyscallError("recv", Errno(ENOENT))
    }
    if count == 0 { throw SyscallError("recv", Errno(ECONNRESET)) }
    return nil
  }
}
