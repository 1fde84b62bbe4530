// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Linux

/// Copies the content of a directory into another one, through descriptors only (`tmpcopyup`).
enum TreeCopy {
  /// Directories may be nested so deep; an image that has more would only exhaust the stack.
  private static let depthLimit = 256

  static func copy(from source: FD, to target: FD) throws(SyscallError) {
    try copy(from: source, to: target, depth: 0)
  }

  private static func copy(from source: FD, to target: FD, depth: Int) throws(SyscallError) {
    if depth > depthLimit { throw SyscallError("tmpcopyup", .tooManyLinks, "directories nested too deep") }
    let readable = try openat(source, ".", [.readOnly, .directory])
    for entry in try listDirectory(readable.fd) {
      let status = try fstatat(source, entry.name, followLinks: false)
      if status.isDirectory {
        try mkdirat(target, entry.name, mode: status.mode & 0o7777)
        let from = try openat(source, entry.name, [.readOnly, .directory, .noFollow])
        let to = try openat(target, entry.name, [.readOnly, .directory, .noFollow])
        try copy(from: from.fd, to: to.fd, depth: depth + 1)
      } else if status.isSymbolicLink {
        try symlinkat(try readlinkat(source, entry.name), target, entry.name)
      } else if status.isRegular {
        try copyFile(entry.name, status, source, target)
      } else {
        try mknodat(target, entry.name, mode: status.mode, device: status.specialDevice)
      }
      try fchownat(target, entry.name, uid: status.uid, gid: status.gid)
      // chown clears the set-id bits.
      if !status.isSymbolicLink { try fchmodat(target, entry.name, status.mode & 0o7777) }
    }
  }

  private static func copyFile(
    _ name: String, _ status: FileStatus, _ source: FD, _ target: FD
  ) throws(SyscallError) {
    let from = try openat(source, name, [.readOnly, .noFollow, .nonBlocking])
    let to = try openat(
      target, name, [.writeOnly, .create, .exclusive, .noFollow], mode: status.mode & 0o7777)
    while true {
      let bytes = try read(from.fd, upTo: 1 << 16)
      if bytes.isEmpty { return }
      try writeAll(to.fd, bytes)
    }
  }
}
