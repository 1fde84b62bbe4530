// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// Finds directories below a root and keeps those on the way open.
///
/// Every directory is opened by one component, relative to the descriptor of its parent and without following links;
/// links are read and resolved here, as chroot(2) would: an absolute target begins at the root and `..` ends at it. No
/// path that an archive chose ever reaches the kernel's own path walk, and no answer depends on who else changes the
/// tree meanwhile. Archives list members of one directory after another, so that most look-ups cost nothing.
///
/// openat2(2) with `RESOLVE_IN_ROOT` resolves the same way; it is not used because each member would pay for a walk
/// from the root, and because the kernel's `..` has to be repeated when renames race with it.
final class DirectoryWalker {
  private let root: FD
  /// The open directories below the root down to the current one; `names` says where they really are.
  private var open: [Int32] = []
  private var names = ArchivePath()
  /// How many of `open` are where a literal reading of `current` says, that is before the first link on the way.
  private var literalDepth = 0
  /// The path that led to the top of `open`, as asked for; nil if unknown.
  private var current: ArchivePath?

  /// Called with the place of every directory that had to be made.
  var onCreate: ((ArchivePath) -> Void)?

  /// Links that one path may lead through, as in the kernel.
  private static let maximumLinks = 40

  /// - Parameter root: stays open for as long as the walker lives.
  init(root: FD) { self.root = root }

  deinit { truncate(to: 0) }

  /// The directory that the last successful `enter` found.
  var directory: FD { open.last.map(FD.init) ?? root }

  /// Where that directory really is.
  var canonicalPath: ArchivePath { names }

  /// Forgets what it knows. To be called when a directory or link was removed from the tree.
  func reset() {
    truncate(to: 0)
    current = nil
  }

  /// Makes the parent of `path` the current directory.
  ///
  /// - Parameter create: whether missing directories are made (mode 0755).
  func enterParent(of path: ArchivePath, create: Bool) throws(RootFSError) {
    let depth = max(0, path.depth - 1)
    if let current, current.depth == depth, current.sharesComponents(depth, with: path) { return }
    current = nil
    var shared = 0
    while shared < min(literalDepth, depth), names.component(shared) == path.component(shared) { shared += 1 }
    truncate(to: shared)
    try walk(path, from: shared, to: depth, create: create)
    current = path.parent
  }

  /// Walks the components `from..<to` of `path` from the current directory.
  private func walk(_ path: ArchivePath, from: Int, to depth: Int, create: Bool) throws(RootFSError) {
    var pending: [[UInt8]] = []
    for index in stride(from: depth - 1, through: from, by: -1) {
      pending.append(Array(path.component(index)))
    }
    var links = 0
    var isLiteral = true
    while let name = pending.popLast() {
      if name.isEmpty || name == [UInt8(ascii: ".")] { continue }
      if name == [UInt8(ascii: "."), UInt8(ascii: ".")] {
        truncate(to: max(0, open.count - 1))
        continue
      }
      if let target = try step(name, create: create) {
        links += 1
        guard links <= Self.maximumLinks else {
          throw .system("follow the symbolic links on the way", errno: ELOOP)
        }
        isLiteral = false
        if target.first == slash { truncate(to: 0) }
        for part in target.split(separator: slash).reversed() { pending.append(Array(part)) }
      } else if isLiteral {
        literalDepth = open.count
      }
    }
  }

  /// Enters the child `name`.
  ///
  /// - Returns: the target if the child is a symbolic link, which was not entered.
  private func step(_ name: [UInt8], create: Bool) throws(RootFSError) -> [UInt8]? {
    let terminated = name + [0]
    let flags = OpenFlags.path.rawValue | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    for attempt in 0..<2 {
      let result = withCString(terminated) { Raw.openat(directory, $0, flags) }
      if result >= 0 {
        do throws(RootFSError) { try names.append(name) } catch {
          closeInherited(result)
          throw error
        }
        open.append(result)
        return nil
      }
      if result == -ENOTDIR || result == -ELOOP {
        if let target = Raw.readLink(directory, terminated) { return target }
        throw RootFSError(.refusedEntry, "\(quoted(name)) on the way to it is not a directory")
      }
      guard result == -ENOENT, create, attempt == 0 else {
        throw .system("open the directory \(quoted(name)) on the way to it", errno: -result)
      }
      let made = withCString(terminated) { Raw.mkdirat(directory, $0, 0o755) }
      guard made >= 0 || made == -EEXIST else {
        throw .system("create the directory \(quoted(name))", errno: -made)
      }
      if made >= 0, let onCreate {
        var place = names
        try place.append(name)
        onCreate(place)
      }
    }
    throw .system("open the directory \(quoted(name)) on the way to it", errno: ENOENT)
  }

  private func truncate(to depth: Int) {
    while open.count > depth {
      if let fd = open.popLast() { closeInherited(fd) }
      names = names.parent
    }
    literalDepth = min(literalDepth, depth)
  }
}
