// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// Tells whether the kernel killed a process of a container for want of memory.
///
/// The counter is opened while the container runs and read when its first process has ended, before the runtime takes the
/// cgroup away.
struct OutOfMemoryWatch: ~Copyable {
  private let counter: Descriptor
  private let key: String

  /// Opens the counter of the memory cgroup that a process is in; nil when there is none to be found.
  init?(pid: Int32) throws(SyscallError) {
    let text: String
    do {
      text = try readText(.workingDirectory, "/proc/\(pid)/cgroup", limit: 1 << 16)
    } catch {
      // Ended already: there is nothing left to ask.
      if error.errno == .noEntry || error.errno == .noProcess { return nil }
      throw error
    }
    guard let (path, key) = Self.counterPath(inCgroups: text),
      let file = try Self.openIfPresent(path)
    else { return nil }
    counter = file
    self.key = key
  }

  private static func openIfPresent(_ path: String) throws(SyscallError) -> Descriptor? {
    do {
      return try openat(.workingDirectory, path, .readOnly)
    } catch {
      if error.errno == .noEntry { return nil }
      throw error
    }
  }

  /// Where the counter is, from the text of `/proc/PID/cgroup` (cgroups(7)).
  static func counterPath(inCgroups text: String) -> (path: String, key: String)? {
    var unified: String?
    for line in text.pieces(separatedBy: Byte.newline) {
      let fields = line.pieces(separatedBy: Byte.colon, limit: 3)
      guard fields.count == 3 else { continue }
      if fields[1].pieces(separatedBy: Byte.comma).contains("memory") {
        return ("/sys/fs/cgroup/memory\(fields[2])/memory.oom_control", "oom_kill")
      }
      if fields[0] == "0", fields[1].isEmpty { unified = fields[2] }
    }
    return unified.map { ("/sys/fs/cgroup\($0)/memory.events", "oom_kill") }
  }

  /// Whether the counter is above zero; nil when the cgroup is gone already.
  borrowing func hasKilled() -> Bool? {
    guard let bytes = try? Linux.read(counter.fd, upTo: 4096) else { return nil }
    for line in String(decoding: bytes, as: UTF8.self).pieces(separatedBy: Byte.newline) {
      let (name, value) = line.cut(at: Byte.space)
      if name == key { return decimal(value ?? "", as: UInt64.self) ?? 0 > 0 }
    }
    return false
  }
}
