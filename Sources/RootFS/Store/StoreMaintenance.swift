// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// A tree of the store.
public struct StoredRootFS: Sendable, Equatable {
  /// The name under which it is stored.
  public var digest: RootFSDigest
  /// The reference that it was made from first.
  public var source: String
  /// Absolute path of the root directory.
  public var path: String
  /// Seconds since 1970.
  public var createdSeconds: Int64
  /// Files, directories and links in it, as they were made.
  public var entries: UInt64
  /// Bytes of regular files that it has for itself: hard links to the host's files do not count.
  public var fileBytes: UInt64
  /// The digest of the archive; nil for `host:` trees.
  public var archive: RootFSDigest?
  /// What was left out when it was made.
  public var warnings: [String]
  /// Whether somebody holds a lease on it.
  public var isInUse: Bool
}

/// What `prune` did.
public struct RootFSPruneReport: Sendable, Equatable {
  /// The trees that were removed.
  public var removed: [StoredRootFS] = []
  /// Bytes of regular files in them.
  public var freedBytes: UInt64 = 0
  /// Leftovers of interrupted commands that were removed.
  public var leftovers = 0
}

extension RootFSStore {
  /// All complete trees, oldest first.
  public func list() throws(RootFSError) -> [StoredRootFS] {
    var trees: [StoredRootFS] = []
    for digest in try digests() {
      if let tree = try find(digest) { trees.append(tree) }
    }
    return trees.sorted { ($0.createdSeconds, $0.digest.hex) < ($1.createdSeconds, $1.digest.hex) }
  }

  /// The tree `digest`.
  ///
  /// - Throws: `notFound`.
  public func inspect(_ digest: RootFSDigest) throws(RootFSError) -> StoredRootFS {
    guard let tree = try find(digest) else { throw missing(digest) }
    return tree
  }

  /// Keeps the tree `digest` from being removed; nil if there is none.
  public func hold(_ digest: RootFSDigest) throws(RootFSError) -> RootFSLease? { try lease(on: digest) }

  /// Removes the tree `digest`.
  ///
  /// - Throws: `notFound`; `inUse` while anybody holds a lease on it.
  public func remove(_ digest: RootFSDigest) throws(RootFSError) {
    try makeLayout()
    guard let name = try detach(digest) else { throw missing(digest) }
    do throws(SyscallError) { try removeTree(name) } catch {
      throw failure("remove the tree \(digest.hex)", error)
    }
  }

  /// Removes all trees that nobody holds a lease on, leftovers of interrupted commands, packages, and index entries
  /// that lead to nothing.
  ///
  /// - Parameter keeping: trees to keep, such as those that stopped containers refer to.
  public func prune(keeping: Set<RootFSDigest> = []) throws(RootFSError) -> RootFSPruneReport {
    try makeLayout()
    var report = RootFSPruneReport()
    for tree in try list() where !keeping.contains(tree.digest) && !tree.isInUse {
      do throws(RootFSError) { try remove(tree.digest) } catch {
        // Somebody has begun to use it, or removed it.
        if error.code == .inUse || error.code == .notFound { continue }
        throw error
      }
      report.removed.append(tree)
      report.freedBytes &+= tree.fileBytes
    }
    try prunePackages()
    report.leftovers = try sweep() + pruneIncomplete() + pruneDownloads()
    try pruneIndex()
    try removeIdleLocks()
    return report
  }

  // MARK: -

  /// The digests in the store, complete or not.
  func digests() throws(RootFSError) -> [RootFSDigest] {
    do throws(SyscallError) {
      let trees = try openat(directory.fd, "sha256", [.readOnly, .directory, .noFollow])
      return try listDirectory(trees.fd).compactMap { RootFSDigest($0.name) }
    } catch {
      if error.errno == .noEntry { return [] }
      throw failure("list the trees", error)
    }
  }

  /// What the tree's mark says; nil if it is not complete.
  func mark(of digest: RootFSDigest) throws(RootFSError) -> TreeMark? {
    do throws(SyscallError) {
      return TreeMark(
        try readFile(directory.fd, Self.treePath(digest) + "/complete", limit: TreeMark.maximumBytes))
    } catch {
      if error.errno == .noEntry || error.errno == .notDirectory { return nil }
      throw failure("read the mark of the tree \(digest.hex)", error)
    }
  }

