// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// Whether a recorded process is still the one that was recorded: process ids are used again, a pair of id and start
/// time is not before the next boot.
enum Liveness {
  /// The id of the running system.
  static func bootID() throws(SyscallError) -> String {
    try readText(.workingDirectory, "/proc/sys/kernel/random/boot_id", limit: 64)
  }

  /// When a process started, in clock ticks since boot; nil when there is no such process.
  ///
  /// Field 22 of proc_pid_stat(5). The second field is the program's name in parentheses, which may hold anything,
  /// blanks and parentheses too, so the fields count from the last parenthesis.
  static func startTicks(of pid: Int32) throws(SyscallError) -> UInt64? {
    let text: String
    do {
      text = try readText(.workingDirectory, "/proc/\(pid)/stat", limit: 4096)
    } catch {
      if error.errno == .noEntry || error.errno == .noProcess { return nil }
      throw error
    }
    return startTicks(inStat: text)
  }

  /// The same from the text of `/proc/PID/stat`; a zombie has ended, unless it has other threads that live.
  static func startTicks(inStat text: String) -> UInt64? {
    guard let close = text.utf8.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = String(text[text.utf8.index(after: close)...]).pieces(separatedBy: Byte.space).filter {
      !$0.isEmpty
    }
    // The first of these is field 3, the process's state.
    guard fields.count > 19 else { return nil }
    if fields[0] == "Z" || fields[0] == "X", fields[17] == "1" || fields[17] == "0" { return nil }
    return decimal(fields[19], as: UInt64.self)
  }

  /// A descriptor of the recorded process; nil when it has ended.
  static func open(_ state: ContainerState) throws(SyscallError) -> Descriptor? {
    guard state.phase == .running, state.pid > 0, try bootID() == state.bootID else { return nil }
    let pidfd: Descriptor
    do {
      pidfd = try pidfdOpen(state.pid)
    } catch {
      if error.errno == .noProcess { return nil }
      throw error
    }
    // Compared after opening: from here on the descriptor means this process and no later one.
    guard try startTicks(of: state.pid) == state.startTicks else { return nil }
    return pidfd
  }
}
