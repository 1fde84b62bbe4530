// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

extension RootFSStore {
  /// Serialises the few operations that look at the store as a whole: a temporary tree appears together with its lock,
  /// and trees move to and from their places one at a time. Held for microseconds.
  private static let storeLock = "store"

  /// Takes the lock `name`, waiting if somebody else has it. The lock is held until the descriptor is closed.
  ///
  /// - Parameter onWait: called once before waiting.
  func lock(_ name: String, exclusive: Bool = true, onWait: () -> Void = {}) throws(RootFSError) -> Descriptor
  {
    var hasWaited = false
    while true {
      let file = try openLock(name)
      do throws(SyscallError) {
        if try !flock(file.fd, exclusive: exclusive, wait: false) {
          if !hasWaited { onWait() }
          hasWaited = true
          _ = try flock(file.fd, exclusive: exclusive, wait: true)
        }
        // Maintenance may have removed the file between opening and locking it.
        if try Linux.fstat(file.fd).linkCount > 0 { return file }
      } catch {
        throw failure("take the lock \(name)", error)
      }
    }
  }

  func lockStore(exclusive: Bool) throws(RootFSError) -> Descriptor {
    try lock(Self.storeLock, exclusive: exclusive)
  }

  private func openLock(_ name: String) throws(RootFSError) -> Descriptor {
    do throws(SyscallError) {
      return try openat(
        directory.fd, "locks/" + name, [.readWrite, .create, .noFollow, .nonBlocking], mode: 0o600)
    } catch {
      throw failure("open the lock \(name)", error)
    }
  }

  /// Removes the lock files that nobody holds.
  func removeIdleLocks() throws(RootFSError) {
    do throws(SyscallError) {
      let locks = try openat(directory.fd, "locks", [.readOnly, .directory, .noFollow])
      for entry in try listDirectory(locks.fd) where entry.name != Self.storeLock {
        let file = try openat(locks.fd, entry.name, [.readWrite, .noFollow, .nonBlocking])
        if try flock(file.fd, exclusive: true, wait: false) { try unlinkat(locks.fd, entry.name) }
      }
    } catch {
      if error.errno != .noEntry { throw failure("remove idle locks", error) }
    }
  }
}