  private func find(_ digest: RootFSDigest) throws(RootFSError) -> StoredRootFS? {
    guard let mark = try mark(of: digest) else { return nil }
    return StoredRootFS(
      digest: digest, source: mark.source, path: path + "/" + Self.treePath(digest) + "/root",
      createdSeconds: mark.createdSeconds, entries: mark.report.entries, fileBytes: mark.report.fileBytes,
      archive: mark.archive, warnings: mark.report.warnings, isInUse: try isInUse(digest))
  }

  private func isInUse(_ digest: RootFSDigest) throws(RootFSError) -> Bool {
    do throws(SyscallError) {
      let mark = try openat(directory.fd, Self.treePath(digest) + "/complete", [.readOnly, .noFollow])
      return try !flock(mark.fd, exclusive: true, wait: false)
    } catch {
      if error.errno == .noEntry { return false }
      throw failure("look at the tree \(digest.hex)", error)
    }
  }

  /// Takes a tree out of its place, so that nobody finds it any more.
  ///
  /// - Returns: its new name in the store; nil if there is no such tree.
  private func detach(_ digest: RootFSDigest) throws(RootFSError) -> String? {
    let guardLock = try lockStore(exclusive: true)
    defer { withExtendedLifetime(guardLock) {} }
    do throws(SyscallError) {
      let place = Self.treePath(digest)
      do throws(SyscallError) {
        let mark = try openat(directory.fd, place + "/complete", [.readOnly, .noFollow])
        guard try flock(mark.fd, exclusive: true, wait: false) else {
          throw SyscallError("flock", .busy)
        }
        // Who has opened the mark and waits for this lock will see that it is gone.
        try unlinkat(directory.fd, place + "/complete")
      } catch {
        if error.errno != .noEntry { throw error }
      }
      let name = try makeTemporaryName()
      do throws(SyscallError) { try renameat(directory.fd, place, directory.fd, name) } catch {
        try unlinkat(directory.fd, name, isDirectory: true)
        if error.errno == .noEntry { return nil }
        throw error
      }
      return name
    } catch {
      if error.errno == .busy {
        throw RootFSError(.inUse, "the tree \(digest.hex) is in use", subject: path)
      }
      throw failure("remove the tree \(digest.hex)", error)
    }
  }

  /// Removes trees without a mark, which no command of ours leaves behind.
  private func pruneIncomplete() throws(RootFSError) -> Int {
    var count = 0
    for digest in try digests() where try mark(of: digest) == nil {
      guard let name = try detach(digest) else { continue }
      do throws(SyscallError) { try removeTree(name) } catch { throw failure("remove \(name)", error) }
      count += 1
    }
    return count
  }

  private func pruneIndex() throws(RootFSError) {
    let stored = Set(try digests())
    do throws(SyscallError) {
      let index = try openat(directory.fd, "index", [.readOnly, .directory, .noFollow])
      for entry in try listDirectory(index.fd) {
        if try digest(ofIndexEntry: entry.name, in: index.fd).map(stored.contains) == true { continue }
        try unlinkat(index.fd, entry.name)
      }
    } catch {
      if error.errno != .noEntry { throw failure("clean the index", error) }
    }
  }

  /// The digest that an index entry leads to; nil for entries that are no good.
  private func digest(ofIndexEntry name: String, in index: FD) throws(SyscallError) -> RootFSDigest? {
    if name.hasPrefix("archive-") || name.hasPrefix("debootstrap-") {
      return RootFSDigest(try readlinkat(index, name))
    }
    if name.hasPrefix("url-") {
      return DownloadIndex.Entry(try readFile(index, name, limit: DownloadIndex.maximumBytes))?.digest
    }
    guard name.hasPrefix("host-") else { return nil }
    return HostManifest.validDigest(try readFile(index, name, limit: HostManifest.maximumBytes))
  }

  private func missing(_ digest: RootFSDigest) -> RootFSError {
    RootFSError(.notFound, "no tree \(digest.hex) is stored", subject: path)
  }
}
