// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

extension ContainerDirectory {
  /// The error of a command that could not get the lock in time.
  func isBusy() -> RuntimeError {
    let holder = lockHolder().map { "process \($0)" } ?? "another command"
    return RuntimeError(
      "container \(id) is busy: \(holder) has locked it and does not go on; is it stopped? End it, then try again"
    )
  }

  /// The process that made the lock, from /proc/locks; nil when it is not to be found, as in another PID namespace.
  private func lockHolder() -> Int32? {
    guard let status = try? fstat(directory.fd),  // bestEffort: only words
      let bytes = try? readFile(.workingDirectory, "/proc/locks", limit: 1 << 20)  // bestEffort: likewise
    else { return nil }
    // `1: FLOCK  ADVISORY  WRITE 407 00:33:45805 0 EOF`; the inode alone would do on one file system only, but a wrong
    // guess costs nothing here.
    let inode = ":\(status.inode)"
    for line in bytes.split(separator: 0x0A) {
      let fields = line.split(separator: 0x20)
      guard fields.count > 5, fields[1].elementsEqual("FLOCK".utf8),
        fields[5].suffix(inode.utf8.count).elementsEqual(inode.utf8)
      else { continue }
      return Int32(String(decoding: fields[4], as: UTF8.self))
    }
    return nil
  }
}
