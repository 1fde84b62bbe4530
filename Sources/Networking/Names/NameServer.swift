// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux
public import Netlink

/// Questions of a container's programs about names, answered by this process.
///
/// Its sockets are in the container's network namespace, at an address of the loopback there. Names of the container's hosts file it
/// knows itself; with others it asks those whom the host asks, from the container's namespace and thus by the ways that are open to
/// the container: nothing leaves an internal network. It keeps nothing that it was told.
///
/// Neither end is trusted. Questions and streams are counted and limited; an answer must come from whom was asked, to a port and
/// with a number that nobody can know, and repeat the question.
public final class NameServer {
  /// As Docker's.
  public static let address = IPAddress(.v4, 127 << 24 | 11)
  private static let mappedAddress = IPAddress(.v6, 0xffff << 32 | address.value)

  enum Limit {
    /// Asked of others at once; the longest unanswered makes room.
    static let questions = 256
    static let streams = 32
    /// Datagrams or connections in a report.
    static let batch = 32
    /// For all servers together: resolvers ask again after five seconds.
    static let patienceNanoseconds: Int64 = 4_500_000_000
    /// A stream on which nothing happens.
    static let silenceNanoseconds: Int64 = 10_000_000_000
    static let tickMilliseconds = 250
  }

  private let loop: NetworkLoop
  private let namespace: OwnedDescriptor
  private var timer: LoopTimer?
  private let datagrams: OwnedDescriptor
  private let connections: OwnedDescriptor
  private var hosts: HostsFile?
  private(set) var servers: [InternetEndpoint] = []
  private var questions: [UInt64: ForwardedQuestion] = [:]
  private var streams: [UInt64: NameStream] = [:]
  private var connectionsToken: UInt64 = 0

  /// - Throws: where the namespace has no IPv4 loopback, or the kernel no nf_tables.
  init(_ loop: NetworkLoop, namespace: OwnedDescriptor) throws {
    self.loop = loop
    self.namespace = namespace
    let own = InternetEndpoint(Self.address.value, isVersion6: false, port: Self.ownPort)
    let sockets = try withNetworkNamespace(namespace.fd) { () throws(SyscallError) in
      let datagrams = OwnedDescriptor(try internetSocket(stream: false, isVersion6: false))
      let connections = OwnedDescriptor(try internetSocket(stream: true, isVersion6: false))
      for socket in [datagrams, connections] { try bind(socket.fd, own) }
      try listen(connections.fd, backlog: Int32(Limit.streams))
      return (datagrams, connections)
    }.get()
    (datagrams, connections) = sockets
    let netlink = try withNetworkNamespace(namespace.fd) { try NetlinkSocket(.netfilter) }.get()
    try netlink.commit(NameServerRules.messages)
    loop.expect(descriptors: Limit.questions + 2 * Limit.streams)
    timer = try LoopTimer(loop, everyMilliseconds: Limit.tickMilliseconds) { [weak self] in self?.tick() }
    try loop.watch(datagrams.fd, .input) { [weak self] _ in self?.receive() }
    connectionsToken = try loop.watch(connections.fd, .input) { [weak self] _ in self?.accept() }
  }

  /// From here on it has answers.
  ///
  /// - Parameters:
  ///   - hosts: The path of the container's hosts file.
  ///   - servers: Whom to ask, in this order.
  func answer(from hosts: String, asking servers: [IPAddress]) {
    self.hosts = HostsFile(path: hosts)
    // Not itself, for ever.
    self.servers = servers.filter { $0 != Self.address && $0 != Self.mappedAddress }
      .map { InternetEndpoint($0.value, isVersion6: $0.version == .v6, port: Self.port) }
  }

  static let port: UInt16 = 53
  /// Where its sockets are, which is nobody's in the registry of services (RFC 6335).
  static let ownPort: UInt16 = 8

  /// With each server.
  var patienceNanoseconds: Int64 { Limit.patienceNanoseconds / Int64(max(1, servers.count)) }

  // MARK: Judging

  /// What becomes of a message.
  enum Verdict {
    case silence
    case answer([UInt8])
    /// Somebody else knows.
    case forward(NameQuestion)
  }

