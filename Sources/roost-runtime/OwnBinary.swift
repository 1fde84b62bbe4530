// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// The runtime's own executable, which processes of a container can reach as `/proc/PID/exe` while one of ours is among
/// them, and could keep and overwrite when nobody runs it any more (CVE-2019-5736).
enum OwnBinary {
  /// Executes the same program once more from a read-only copy of its mount that has no place in any tree: what is
  /// reached through it cannot be written, whoever keeps it.
  ///
  /// Returns at once when the program runs from a read-only mount already, as it does the second time. An ordinary user
  /// cannot make the copy, and their container's root has no more rights to the file than they have.
  static func protect() throws(CommandFailure) {
    guard effectiveUserID() == 0 else { return }
    do throws(SyscallError) {
      if try statfs("/proc/self/exe").isReadOnly { return }
      let copy = try openTreeClone(.workingDirectory, "/proc/self/exe", recursive: false)
      try mountSetAttributes(copy.fd, .init(setting: .readOnly), recursive: false)
      throw execveat(
        copy.fd, CStringArray(processArguments()), CStringArray(processEnvironment()))
    } catch { throw CommandFailure("protecting the runtime's own executable: \(error)") }
  }
}
