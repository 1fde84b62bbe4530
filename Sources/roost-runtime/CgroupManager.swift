// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

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
