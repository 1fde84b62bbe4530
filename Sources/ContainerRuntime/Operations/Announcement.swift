// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

extension ChildProcess {
  /// Tells the caller which process it is.
  ///
  /// - Parameters:
  ///   - file: `--pid-file`.
  ///   - socket: `--pidfd-socket`.
  ///   - kind: the message that comes with the descriptor; runc's words are `standard` and `setns`.
  func announce(file: String?, socket: String?, kind: String) throws(StepFailure) {
    if let file {
      try step("--pid-file") { () throws(SyscallError) in try PIDFile.write(file, pid) }
    }
    if let socket {
      try step("--pidfd-socket") { () throws(SyscallError) in try PIDSocket.send(socket, pidfd.fd, kind) }
    }
  }
}

/// A socket that gets a descriptor of a process: unlike a number, it never means another one.
enum PIDSocket {
  static func send(_ path: String, _ pidfd: FD, _ message: String) throws(SyscallError) {
    let socket = try connectUnix(.stream, path: path)
    try Linux.send(socket.fd, Array(message.utf8), passing: pidfd)
  }
}

/// A file with a process id, replaced atomically: who waits for it never reads half a number.
enum PIDFile {
  static func write(_ path: String, _ pid: Int32) throws(SyscallError) {
    let temporary = path + ".tmp"
    do throws(SyscallError) {
      // path: the caller's `--pid-file`, before anything of the container runs beside us
      let file = try openat(
        .workingDirectory, temporary, [.writeOnly, .create, .truncate, .noFollow], mode: 0o644)
      try writeAll(file.fd, Array("\(pid)".utf8))
    } catch { throw SyscallError(error.call, error.errno, path) }
    // path: the same
    try renameat(.workingDirectory, temporary, .workingDirectory, path)
  }
}
