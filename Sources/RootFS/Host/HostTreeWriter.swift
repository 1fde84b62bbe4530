// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CCompression
import Glibc
import Linux

/// Makes the tree of a `host:` reference.
///
/// Where the file system allows it the tree's files are hard links to the host's: they cost nothing, and the page cache
/// holds one copy for host and containers. That is safe only because such a tree is never written: it is the
/// lower directory of an overlay, whose upper directory takes every change, and it lies below a directory that only
/// its owner enters. A package manager replaces files by renaming new ones over them, which leaves the tree's as they
/// were until the next run notices.
struct HostTreeWriter {
  private let walker: DirectoryWalker
  /// Whether the caller is the machine's root: in a user namespace the owners of the host's files are nobody, and what
  /// is copied belongs to the caller.
  private let isRoot: Bool
  /// The file system of the tree.
  private let device: UInt64
  private(set) var report = UnpackReport()

  /// - Parameter root: an empty directory; stays open.
  init(root: FD) throws(RootFSError) {
    walker = DirectoryWalker(root: root)
    do throws(SyscallError) {
      device = try Linux.fstat(root).device
      let isInitial = try isInInitialUserNamespace()
      isRoot = geteuid() == 0 && isInitial
    } catch {
      throw .system("look at the directory of the tree", errno: error.errno.rawValue)
    }
  }

  /// Makes the members, in order.
  mutating func write(_ members: [HostMember]) throws(RootFSError) {
    for member in members {
      do throws(RootFSError) {
        let path = try ArchivePath(Array(member.path.utf8))
        try walker.enterParent(of: path, create: true)
        try write(member, named: HostFiles.name(of: member.path), in: walker.directory)
        report.entries += 1
      } catch {
        throw error.about(member.path)
      }
    }
  }

  private mutating func write(_ member: HostMember, named name: String, in directory: FD) throws(RootFSError)
  {
    do throws(SyscallError) {
      switch member.content {
      case .directory(let mode):
        do throws(SyscallError) { try Linux.mkdirat(directory, name, mode: mode) } catch {
          // A link of the host may have led here before.
          if error.errno != .exists { throw error }
        }
        try Linux.fchmodat(directory, name, mode)
      case .link(let target): try Linux.symlinkat(target, directory, name)
      case .text(let text, let mode):
        let file = try Linux.openat(
          directory, name, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600)
        try writeAll(file.fd, Array(text.utf8))
        try Linux.fchmod(file.fd, mode)
      case .file(let identity):
        if try link(member.path, identity, named: name, in: directory) { return }
        try copy(member.path, identity, named: name, in: directory)
        report.fileBytes += UInt64(clamping: identity.sizeBytes)
      }
    } catch {
      throw RootFSError(.system, "cannot put it into the tree", errno: error.errno.rawValue)
    }
  }

  /// Makes a hard link to the host's file.
  ///
  /// - Returns: false if the file has to be copied: another file system, no rights, too many links.
  private func link(
    _ path: String, _ identity: FileIdentity, named name: String, in directory: FD
  ) throws(SyscallError) -> Bool {
    // Others may link only to files that they could write, and would then share them with themselves.
    guard isRoot, identity.device == device else { return false }
    do throws(SyscallError) {
      try Linux.linkat(.workingDirectory, path, directory, name)
    } catch {
      let mustCopy = [EXDEV, EPERM, EMLINK, EOPNOTSUPP].contains(error.errno.rawValue)
      if mustCopy { return false }
      throw error
    }
    // The name may have got another file since it was looked at.
    let status = try Linux.fstatat(directory, name, followLinks: false)
    guard FileIdentity(status) == identity else { throw SyscallError("link", Errno(ESTALE), path) }
    return true
  }

  private mutating func copy(
    _ path: String, _ identity: FileIdentity, named name: String, in directory: FD
  ) throws(SyscallError) {
    let source = try Linux.openat(
      .workingDirectory, path, [.readOnly, .noFollow, .nonBlocking, .noControllingTerminal])
    guard FileIdentity(try Linux.fstat(source.fd)) == identity else {
      throw SyscallError("open", Errno(ESTALE), path)
    }
    let target = try Linux.openat(directory, name, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600)
    try copyContent(source.fd, target.fd)
    var mode = identity.mode & 0o7777
    if isRoot {
      try Linux.fchown(target.fd, uid: identity.userID, gid: identity.groupID)
    } else if mode & 0o6000 != 0 {
      // Set-ID bits mean the owner, which only root can keep.
      mode &= 0o1777
      report.droppedSetID += 1
    }
    try Linux.fchmod(target.fd, mode)
    let (seconds, rest) = identity.modifiedNanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    let time = rest < 0 ? (seconds - 1, rest + 1_000_000_000) : (seconds, rest)
    let result = Raw.utimens(target.fd, nil, time.0, time.1)
    if result < 0 { throw SyscallError("utimensat", Errno(-result), path) }
  }

  /// Copies in the kernel, sharing the blocks where the file system can, and through a buffer where it cannot.
  private func copyContent(_ source: FD, _ target: FD) throws(SyscallError) {
    while true {
      let count = cc_copy_range(source.rawValue, target.rawValue, 1 << 30)
      if count == 0 { return }
      if count > 0 || count == -Int(EINTR) { continue }
      break
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { buffer.deallocate() }
    while true {
      let count = try Linux.read(source, into: buffer)
      if count == 0 { return }
      try writeAll(target, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }
}
