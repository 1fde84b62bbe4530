// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// A program of the host that gives bytes on its standard output, such as curl(1), and complaints on the other.
///
/// Used by one thread at a time.
final class HelperProgram {
  private let process: Descriptor
  private let output: Descriptor
  private let errors: Descriptor
  private let path: String
  private var hasErrors = true
  private var line: [UInt8] = []
  private var complaints: [String] = []
  private var status: ExitStatus?

  private static let keptLines = 40
  private static let longestLine = 500

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - path: where it is.
  ///   - arguments: without the program's own name.
  ///   - input: what it reads from standard input, at most 64 KiB: a pipe holds that much.
  ///   - variables: its environment, beside PATH.
  ///   - output: where standard output goes; nil makes it readable here.
  init(
    _ path: String, _ arguments: [String], input: [UInt8] = [], variables: [String: String] = [:],
    output: FD? = nil
  ) throws(RootFSError) {
    self.path = path
    do throws(SyscallError) {
      let inputPipe = try pipe()
      try writeAll(inputPipe.second.fd, input)
      let outputPipe = try pipe()
      let errorPipe = try pipe()
      let own = variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      process = try spawn(
        [path] + arguments, environment: SystemPath.environment + own,
        streams: [inputPipe.first.fd, output ?? outputPipe.second.fd, errorPipe.second.fd])
      self.output = outputPipe.takeFirst()
      errors = errorPipe.takeFirst()
      // inputPipe closes here: what was written is all that the program gets.
    } catch {
      throw RootFSError(.system, "cannot start", subject: path, errno: error.errno.rawValue)
    }
  }

  /// The caller's values of variables.
  static func variables(_ names: [String]) -> [String: String] {
    var result: [String: String] = [:]
    for name in names { if let value = getenv(name) { result[name] = String(cString: value) } }
    return result
  }

  /// Waits until there is something to read, or the end of standard output.
  ///
  /// - Parameter onLine: called with the last line on standard error when there is another one.
  func waitForOutput(_ onLine: (String) -> Void) throws(RootFSError) {
    do throws(SyscallError) {
      while true {
        var entries = [PollEntry(output.fd)] + (hasErrors ? [PollEntry(errors.fd)] : [])
        try poll(&entries)
        if entries[0].isReadable { return }
        if entries.count > 1, entries[1].isReadable {
          try readErrors()
          if let last = complaints.last { onLine(last) }
        }
      }
    } catch {
      throw RootFSError(.system, "cannot wait for it", subject: path, errno: error.errno.rawValue)
    }
  }

  /// Reads some of what the program writes to standard output, and takes note of its complaints meanwhile.
  ///
  /// - Returns: the number of bytes; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(RootFSError) -> Int {
    do throws(SyscallError) {
      while true {
        var entries = [PollEntry(output.fd)] + (hasErrors ? [PollEntry(errors.fd)] : [])
        try poll(&entries)
        if entries.count > 1, entries[1].isReadable { try readErrors() }
        if entries[0].isReadable { return try Linux.read(output.fd, into: buffer) }
      }
    } catch {
      throw RootFSError(.system, "cannot read what it writes", subject: path, errno: error.errno.rawValue)
    }
  }

  private func readErrors() throws(SyscallError) {
    let bytes = try Linux.read(errors.fd, upTo: 4096)
    if bytes.isEmpty { hasErrors = false }
    for byte in bytes {
      if byte != UInt8(ascii: "\n") && byte != UInt8(ascii: "\r") {
        if line.count < Self.longestLine { line.append(byte) }
        continue
      }
      endLine()
    }
    if !hasErrors { endLine() }
  }

  private func endLine() {
    defer { line = [] }
    let text = String(decoding: line.map { $0 < 0x20 || $0 == 0x7f ? 0x20 : $0 }, as: UTF8.self)
    guard line.contains(where: { $0 > 0x20 }) else { return }
    complaints.append(text)
    if complaints.count > Self.keptLines { complaints.removeFirst() }
  }

  /// Waits for the end of the program, which must have ended its output or be about to die.
  ///
  /// - Returns: its exit status, and the last lines of standard error.
  func finish() throws(RootFSError) -> (status: ExitStatus, lines: [String]) {
    do throws(SyscallError) {
      while hasErrors { try readErrors() }
      if status == nil { status = try waitid(process.fd) }
    } catch {
      throw RootFSError(.system, "cannot wait for it", subject: path, errno: error.errno.rawValue)
    }
    guard let status else { throw RootFSError(.system, "has no exit status", subject: path) }
    return (status, complaints)
  }

  /// Ends the program.
  func stop() {
    // bestEffort: a program that has ended by itself needs no signal
    try? pidfdSendSignal(process.fd, SIGTERM)
  }
}
