// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// When to look for the process id that the runtime writes.
///
/// Containers start within milliseconds, and what waits for the id is only the record of it, so looking a few times is
/// enough. inotify(7) would tell at once, but taking its watch away at the end waits for other processors, which takes
/// longer than a whole container.
struct PidFileSchedule {
  private var next: Int32 = 1
  private let slowest: Int32

  /// - Parameter isEager: Whether every millisecond counts, because something else is looked at as well.
  init(isEager: Bool) { slowest = isEager ? 1 : 20 }

  /// Milliseconds to the next look: 1, 2, 4 … 20.
  mutating func delayMilliseconds() -> Int32 {
    defer { next = min(next * 2, slowest) }
    return next
  }
}

/// Files that hold a process id.
enum PidFile {
  /// Writes the id in one step, so that no reader sees a part of it.
  static func write(_ pid: Int32, to path: String) throws(EngineError) {
    let temporary = path + ".new"
    do {
      let file = try openat(
        .workingDirectory, temporary, [.writeOnly, .create, .truncate, .noFollow], mode: 0o644)
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
