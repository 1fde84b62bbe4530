// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// What directories will look like when everything in them has been made.
final class DirectoryRecords {
  struct Record {
    var mode: UInt32
    var userID: UInt32
    var groupID: UInt32
    /// Seconds and nanoseconds since 1970; nil keeps the time of making.
    var modified: (seconds: Int64, nanoseconds: Int64)?
    var attributes: [TarEntry.Attribute] = []
  }

  private var records: [ArchivePath: Record] = [:]

  /// Remembers what an entry said of the directory at `place`; the last entry counts.
  func note(_ place: ArchivePath, _ record: Record) { records[place] = record }

  /// Remembers a directory that was made because members needed it, without an entry of its own so far.
  func noteImplied(_ place: ArchivePath) {
    if records[place] == nil { records[place] = Record(mode: 0o755, userID: 0, groupID: 0) }
  }

  /// Sets owners, modes and times, children before parents so that a mode without write permission does no harm.
  ///
  /// A place where a later entry put something else is left alone.
  ///
  /// - Returns: how many extended attributes were left out.
  func apply(below root: FD, _ owners: OwnerPolicy) throws(RootFSError) -> UInt64 {
    var dropped: UInt64 = 0
    let walker = DirectoryWalker(root: root)
    let ordered = records.map { (path: $0.key, bytes: $0.key.bytes, record: $0.value) }.sorted {
      $1.bytes.lexicographicallyPrecedes($0.bytes)
    }
    for (path, bytes, record) in ordered {
      do throws(RootFSError) {
        dropped += try apply(record, to: path, walker, owners)
      } catch {
        throw error.inEntry(bytes.isEmpty ? [slash] : bytes)
      }
    }
    return dropped
  }

  private func apply(
    _ record: Record, to path: ArchivePath, _ walker: DirectoryWalker, _ owners: OwnerPolicy
  ) throws(RootFSError) -> UInt64 {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    var result: Int32
    if path.isRoot {
      walker.reset()
      result = withCString([UInt8(ascii: "."), 0]) { Raw.openat(walker.directory, $0, flags) }
    } else {
      try walker.enterParent(of: path, create: false)
      // The place is where the directory really was, so that a walk through a link has lost its way.
      guard walker.canonicalPath == path.parent else { return 0 }
      result = path.withLastComponent { Raw.openat(walker.directory, $0, flags) }
    }
    if result == -ENOENT || result == -ENOTDIR || result == -ELOOP { return 0 }
    guard result >= 0 else { throw .system("open the directory", errno: -result) }
    let directory = Descriptor(owning: result)
    if owners.mustSet(record.userID, record.groupID) {
      try perform("set the owner") {
        Raw.fchown(directory.fd, record.userID, record.groupID)
      }
    }
    try perform("set the mode") { Raw.fchmod(directory.fd, record.mode) }
    var dropped: UInt64 = 0
    for attribute in record.attributes
    where try !AttributePolicy.set(attribute, on: directory.fd, asRoot: owners.areKept) { dropped += 1 }
    if let (seconds, nanoseconds) = record.modified {
      try perform("set the time") { Raw.utimens(directory.fd, nil, seconds, nanoseconds) }
    }
    return dropped
  }
}
