// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
import OCI

/// What a container from a container directory is reported with, line by line: what was applied to it, as it stands in
/// its configuration.
public enum LauncherReport {
  /// The lines that come before everything that the container prints.
  ///
  /// - Parameter pid: The container's first process, on the host.
  static func beginning(_ spec: Spec, pid: Int32) -> [String] {
    let resources = spec.linux?.resources
    let shares = resources?.cpu?.shares ?? LauncherSettings.allShares
    let memory = resources?.memory?.limit.map { "\($0) bytes" } ?? "none"
    let user = spec.process?.user ?? User(uid: 0, gid: 0)
    return [
      "Mem limit: \(memory)",
      "CPU shares: \(shares) (\(LauncherSettings.percent(ofShares: shares))%)",
      "Added PID \(pid) in cgroup",
      "Dropping privileges to \(user.uid):\(user.gid)",
      "Starting \((spec.process?.args ?? []).map(\.plain).joined(separator: " "))",
    ]
  }

  /// The last line, when the container has ended.
  public static let end = "Exiting container"
}

extension String {
  /// The text as it is; in quotes where it holds what would change the terminal.
  fileprivate var plain: String { hasControlCharacter ? quoted : self }
}
