// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import Linux
import Testing

@Suite("System calls")
struct LinuxTests {
  @Test("errors speak the kernel's words in lower case, and acronyms stay")
  func words() {
    #expect("\(Errno.noEntry)" == "no such file or directory")
    #expect(Errno.noEntry.name == "ENOENT")
    #expect("\(SyscallError("open", .accessDenied, "/x"))" == "open /x: permission denied")
    #expect("\(SyscallError("setsid", .notPermitted))" == "setsid: operation not permitted")
  }

  @Test("what would drive a terminal or begin a line is made visible, and nothing else is changed")
  func printable() {
    #expect("Grüße, \u{1F426} of \u{A0}\u{C9}\"\\".oneLine == "Grüße, \u{1F426} of \u{A0}\u{C9}\"\\")
    #expect("a\nb\r\t\u{1B}[31m\u{7}\u{7F}\u{9B}1m\u{0}".oneLine == #"a\nb\r\t\x1b[31m\x07\x7f\x9b1m\x00"#)
    #expect("say \"a\\b\"\n".quoted == #""say \"a\\b\"\n""#)
    for value in UInt32.min..<0x200 {
      let text = String(Unicode.Scalar(value)!)
      #expect(
        (text.oneLine == text) == !(value < 0x20 || 0x7F..<0xA0 ~= value), "U+\(String(value, radix: 16))")
    }
  }

  @Test("a descriptor passes through a socket with its message")
  func passing() throws {
    let pair = try socketpair(.sequencedPacket)
    let file = try memfdCreate("passed")
    try pwriteAll(file.fd, Array("content".utf8))
    try send(pair.first.fd, [1, 2, 3], passing: file.fd)
    let message = try receive(pair.second.fd, limit: 16)
    #expect(message.bytes == [1, 2, 3])
    let opened = OpenFile(message)
    let received = try #require(opened)
    #expect(try preadAll(received.fd, limit: 64) == Array("content".utf8))
  }

  @Test("a closed peer is an end, not an error")
  func end() throws {
    let end = try socketpair(.sequencedPacket).takeFirst()
    #expect(try receive(end.fd, limit: 16).bytes.isEmpty)
  }

  @Test("a file above the limit is refused by name of the limit")
  func tooLarge() throws {
    let directory = try Scratch()
    let file = try openat(directory.fd, "large", [.writeOnly, .create], mode: 0o600)
    try writeAll(file.fd, [UInt8](repeating: 0, count: 100))
    let error = #expect(throws: SyscallError.self) { try readFile(directory.fd, "large", limit: 99) }
    #expect(error?.errno.isTooLarge == true)
    #expect(try readFile(directory.fd, "large", limit: 100).count == 100)
  }

  @Test("directories are listed without . and ..")
  func listing() throws {
    let directory = try Scratch()
    for name in ["one", "two", ".hidden"] { try mkdirat(directory.fd, name, mode: 0o755) }
    #expect(Set(try listDirectory(directory.fd).map(\.name)) == ["one", "two", ".hidden"])
  }

  @Test("the set of ignored signals is read from the kernel")
  func ignored() throws {
    ignoreBrokenPipes()
    #expect(try ignoredSignals().contains(SignalSet(SIGPIPE)))
    resetSignalDispositions(SignalSet(SIGPIPE))
    #expect(try !ignoredSignals().contains(SignalSet(SIGPIPE)))
    ignoreBrokenPipes()
  }

  @Test("a lock that somebody else holds is told, not waited for")
  func locking() throws {
    let directory = try Scratch()
    let first = try openat(directory.fd, "lock", [.readWrite, .create], mode: 0o600)
    let second = try openat(directory.fd, "lock", [.readWrite])
    #expect(try flock(first.fd, exclusive: true, wait: false))
    #expect(try !flock(second.fd, exclusive: true, wait: false))
    try unlock(first.fd)
    #expect(try flock(second.fd, exclusive: true, wait: false))
  }
}

/// A descriptor that came with a message; tests hold it by reference.
final class OpenFile {
  let fd: FD
  init?(_ message: consuming ReceivedMessage) {
    guard let descriptor = message.takeDescriptor() else { return nil }
    fd = FD(descriptor.release())
  }
  deinit { closeInherited(fd.rawValue) }
}

/// An empty directory that goes with its owner.
final class Scratch {
  let path: String
  private let directory: Descriptor

  init() throws {
    path = NSTemporaryDirectory() + "/roost-linux-" + UUID().uuidString
    try mkdirat(.workingDirectory, path, mode: 0o700)
    directory = try openat(.workingDirectory, path, [.readOnly, .directory])
  }

  var fd: FD { directory.fd }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