  func judge(_ message: [UInt8], limit: Int?) -> Verdict {
    let question: NameQuestion
    do throws(NameQuestion.Refusal) { question = try NameQuestion(message) } catch {
      return error.answer.map { .answer($0) } ?? .silence
    }
    hosts?.refresh()
    // Before anything is known nothing is asked of others.
    guard let table = hosts?.table else {
      return .answer(question.answer(code: .failure, limit: question.mostBytes))
    }
    guard let records = table.records(for: question) else {
      // Who asks for itself would do so for ever.
      let isOwn = questions.values.contains { $0.message == message }
      return isOwn ? .silence : .forward(question)
    }
    // Who takes the first one shall not always have the same.
    return .answer(question.answer(records.shuffled(), limit: limit ?? question.mostBytes))
  }

  /// A socket by which the container's own ways lead to a server.
  func socket(stream: Bool, to server: InternetEndpoint) throws(SyscallError) -> OwnedDescriptor {
    try withNetworkNamespace(namespace.fd) { () throws(SyscallError) in
      let socket = OwnedDescriptor(try internetSocket(stream: stream, isVersion6: server.isVersion6))
      try connect(socket.fd, server)
      return socket
    }.get()
  }

  // MARK: Datagrams

  private func receive() {
    for _ in 0..<Limit.batch {
      // bestEffort: a datagram that cannot be read is a lost one
      guard let received = try? receiveFrom(datagrams.fd, into: loop.buffer) else { return }
      switch judge(Array(loop.buffer[..<received.count]), limit: nil) {
      case .silence: continue
      case .answer(let answer): send(answer, to: received.sender)
      case .forward(let question): forward(question, for: received.sender)
      }
    }
  }

  private func send(_ answer: [UInt8], to client: InternetEndpoint) {
    answer.withUnsafeBytes {
      // bestEffort: datagrams may be lost
      try? Linux.send(datagrams.fd, $0, to: client)
    }
  }

  private func forward(_ question: NameQuestion, for client: InternetEndpoint) {
    if questions.count >= Limit.questions, let oldest = questions.min(by: { $0.key < $1.key }) {
      end(oldest.value)
    }
    let forwarded = ForwardedQuestion(question, for: client, servers: servers)
    forwarded.token = loop.token { [weak self, unowned forwarded] _ in self?.take(forwarded) }
    questions[forwarded.token] = forwarded
    if forwarded.askNext(self, loop) { timer?.run() } else { fail(forwarded) }
  }

  private func take(_ forwarded: ForwardedQuestion) {
    switch forwarded.take(loop.buffer) {
    case .nothing: return
    case .answer(let answer):
      send(answer, to: forwarded.client)
      end(forwarded)
    case .useless: if !forwarded.askNext(self, loop) { fail(forwarded) }
    }
  }

  private func fail(_ forwarded: ForwardedQuestion) {
    send(forwarded.failure, to: forwarded.client)
    end(forwarded)
  }

  private func end(_ forwarded: ForwardedQuestion) {
    loop.forget(forwarded.token)
    questions[forwarded.token] = nil
  }

  // MARK: Streams

  private func accept() {
    for _ in 0..<Limit.batch {
      let client: Descriptor
      do throws(SyscallError) { client = try acceptNonBlocking(connections.fd) } catch {
        if error.errno == .tryAgain { return }
        // Gone before it was taken.
        if error.errno == Errno(ECONNABORTED) { continue }
        // No descriptors, no memory: it stays where it is until the next tick.
        timer?.run()
        return setAccepting(false)
      }
      if streams.count >= Limit.streams, let silent = streams.values.min(by: { $0.lastUsed < $1.lastUsed }) {
        end(silent)
      }
      let stream = NameStream(OwnedDescriptor(client), self, loop)
      stream.token = loop.token { [weak self, unowned stream] events in
        if !stream.take(events) { self?.end(stream) }
      }
      streams[stream.token] = stream
      if stream.start() { timer?.run() } else { end(stream) }
    }
  }

  private func setAccepting(_ accepts: Bool) {
    // bestEffort: of a descriptor that is being watched it does not fail
    try? loop.epoll.change(connections.fd, accepts ? .input : [], token: connectionsToken)
  }

  func end(_ stream: NameStream) {
    loop.forget(stream.token)
    streams[stream.token] = nil
  }

  // MARK: Time

  private func tick() {
    let now = monotonicNanoseconds()
    for forwarded in questions.values where forwarded.deadline < now {
      if !forwarded.askNext(self, loop) { fail(forwarded) }
    }
    for stream in streams.values {
      stream.tick(now)
      if now - stream.lastUsed > Limit.silenceNanoseconds { end(stream) }
    }
    setAccepting(true)
    if questions.isEmpty, streams.isEmpty { timer?.run(false) }
  }
}
