// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// A question that came as a datagram, while others are asked: a socket of its own, hence a port that nobody can guess.
final class ForwardedQuestion {
  enum Outcome {
    case nothing
    case answer([UInt8])
    /// The next server may know more.
    case useless
  }

  let client: InternetEndpoint
  var token: UInt64 = 0
  /// When the next server is asked, or it is given up.
  private(set) var deadline: Int64 = 0
  private let question: NameQuestion
  private var servers: ArraySlice<InternetEndpoint>
  private var socket: OwnedDescriptor?
  private var number: UInt16 = 0
  /// What was sent last.
  private(set) var message: [UInt8] = []
  /// What a server has said that had no answer.
  private var excuse: [UInt8]?

  init(_ question: NameQuestion, for client: InternetEndpoint, servers: [InternetEndpoint]) {
    self.question = question
    self.client = client
    self.servers = servers[...]
  }

  /// For the asker when nobody knows.
  var failure: [UInt8] { excuse ?? question.answer(code: .failure, limit: question.mostBytes) }

  /// - Returns: false when there is nobody left.
  func askNext(_ nameServer: NameServer, _ loop: NetworkLoop) -> Bool {
    socket = nil
    while let server = servers.popFirst() {
      do throws(SyscallError) {
        let made = try nameServer.socket(stream: false, to: server)
        number = UInt16.random(in: 0...UInt16.max)
        message = question.message(numbered: number)
        _ = try send(made.fd, message[...])
        try loop.epoll.add(made.fd, .input, token: token)
        socket = made
        deadline = monotonicNanoseconds() + nameServer.patienceNanoseconds
        return true
      } catch {
        // No way to this one; there may be one to the next.
        continue
      }
    }
    return false
  }

  /// Looks at what has come. What answers something else is passed over.
  func take(_ buffer: UnsafeMutableRawBufferPointer) -> Outcome {
    for _ in 0..<NameServer.Limit.batch {
      guard let socket else { return .useless }
      do throws(SyscallError) {
        guard let count = try receive(socket.fd, into: buffer) else { return .nothing }
        guard let answer = question.relayed(Array(buffer[..<count]), numbered: number) else { continue }
        if !NameQuestion.isUseless(answer) { return .answer(answer) }
        excuse = answer
        return .useless
      } catch { return .useless }
    }
    return .nothing
  }
}
