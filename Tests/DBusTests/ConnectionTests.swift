// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import Testing

@testable import DBus

/// A bus of the tests' own.
private final class Bus {
  static let program = "/usr/bin/dbus-daemon"
  let path: String
  private let process = Process()

  init() throws {
    path =
      FileManager.default.temporaryDirectory.path
      + "/roost-bus-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    process.executableURL = URL(fileURLWithPath: Bus.program)
    process.arguments = ["--session", "--nofork", "--print-address=1", "--address=unix:path=\(path)"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    // It prints its address when it listens.
    _ = output.fileHandleForReading.availableData
  }

  func stop() {
    // Not awaited: Foundation's run loop misses the end of a process now and then, and waits for ever.
    kill(process.processIdentifier, SIGKILL)
    unlink(path)
  }
}

@Suite(
  .serialized, .enabled(if: FileManager.default.isExecutableFile(atPath: Bus.program), "needs dbus-daemon"))
struct ConnectionTests {
  private func call(_ member: String, _ body: [DBusValue] = []) -> DBusMessage {
    .call(
      member, interface: DBusConnection.busName, path: DBusConnection.busPath,
      destination: DBusConnection.busName,
      body)
  }

  @Test func callsAreAnswered() throws {
    let bus = try Bus()
    defer { bus.stop() }
    let connection = try DBusConnection(DBusAddress(path: bus.path), hello: true)
    let answer = try connection.call(call("GetNameOwner", [.string(DBusConnection.busName)]))
    #expect(answer == [.string(DBusConnection.busName)])
    let names = try connection.call(call("ListNames"))
    guard case .array(of: "s", let list)? = names.first else {
      Issue.record("\(names)")
      return
    }
    #expect(list.count == 2)
  }

  @Test func anErrorIsThrownWithItsName() throws {
    let bus = try Bus()
    defer { bus.stop() }
    let connection = try DBusConnection(DBusAddress(path: bus.path), hello: true)
    do {
      _ = try connection.call(call("GetNameOwner", [.string("org.example.Nobody")]))
      Issue.record("an answer")
    } catch {
      guard case .answered(let name, let message) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(name == "org.freedesktop.DBus.Error.NameHasNoOwner")
      #expect(message.contains("org.example.Nobody"))
    }
  }

  /// A signal that comes before the answer to a call is not lost.
  @Test func signalsAreKept() throws {
    let bus = try Bus()
    defer { bus.stop() }
    let connection = try DBusConnection(DBusAddress(path: bus.path), hello: true)
    try connection.addMatch("type='signal',interface='\(DBusConnection.busName)',member='NameOwnerChanged'")
    // The bus announces the change of owner before it answers.
    _ = try connection.call(call("RequestName", [.string("org.example.Name"), .uint32(0)]))
    let signal = try connection.signal(timeoutMilliseconds: 10_000) {
      $0.member == "NameOwnerChanged" && $0.body.first == .string("org.example.Name")
    }
    #expect(signal?.interface == DBusConnection.busName)
    // The bus may also tell us that we have the name (NameAcquired); what was asked for comes once.
    #expect(try connection.signal(timeoutMilliseconds: 0) { $0.member == "NameOwnerChanged" } == nil)
  }

  @Test func whoIsNotGreetedIsDisconnected() throws {
    let bus = try Bus()
    defer { bus.stop() }
    let connection = try DBusConnection(DBusAddress(path: bus.path), hello: false)
    #expect(throws: DBusError.self) { try connection.call(call("ListNames"), timeoutMilliseconds: 10_000) }
  }

  @Test func nobodyListens() {
    #expect(throws: DBusError.self) { try DBusConnection(DBusAddress(path: "/nonexistent/bus"), hello: true) }
  }
}
