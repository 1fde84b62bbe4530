// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Cgroups
import Linux

/// Tells whether the kernel killed a process of a container for want of memory.
///
/// The kernel counts it in the container's cgroup, which goes away with the container. Our own runtime is asked to keep
/// the cgroup until we have looked; with others we look often at the beginning, and when the first process ends.
struct OutOfMemoryWatch {
  /// Where the counter may be: cgroup v1, and v2.
  private let paths: [String]
  private let cgroupsPath: String
  /// How many processes were killed, as far as was seen.
  private(set) var kills: UInt64 = 0

  /// - Parameter cgroupsPath: The configuration's `linux.cgroupsPath`, absolute.
  init(cgroupsPath: String) {
    self.cgroupsPath = cgroupsPath
    paths = [
      "/sys/fs/cgroup/memory\(cgroupsPath)/memory.oom_control", "/sys/fs/cgroup\(cgroupsPath)/memory.events",
    ]
  }

  /// Looks at the counter. A cgroup that is not there yet, or not any more, tells nothing.
  mutating func look() throws(SyscallError) {
    for path in paths {
      do {
        kills = max(kills, Self.count(in: try readText(.workingDirectory, path, limit: 4096)))
        return
      } catch {
        // ENODEV: the cgroup went away between opening and reading.
        guard [.noEntry, .noDevice, .notDirectory].contains(error.errno) else { throw error }
      }
    }
  }

  /// What there is to tell; nil when nobody was killed.
  ///
  /// - Parameter limitBytes: The container's.
  func report(limitBytes: Int64?) -> String? {
    if kills == 0 { return nil }
    return OutOfMemoryReport(
      kills: kills, limitBytes: limitBytes.flatMap { UInt64(exactly: $0) }, cgroup: cgroupsPath
    ).description
  }

  /// The number behind `oom_kill`, which both files have.
  static func count(in text: String) -> UInt64 {
    for line in text.pieces(separatedBy: Byte.newline) {
      let (name, value) = line.cut(at: Byte.space)
      if name == "oom_kill" { return decimal(value ?? "", as: UInt64.self) ?? 0 }
    }
    return 0
  }
}
