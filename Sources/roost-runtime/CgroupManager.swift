// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// Who makes the container's cgroups: `--systemd-cgroup`, or `--cgroup-manager` as callers of crun say it.
enum CgroupManager {
  case cgroupfs, systemd, disabled

  init(_ context: Context) throws(CommandFailure) {
    let isSystemd = try context.global.flag("systemd-cgroup")
    switch context.global.value("cgroup-manager") {
    case nil: self = isSystemd ? .systemd : .cgroupfs
    case "cgroupfs": self = isSystemd ? .systemd : .cgroupfs
    case "systemd": self = .systemd
    case "disabled": self = .disabled
    case let other?:
      throw CommandFailure("--cgroup-manager: expected cgroupfs, systemd or disabled, found \"\(other)\"")
    }
  }
}

enum UserNamespace {
  /// Whether this process is in a user namespace other than the first, which maps every id to itself.
  static var isNested: Bool {
    // bestEffort: without /proc nothing is known, and the usual is assumed
    guard let text = try? readText(.workingDirectory, "/proc/self/uid_map", limit: 4096) else { return false }
    let words = text.utf8.split { $0 == 0x20 || $0 == 0x0A }.map { String(decoding: $0, as: UTF8.self) }
    return words != ["0", "0", "4294967295"]
  }
}
