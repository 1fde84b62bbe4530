// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import JSON
import Linux
import OCI

/// Makes a container wait, complete but for its program, until the engine has said what there is to say about it.
///
/// A `createRuntime` hook does that, with any OCI runtime: the engine's own program, which writes the process's id into
/// one pipe and waits at another. The pipes have names in the container's directory, as hooks inherit nothing. When the
/// engine dies, its ends are closed, and the hook lets the container go on.
final class StartGate {
  /// What the hook is called with in place of its name; see ``runHook(_:)``.
  static let hookName = "roost-gate"

  private enum FileName {
    static let arrivals = "gate.pid"
    static let permits = "gate.open"
  }

  private let arrivals: Descriptor
  private let permits: Descriptor
  private let hook: Hook

  /// - Parameters:
  ///   - container: Gets the pipes.
  ///   - executable: The path of our own program.
  init(_ container: borrowing ContainerDirectory, executable: String) throws(EngineError) {
    do {
      // Both ends at once: nobody waits for the other in open(2), and there is no end of file before the engine's end.
      for name in [FileName.arrivals, FileName.permits] {
        try mknodat(container.directory.fd, name, mode: UInt32(S_IFIFO) | 0o600)
      }
      arrivals = try openat(container.directory.fd, FileName.arrivals, [.readWrite, .nonBlocking])
      permits = try openat(container.directory.fd, FileName.permits, [.readWrite, .nonBlocking])
    } catch {
      throw EngineError("\(container.path): cannot make a pipe: \(error)")
    }
    hook = Hook(
      path: executable,
      args: [
        Self.hookName, "\(container.path)/\(FileName.arrivals)", "\(container.path)/\(FileName.permits)",
      ])
  }

  /// Adds the hook to a configuration.
  func install(in spec: inout Spec) {
    var hooks = spec.hooks ?? Hooks()
    hooks.createRuntime.append(hook)
    spec.hooks = hooks
  }

  /// Becomes readable when the container is at the gate.
  var fd: FD { arrivals.fd }

  /// The container's first process, once it is at the gate; nil before that.
  func arrival() throws(EngineError) -> Int32? {
    do {
      // Less than a pipe passes on in one piece.
      let bytes = try read(arrivals.fd, upTo: 64)
      guard let pid = decimal(String(decoding: bytes, as: UTF8.self).trimmed, as: Int32.self), pid > 0 else {
        throw EngineError("the container's start: \(bytes.count) bytes are no process id")
      }
      return pid
    } catch let error as SyscallError where error.errno == Errno(EAGAIN) {
      return nil
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError("the container's start: \(error)")
    }
  }

  /// Lets the container go on.
  func open() throws(EngineError) {
    do { try writeAll(permits.fd, [UInt8(ascii: "\n")]) } catch {
      throw EngineError("the container's start: \(error)")
    }
  }
}

/// Something that is said about a container while it waits at a gate.
struct Greeting {
  let gate: StartGate
  /// Gets the container's first process.
  let say: (Int32) throws(EngineError) -> Void

  /// Says it and opens the gate, once the container is there.
  func give() throws(EngineError) {
    guard let pid = try gate.arrival() else { return }
    try say(pid)
    try gate.open()
  }
}

/// The hook of ``StartGate``.
public enum StartGateHook {
  /// Reads the container's state from standard input, tells its process id, waits.
  ///
  /// - Parameter arguments: As the hook got them, its name first.
  /// - Returns: the exit status; nil when this is no call of the hook.
  public static func run(_ arguments: [String]) -> Int32? {
    guard arguments.first == StartGate.hookName, arguments.count == 3 else { return nil }
    do {
      let state = try JSONDocument(try readAll(.standardInput, limit: 1 << 20), source: "state")
      let pid = try state.root.object().required("pid").integer(in: 1...Int64(Int32.max))
      // Ends that nobody else holds open are the engine's end: no waiting then.
      let permits = try openat(.workingDirectory, arguments[2], [.readOnly, .nonBlocking])
      let arrivals = try openat(.workingDirectory, arguments[1], [.writeOnly, .nonBlocking])
      try writeAll(arrivals.fd, Array("\(pid)\n".utf8))
      var entries = [PollEntry(permits.fd)]
      try poll(&entries)
      return 0
    } catch let error as SyscallError where error.errno == Errno(ENXIO) {
      return 0
    } catch {
      // The runtime shows what a hook says when it fails.
      // bestEffort: the exit status says it too
      try? writeAll(.standardError, Array("\(error)\n".utf8))
      return 1
    }
  }
}
