// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// One container's directory: `container.json` (what was asked for), `state.json` (what it is doing), `config.json` (the
/// bundle), the files below `/etc`, and the layer that it writes to.
public struct ContainerDirectory: ~Copyable {
  public let id: String
  /// Absolute.
  public let path: String
  let directory: Descriptor

  enum FileName {
    static let record = "container.json"
    static let state = "state.json"
    static let configuration = "config.json"
    static let pid = "pid"
    /// What the runtime writes in `run`; the last line tells why a container did not start.
    static let log = "runtime.log"
    /// What runtimes write in operations on a running container.
    static let operationsLog = "operations.log"
  }

  /// More than any configuration of ours needs; a bound on what a damaged directory can make us read.
  private static let longestFile = 16 << 20

  /// What was asked for, and what the engine decided.
  ///
  /// - Returns: nil when the container was never finished: its maker died.
  public borrowing func readRecord() throws(EngineError) -> ContainerRecord? {
    guard let document = try read(FileName.record) else { return nil }
    return try ContainerRecord(document: document, source: "\(path)/\(FileName.record)")
  }

  /// What the container is doing, as far as it was written down.
  public borrowing func readState() throws(EngineError) -> ContainerState {
    guard let document = try read(FileName.state) else { return ContainerState(phase: .created) }
    return try ContainerState(document, source: "\(path)/\(FileName.state)")
  }

  borrowing func write(_ state: ContainerState) throws(EngineError) {
    try replace(FileName.state, Array(state.document.json().utf8))
  }

  borrowing func read(_ name: String) throws(EngineError) -> Document? {
    do {
      let bytes = try readFile(directory.fd, name, limit: Self.longestFile)
      return try Document(parsing: bytes, source: "\(path)/\(name)")
    } catch let error as SyscallError where error.errno == .noEntry {
      return nil
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError("\(path)/\(name): \(error)")
    }
  }

  /// Writes a file that must not exist yet.
  borrowing func create(_ name: String, _ bytes: [UInt8], mode: UInt32 = 0o600) throws(EngineError) {
    do {
      let file = try openat(directory.fd, name, [.writeOnly, .create, .exclusive, .noFollow], mode: mode)
      try writeAll(file.fd, bytes)
    } catch {
      throw EngineError("\(path)/\(name): cannot write: \(error)")
    }
  }

  /// Writes a file in one step: a reader sees the old text or the new one, never a part.
  borrowing func replace(_ name: String, _ bytes: [UInt8]) throws(EngineError) {
    let temporary = ".\(name).new"
    do {
      let file = try openat(
        directory.fd, temporary, [.writeOnly, .create, .truncate, .noFollow], mode: 0o600)
      try writeAll(file.fd, bytes)
      try renameat(directory.fd, temporary, directory.fd, name)
    } catch {
      throw EngineError("\(path)/\(name): cannot write: \(error)")
    }
  }

  borrowing func makeDirectory(_ name: String, mode: UInt32) throws(EngineError) {
    do {
      try mkdirat(directory.fd, name, mode: mode)
    } catch {
      throw EngineError("\(path)/\(name): cannot make the directory: \(error)")
    }
  }

  /// Takes the lock that a container's monitor holds as long as it lives: on the directory itself, so that there is no
  /// file to be made or left. It ends with this value, or with the process.
  ///
  /// - Returns: false when somebody else holds it.
  borrowing func lock() throws(EngineError) -> Bool {
    do {
      return try flock(directory.fd, exclusive: true, wait: false)
    } catch {
      throw EngineError("\(path): \(error)")
    }
  }

  /// Whether a process watches over the container.
  borrowing func hasMonitor() throws(EngineError) -> Bool {
    do {
      // A second open file, so that the shared lock, which several commands may hold at once, ends right here.
      let probe = try openat(directory.fd, ".", [.readOnly, .directory])
      return try !flock(probe.fd, exclusive: false, wait: false)
    } catch {
      throw EngineError("\(path): \(error)")
    }
  }
}
