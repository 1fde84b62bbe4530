// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// A tree in the making. Its directory is locked for as long as this value lives, which is how others know that its
/// maker does.
struct TemporaryTree: ~Copyable {
  /// The directory's name in the store.
  let name: String
  let directory: Descriptor
  /// The tree itself, the directory `root` in it.
  let root: Descriptor
}

extension RootFSStore {
  private static let temporaryPrefix = "tmp-"

  /// Makes an empty temporary tree.
  func makeTemporaryTree() throws(RootFSError) -> TemporaryTree {
    // Shared: sweepers take it exclusively, so that none sees the directory before it is locked.
    let guardLock = try lockStore(exclusive: false)
    defer { withExtendedLifetime(guardLock) {} }
    do throws(SyscallError) {
      let name = try makeTemporaryName()
      let directory = try openat(self.directory.fd, name, [.readOnly, .directory, .noFollow])
      guard try flock(directory.fd, exclusive: true, wait: false) else { throw SyscallError("flock", .busy) }
      try mkdirat(directory.fd, "root", mode: 0o700)
      let root = try openat(directory.fd, "root", [.readOnly, .directory, .noFollow])
      return TemporaryTree(name: name, directory: directory, root: root)
    } catch {
      throw failure("create a temporary tree", error)
    }
  }

  /// Makes a directory with a name that tells its maker: process and boot.
  func makeTemporaryName() throws(SyscallError) -> String {
    let boot = try readText(.workingDirectory, "/proc/sys/kernel/random/boot_id").prefix(8)
    var attempt = 0
    while true {
      let name = Self.temporaryPrefix + "\(Glibc.getpid())-\(boot)-\(attempt)"
      do throws(SyscallError) {
        try mkdirat(directory.fd, name, mode: 0o700)
        return name
      } catch {
        attempt += 1
        if error.errno != .exists || attempt > 10_000 { throw error }
      }
    }
  }

  /// Puts a finished tree into its place, after everything in it has reached the disk.
  ///
  /// - Returns: a lease on the tree: this one, or an equal one that somebody else has made meanwhile.
  func commit(
    _ tree: borrowing TemporaryTree, as digest: RootFSDigest, _ mark: TreeMark
  ) throws(RootFSError) -> RootFSLease {
    do throws(SyscallError) {
      // First the data, then the mark that vouches for it: a mark that survives a loss of power tells the truth.
      try syncfs(tree.root.fd)
      let file = try openat(tree.directory.fd, "complete", [.writeOnly, .create, .exclusive], mode: 0o600)
      try writeAll(file.fd, mark.encoded)
    } catch {
      throw failure("bring the tree to the disk", error)
    }
    let placed = try place(tree, as: digest)
    // Outside the lock, because it takes time.
    if let leftover = placed.leftover {
      do throws(SyscallError) { try removeTree(leftover) } catch {
        throw failure("remove the tree \(leftover)", error)
      }
    }
    return placed.lease
  }

  /// Moves a tree to its place under the store's lock.
  ///
  /// - Returns: a lease on what is there now, and the name of a tree that has to be removed: this one, if somebody else
  ///   was faster, or what was there without a mark, which only somebody else's hand can have left.
  private func place(
    _ tree: borrowing TemporaryTree, as digest: RootFSDigest
  ) throws(RootFSError) -> (lease: RootFSLease, leftover: String?) {
    let guardLock = try lockStore(exclusive: true)
    defer { withExtendedLifetime(guardLock) {} }
    if let existing = try lease(on: digest) { return (existing, tree.name) }
    var leftover: String?
    do throws(SyscallError) {
      let place = Self.treePath(digest)
      do throws(SyscallError) {
        try renameat(directory.fd, tree.name, directory.fd, place)
      } catch {
        if error.errno != .exists && error.errno != .notEmpty { throw error }
        let name = try makeTemporaryName()
        try renameat(directory.fd, place, directory.fd, name)
        leftover = name
        try renameat(directory.fd, tree.name, directory.fd, place)
      }
    } catch {
      throw failure("put the tree into its place", error)
    }
    guard let lease = try lease(on: digest) else {
      throw RootFSError(.system, "the tree \(digest.hex) vanished", subject: path)
    }
    return (lease, leftover)
  }

  /// Removes a temporary tree.
  func discard(_ tree: borrowing TemporaryTree) throws(RootFSError) {
    do throws(SyscallError) { try removeTree(tree.name) } catch {
      throw failure("remove the temporary tree \(tree.name)", error)
    }
  }

  /// Removes a temporary tree after `error`, and adds what went wrong with that.
  func discarding(_ tree: borrowing TemporaryTree, after error: RootFSError) -> RootFSError {
    do throws(RootFSError) {
      try discard(tree)
      return error
    } catch let second {
      var both = error
      both.reason += " (and \(second))"
      return both
    }
  }

  /// Removes the temporary trees whose makers are dead.
  ///
  /// - Returns: how many there were.
  @discardableResult
  func sweep() throws(RootFSError) -> Int {
    var count = 0
    while let leftover = try nextAbandonedTree() {
      // The lock in `leftover` keeps other sweepers away until the name is gone.
      do throws(SyscallError) { try removeTree(leftover.name) } catch {
        throw failure("remove the leftover \(leftover.name)", error)
      }
      count += 1
    }
    return count
  }

  private struct AbandonedTree: ~Copyable {
    let name: String
    let lock: Descriptor
  }

  /// Finds a temporary tree without a maker and locks it.
  private func nextAbandonedTree() throws(RootFSError) -> AbandonedTree? {
    // Exclusive: a new tree appears together with its lock, and a name that was seen cannot become another tree's.
    let guardLock = try lockStore(exclusive: true)
    defer { withExtendedLifetime(guardLock) {} }
    do throws(SyscallError) {
      // A directory read through the store's own descriptor would go on where the last reader stopped.
      let listing = try openat(directory.fd, ".", [.readOnly, .directory])
      for entry in try listDirectory(listing.fd) where entry.name.hasPrefix(Self.temporaryPrefix) {
        let tree = try openat(directory.fd, entry.name, [.readOnly, .directory, .noFollow])
        if try flock(tree.fd, exclusive: true, wait: false) {
          return AbandonedTree(name: entry.name, lock: tree)
        }
      }
      return nil
    } catch {
      throw failure("look for leftovers", error)
    }
  }

  /// Removes a directory of the store and everything in it.
  func removeTree(_ name: String) throws(SyscallError) {
    try TreeRemover.remove(name, from: directory.fd)
  }
}
