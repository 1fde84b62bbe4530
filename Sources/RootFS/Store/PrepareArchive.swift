// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
import Glibc
import Linux

extension RootFSStore {
  func prepareArchive(
    _ path: String, _ reference: RootFSReference, _ options: UnpackOptions,
    _ progress: (RootFSProgress) -> Void, known: FileStatus? = nil
  ) throws(RootFSError) -> PreparedRootFS {
    let status: FileStatus
    if let known { status = known } else { status = try Self.status(of: path) }
    if let found = try lookUp(ArchiveIndex.name(status, options)) {
      try check(found.digest, options, path)
      return prepared(found.digest, found.lease, reference, wasCached: true)
    }
    try makeLayout()
    let archive = try ArchiveFile(path: path)
    // The name may lead to another file than a moment ago: from here on only the open file counts.
    let name = ArchiveIndex.name(archive.status, options)
    let makers = try lock(name, onWait: { progress(.waiting) })
    defer { withExtendedLifetime(makers) {} }
    if let found = try lookUp(name) {
      try check(found.digest, options, path)
      return prepared(found.digest, found.lease, reference, wasCached: true)
    }
    try sweep()
    let isSettled = ArchiveIndex.isSettled(archive.status)
    if try hasTree(ofArchiveBytes: archive.sizeBytes) {
      // Possibly the same archive under another name or time: reading it is cheaper than unpacking it.
      let archiveDigest = try archive.digest()
      try checkArchive(archiveDigest, options, path)
      let digest = ArchiveIndex.key(archiveDigest, options)
      if let lease = try lease(on: digest) {
        if isSettled { try record(digest, as: name) }
        return prepared(digest, lease, reference, wasCached: true)
      }
    }
    let (digest, lease, report) = try unpack(archive, reference, options, progress)
    if isSettled { try record(digest, as: name) }
    return prepared(digest, lease, reference, wasCached: false, warnings: report.warnings)
  }

  /// Compares the key of a tree with the one that the caller asked for.
  private func check(_ digest: RootFSDigest, _ options: UnpackOptions, _ path: String) throws(RootFSError) {
    guard let expected = options.expectedDigest, ArchiveIndex.key(expected, options) != digest else { return }
    throw RootFSError(
      .digestMismatch, "the archive's digest is not \(expected): it is not the one that was asked for",
      subject: path)
  }

  private static func status(of path: String) throws(RootFSError) -> FileStatus {
    do throws(SyscallError) { return try fstatat(.workingDirectory, path) } catch {
      throw ArchiveFile.failure(error, path)
    }
  }

  func unpack(
    _ archive: borrowing ArchiveFile, _ reference: RootFSReference, _ options: UnpackOptions,
    _ progress: (RootFSProgress) -> Void
  ) throws(RootFSError) -> (RootFSDigest, RootFSLease, UnpackReport) {
    let tree = try makeTemporaryTree()
    do throws(RootFSError) {
      let (digest, report) = try archive.unpack(into: tree.root.fd, options: options, progress: progress)
      return try keep(tree, digest, archive.sizeBytes, report, reference, options, progress)
    } catch {
      throw discarding(tree, after: error.about(archive.path))
    }
  }

  /// Keeps the tree that was made of an archive, if it is the one that was asked for.
  func keep(
    _ tree: borrowing TemporaryTree, _ archive: RootFSDigest, _ archiveBytes: UInt64, _ report: UnpackReport,
    _ reference: RootFSReference, _ options: UnpackOptions, _ progress: (RootFSProgress) -> Void
  ) throws(RootFSError) -> (RootFSDigest, RootFSLease, UnpackReport) {
    try checkArchive(archive, options, reference.description)
    progress(.syncing)
    var mark = TreeMark()
    mark.source = reference.description
    mark.createdSeconds = Int64(time(nil))
    mark.archive = archive
    mark.archiveBytes = archiveBytes
    mark.report = report
    let digest = ArchiveIndex.key(archive, options)
    return (digest, try commit(tree, as: digest, mark), report)
  }

  /// Compares the digest of an archive with the one that the caller asked for.
  func checkArchive(_ digest: RootFSDigest, _ options: UnpackOptions, _ subject: String) throws(RootFSError) {
    guard let expected = options.expectedDigest, expected != digest else { return }
    throw RootFSError(
      .digestMismatch,
      "the archive's digest is \(digest), not \(expected): it is not the one that was asked for",
      subject: subject)
  }

  /// The tree that an index entry leads to, if it is still there.
  func lookUp(_ name: String) throws(RootFSError) -> (digest: RootFSDigest, lease: RootFSLease)? {
    let target: String
    do throws(SyscallError) { target = try readlinkat(directory.fd, "index/" + name) } catch {
      if error.errno == .noEntry { return nil }
      throw failure("read the index", error)
    }
    guard let digest = RootFSDigest(target), let lease = try lease(on: digest) else { return nil }
    return (digest, lease)
  }

  /// Remembers the digest of an archive.
  func record(_ digest: RootFSDigest, as name: String) throws(RootFSError) {
    do throws(SyscallError) {
      // The caller holds the lock of this name, so that nobody else touches the entry.
      do throws(SyscallError) { try unlinkat(directory.fd, "index/" + name) } catch {
        if error.errno != .noEntry { throw error }
      }
      try symlinkat(digest.hex, directory.fd, "index/" + name)
    } catch {
      throw failure("write the index", error)
    }
  }

  private func hasTree(ofArchiveBytes bytes: UInt64) throws(RootFSError) -> Bool {
    for digest in try digests() where try mark(of: digest)?.archiveBytes == bytes { return true }
    return false
  }
}

/// How archives are found again without reading them.
enum ArchiveIndex {
  /// The name of an index entry: everything by which the kernel tells one state of a file from another. The change time
  /// cannot be set, so that an edit which restores the modification time is noticed too.
  static func name(_ status: FileStatus, _ options: UnpackOptions) -> String {
    "archive-\(status.device)-\(status.inode)-\(status.sizeBytes)-\(status.modifiedNanoseconds)-"
      + "\(status.changedNanoseconds)\(variant(options))"
  }

  /// The digest under which the tree is stored: the archive's own, unless the options make another tree of it.
  static func key(_ digest: RootFSDigest, _ options: UnpackOptions) -> RootFSDigest {
    let variant = variant(options)
    if variant.isEmpty { return digest }
    return RootFSDigest(hashing: Array(("roost archive tree 1\n" + digest.hex + variant).utf8))
  }

  static func variant(_ options: UnpackOptions) -> String {
    var text = ""
    switch options.devices {
    case .skip: break
    case .create: text += "+devices"
    case .refuse: text += "+no-devices"
    }
    switch options.ownership {
    case nil: break
    case .preserve: text += "+preserve"
    case .caller: text += "+caller"
    }
    return text
  }

  /// Whether a later edit would be seen in the times: one that falls into the same tick of the file system's clock as
  /// the last would not. Kernels tick every 10 ms or more often; whole seconds hint at a file system that knows no
  /// less.
  static func isSettled(_ status: FileStatus) -> Bool {
    var now = timespec()
    guard clock_gettime(CLOCK_REALTIME, &now) == 0 else { return false }
    let nanoseconds = Int64(now.tv_sec) &* 1_000_000_000 &+ Int64(now.tv_nsec)
    let isCoarse = status.changedNanoseconds % 1_000_000_000 == 0
    return nanoseconds &- status.changedNanoseconds > (isCoarse ? 2_000_000_000 : 20_000_000)
  }
}
