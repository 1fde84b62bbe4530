// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// Wakes up when the runtime writes the container's process id.
struct PidFileWatch: ~Copyable {
  private let inotify: Descriptor

  /// - Parameter directory: The container's, which exists.
  init(directory: String) throws(SyscallError) {
    let raw = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    guard raw >= 0 else { throw SyscallError("inotify_init1", Errno(errno)) }
    let descriptor = Descriptor(owning: raw)
    // Some runtimes write the file in place, others rename a finished one.
    guard inotify_add_watch(raw, directory, UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO)) >= 0 else {
      throw SyscallError("inotify_add_watch", Errno(errno), directory)
    }
    inotify = descriptor
  }

  var fd: FD { inotify.fd }

  /// Takes the events away. What they say does not matter: the file is looked at.
  borrowing func drain() throws(SyscallError) {
    while true {
      do {
        if try Linux.read(inotify.fd, upTo: 4096).isEmpty { return }
      } catch {
        if error.errno == .tryAgain { return }
        throw error
      }
    }
  }
}

/// Files that hold a process id.
enum PidFile {
  /// Writes the id in one step, so that no reader sees a part of it.
  static func write(_ pid: Int32, to path: String) throws(EngineError) {
    let temporary = path + ".new"
    do {
      let file = try openat(.workingDirectory, temporary, [.writeOnly, .create, .truncate, .noFollow], mode: 0o644)
      try writeAll(file.fd, Array("\(pid)".utf8))
      try renameat(.workingDirectory, temporary, .workingDirectory, path)
    } catch {
      throw EngineError("--pidfile \(path.quoted): \(error)")
    }
  }
}

extension ContainerDirectory {
  /// The id of the container's first process, as the runtime wrote it; nil before that.
  borrowing func readPid() throws(EngineError) -> Int32? {
    do {
      let text = try readText(directory.fd, FileName.pid, limit: 32)
      // Empty while a runtime that writes in place is between opening and writing.
      if text.isEmpty { return nil }
      guard let pid = decimal(text.trimmed, as: Int32.self), pid > 0 else {
        throw EngineError("\(path)/\(FileName.pid): \(text.quoted) is no process id")
      }
      return pid
    } catch let error as SyscallError where error.errno == .noEntry {
      return nil
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError("\(path)/\(FileName.pid): \(error)")
    }
  }
}
