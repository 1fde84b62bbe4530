// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// Removes a directory and everything in it, never following a link and never entering another file system.
///
/// What is inside was made by containers: links to anywhere, names that are no text, and nests as deep as they liked.
/// Every step goes through a descriptor, what is mounted inside is refused (`EXDEV`), and a directory that lies deep is
/// moved up to the top of the tree first, so that the number of open descriptors stays bounded.
struct TreeRemover {
  private let top: FD
  /// Names at the top that were moved there and wait for their turn.
  private var moved: [String] = []
  private var counter = 0

  /// Directories deeper than this are moved up before they are entered.
  private static let deepest = 32

  /// Removes `name` in `parent`. Nothing there is no error.
  static func remove(_ name: String, in parent: FD) throws(SyscallError) {
    let directory: Descriptor
    do {
      directory = try open(name, in: parent)
    } catch {
      switch error.errno {
      case .noEntry: return
      // A file or a link, not a directory: gone with its name.
      case .notDirectory, .tooManyLinks: return try Linux.unlinkat(parent, name)
      default: throw error
      }
    }
    var remover = TreeRemover(top: directory.fd)
    try remover.empty(directory.fd, depth: 0)
    while let name = remover.moved.popLast() {
      let next = try open(name, in: directory.fd)
      try remover.empty(next.fd, depth: 1)
      try Linux.unlinkat(directory.fd, name, isDirectory: true)
    }
    try Linux.unlinkat(parent, name, isDirectory: true)
  }

  private init(top: FD) { self.top = top }

  private static func open(_ name: String, in parent: FD) throws(SyscallError) -> Descriptor {
    try openat2(
      parent, name, [.readOnly, .directory, .noFollow],
      resolve: [.beneath, .noSymlinks, .noMagicLinks, .noCrossDevice])
  }

  private mutating func empty(_ directory: FD, depth: Int) throws(SyscallError) {
    for entry in try RawDirectory.entries(of: directory) {
      if depth == 0, let name = entry.text, moved.contains(name) { continue }
      if !entry.isDirectory {
        let error = RawDirectory.unlink(entry, in: directory)
        if error == 0 || error == ENOENT { continue }
        // EISDIR: a directory after all, in a file system that does not tell types.
        if error != EISDIR { throw SyscallError("unlink", Errno(error), entry.description) }
      }
      guard let name = entry.text, depth < Self.deepest else {
        try moveUp(entry, from: directory)
        continue
      }
      let child = try Self.open(name, in: directory)
      try empty(child.fd, depth: depth + 1)
      try Linux.unlinkat(directory, name, isDirectory: true)
    }
  }

  /// Moves a directory to the top under a name that nothing there has.
  private mutating func moveUp(_ entry: RawDirectory.Entry, from directory: FD) throws(SyscallError) {
    while true {
      counter += 1
      let target = ".roost-removing-\(counter)"
      let error = RawDirectory.rename(entry, in: directory, to: target, in: top)
      if error == 0 {
        moved.append(target)
        return
      }
      // Something is there that is not an empty directory: another name will do. An empty one is replaced, and no loss.
      guard [EEXIST, ENOTEMPTY, ENOTDIR].contains(error) else {
        throw SyscallError("rename", Errno(error), entry.description)
      }
    }
  }
}

/// Directory entries by the bytes of their names, which need not be text. Each call returns 0 or an errno.
enum RawDirectory {
  struct Entry {
    /// With the terminating NUL.
    let name: [CChar]
    let isDirectory: Bool

    /// The name, if it is UTF-8.
    var text: String? { String(validating: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) }

    var description: String {
      String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self).quoted
    }
  }

  /// All entries but `.` and `..`, read before anything is changed.
  static func entries(of directory: FD) throws(SyscallError) -> [Entry] {
    // fdopendir owns what it gets, and starts where the descriptor stands.
    let copy = try openat(directory, ".", [.readOnly, .directory]).release()
    guard let stream = fdopendir(copy) else {
      let error = Errno(errno)
      closeInherited(copy)
      throw SyscallError("fdopendir", error)
    }
    defer { closedir(stream) }
    var result: [Entry] = []
    while true {
      errno = 0
      guard let record = readdir(stream) else {
        if errno != 0 { throw SyscallError("readdir", Errno(errno)) }
        return result
      }
      // SAFETY: the kernel ends d_name with NUL inside the record, which stays valid until the next readdir.
      let start = UnsafeRawPointer(record).advanced(by: MemoryLayout<dirent>.offset(of: \.d_name) ?? 19)
      let length = strlen(start.assumingMemoryBound(to: CChar.self))
      let name = Array(
        UnsafeBufferPointer(start: start.assumingMemoryBound(to: CChar.self), count: length + 1))
      if name == [46, 0] || name == [46, 46, 0] { continue }
      result.append(Entry(name: name, isDirectory: record.pointee.d_type == UInt8(DT_DIR)))
    }
  }

  static func unlink(_ entry: Entry, in directory: FD) -> Int32 {
    Glibc.unlinkat(directory.rawValue, entry.name, 0) == 0 ? 0 : errno
  }

  static func rename(_ entry: Entry, in directory: FD, to name: String, in target: FD) -> Int32 {
    Glibc.renameat(directory.rawValue, entry.name, target.rawValue, name) == 0 ? 0 : errno
  }
}
