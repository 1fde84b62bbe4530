// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// A connection to a message bus, or to a single peer that speaks D-Bus.
///
/// Blocking, for one thread: it sends a call and reads until the answer is there. Signals that come meanwhile are kept.
public final class DBusConnection {
  private let socket: Descriptor
  private var serial: UInt32 = 0
  /// What was read and does not yet make a message.
  private var input: [UInt8] = []
  /// Signals that came while an answer was awaited.
  private var signals: [DBusMessage] = []

  /// Connects and says who we are.
  ///
  /// - Parameter hello: whether this is a bus, which wants to be greeted and gives out names, rather than a peer.
  public init(_ address: DBusAddress, hello: Bool, timeoutMilliseconds: Int = 10_000) throws(DBusError) {
    do throws(SyscallError) {
      socket = try connectUnix(.stream, path: address.path)
    } catch { throw .transport(error) }
    try authenticate(timeoutMilliseconds)
    if hello {
      _ = try call(
        .call("Hello", interface: Self.busName, path: Self.busPath, destination: Self.busName),
        timeoutMilliseconds: timeoutMilliseconds)
    }
  }

  /// Of the bus itself.
  public static let busName = "org.freedesktop.DBus"
  static let busPath = "/org/freedesktop/DBus"

  // MARK: Messages

  /// Calls a method and waits for its answer.
  ///
  /// - Returns: the answer's values.
  /// - Throws: ``DBusError/answered(name:message:)`` when the answer is an error.
  public func call(
    _ message: DBusMessage, timeoutMilliseconds: Int = 25_000
  ) throws(DBusError) -> [DBusValue] {
    var message = message
    serial += 1
    message.serial = serial
    let bytes = try message.encoded()
    do throws(SyscallError) { try send(socket.fd, bytes) } catch { throw .transport(error) }
    let clock = Clock(milliseconds: timeoutMilliseconds)
    while let answer = try receive(clock) {
      guard answer.replySerial == message.serial else {
        if answer.kind == .signal { signals.append(answer) }
        continue
      }
      if answer.kind == .methodReturn { return answer.body }
      throw .answered(name: answer.errorName ?? "", message: answer.body.first?.text ?? "")
    }
    throw .timedOut(message.member ?? "a call")
  }

  /// Asks a bus for the signals that match a rule.
  public func addMatch(_ rule: String) throws(DBusError) {
    _ = try call(
      .call(
        "AddMatch", interface: Self.busName, path: Self.busPath, destination: Self.busName, [.string(rule)]))
  }

  /// The next signal that is wanted; others are dropped.
  ///
  /// - Returns: nil at the end of the time.
  public func signal(
    timeoutMilliseconds: Int, where isWanted: (DBusMessage) -> Bool
  ) throws(DBusError) -> DBusMessage? {
    let clock = Clock(milliseconds: timeoutMilliseconds)
    while !signals.isEmpty {
      let message = signals.removeFirst()
      if isWanted(message) { return message }
    }
    while let message = try receive(clock) {
      if message.kind == .signal && isWanted(message) { return message }
    }
    return nil
  }

  /// The next message; nil at the end of the time.
  private func receive(_ clock: Clock) throws(DBusError) -> DBusMessage? {
    while true {
      if input.count >= DBusMessage.fixedHeaderLength {
        let length = try DBusMessage.length(input)
        if input.count >= length {
          let bytes = Array(input[..<length])
          input.removeFirst(length)
          return try DBusMessage(bytes)
        }
      }
      guard try fill(clock) else { return nil }
    }
  }

  /// Reads what is there.
  ///
  /// - Returns: false at the end of the time.
  private func fill(_ clock: Clock) throws(DBusError) -> Bool {
    let part: [UInt8]
    do throws(SyscallError) {
      var entries = [PollEntry(socket.fd)]
      if try poll(&entries, timeoutMilliseconds: clock.remainingMilliseconds) == 0 { return false }
      part = try read(socket.fd, upTo: 1 << 16)
    } catch { throw error.errno == .connectionReset ? .closed : .transport(error) }
    if part.isEmpty { throw .closed }
    input += part
    return true
  }

  // MARK: Authentication

  /// SASL EXTERNAL: the kernel tells the peer who we are (D-Bus specification, "Authentication Protocol").
  ///
  /// We name no user id, since in a user namespace ours is another than the one that the peer sees. All of our part goes
  /// out at once: systemd's own peers overlook a message that it reads together with BEGIN, so BEGIN must have been
  /// read when the first message is sent, and the answer to what came with it says so.
  private func authenticate(_ timeoutMilliseconds: Int) throws(DBusError) {
    let clock = Clock(milliseconds: timeoutMilliseconds)
    do throws(SyscallError) {
      try send(socket.fd, Array("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n".utf8))
    } catch { throw .transport(error) }
    var answer = try line(clock)
    if answer == "DATA" || answer.utf8.starts(with: "DATA ".utf8) { answer = try line(clock) }
    guard answer.utf8.starts(with: "OK".utf8) else { throw .refusedIdentity(answer) }
  }

  private func line(_ clock: Clock) throws(DBusError) -> String {
    while true {
      if let end = input.firstIndex(of: 0x0A) {
        let text = String(decoding: input[..<end].filter { $0 != 0x0D }, as: UTF8.self)
        input.removeFirst(end + 1)
        return text
      }
      if input.count > 16384 { throw .malformed("the peer's greeting has no end") }
      guard try fill(clock) else { throw .timedOut("the authentication") }
    }
  }
}

/// A time until which something is waited for.
private struct Clock {
  private let end: Int64

  init(milliseconds: Int) { end = monotonicNanoseconds() + Int64(milliseconds) * 1_000_000 }

  var remainingMilliseconds: Int32 {
    Int32(clamping: max(0, (end - monotonicNanoseconds() + 999_999) / 1_000_000))
  }
}
