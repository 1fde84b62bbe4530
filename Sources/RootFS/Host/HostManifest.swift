// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
import Glibc
import Linux

/// What was asked of the host to make a tree, and what it answered: as long as all answers are the same, so is the
/// tree.
///
/// The file is a header line, the digest of the tree on a line, and one record for each path, ended by a NUL byte so
/// that the paths are C strings in place: a warm start does one lstat(2) for each and allocates nothing.
///
///     A PATH                                      nothing is there
///     X PATH                                      the caller may not look there
///     D PATH                                      a directory, whatever is in it
///     P DEVICE INODE SIZE MTIME MODE UID GID PATH  this file or link, or this directory with the same names in it
struct HostManifest {
  private static let header = Array("roost host manifest 1\n".utf8)
  /// A closure of a thousand files has a manifest of 100 KiB.
  static let maximumBytes = 16 << 20

  /// The file's content for a tree and the answers that led to it.
  ///
  /// - Parameter listed: directories of which every name counts.
  static func encode(
    _ digest: RootFSDigest, _ answers: [String: HostFiles.Answer], listed: [String: FileIdentity] = [:]
  ) -> [UInt8] {
    var bytes = header + Array((digest.hex + "\n").utf8)
    // Sorted, so that the same answers give the same file and lstat(2) finds its directories warm.
    for (path, answer) in answers.sorted(by: { $0.key < $1.key }) {
      switch answer {
      case .absent: bytes += "A ".utf8
      case .denied: bytes += "X ".utf8
      case .directory:
        if let identity = listed[path] { append(identity, to: &bytes) } else { bytes += "D ".utf8 }
      case .link(let identity, _), .file(let identity): append(identity, to: &bytes)
      }
      bytes += path.utf8
      bytes.append(0)
    }
    return bytes
  }

  private static func append(_ identity: FileIdentity, to bytes: inout [UInt8]) {
    let numbers = [
      Int64(truncatingIfNeeded: identity.device), Int64(truncatingIfNeeded: identity.inode),
      identity.sizeBytes, identity.modifiedNanoseconds, Int64(identity.mode), Int64(identity.userID),
      Int64(identity.groupID),
    ]
    bytes += "P ".utf8
    for number in numbers { bytes += "\(number) ".utf8 }
  }

  /// The digest of the tree that the manifest belongs to, if the host would still give the same answers.
  ///
  /// - Returns: nil if anything has changed, and for a file that is not a manifest: then the closure is made anew,
  ///   which also writes a new manifest.
  static func validDigest(_ bytes: [UInt8]) -> RootFSDigest? {
    guard bytes.starts(with: header), bytes.count > header.count + 65, bytes.last == 0,
      let digest = RootFSDigest(String(decoding: bytes[header.count..<(header.count + 64)], as: UTF8.self))
    else { return nil }
    let isValid = bytes.withUnsafeBytes { buffer in
      var rest = UnsafeRawBufferPointer(rebasing: buffer[(header.count + 65)...])
      while !rest.isEmpty {
        guard let length = validate(rest) else { return false }
        rest = UnsafeRawBufferPointer(rebasing: rest[length...])
      }
      return true
    }
    return isValid ? digest : nil
  }

  /// Checks the first record, which a NUL byte in `bytes` ends.
  ///
  /// - Returns: its length with the NUL; nil if the host's answer is another one.
  private static func validate(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard let end = bytes.firstIndex(of: 0), end > 2, bytes[1] == UInt8(ascii: " ") else { return nil }
    var cursor = 2
    var known: FileIdentity?
    if bytes[0] == UInt8(ascii: "P") {
      known = identity(bytes, &cursor)
      if known == nil { return nil }
    }
    guard cursor < end, bytes[cursor] == slash, let base = bytes.baseAddress else { return nil }
    var status = stat()
    // SAFETY: the path ends at the NUL byte found above, inside the buffer.
    let path = (base + cursor).assumingMemoryBound(to: CChar.self)
    let result = cl_fstatat(AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW)
    let isSame: Bool
    switch bytes[0] {
    case UInt8(ascii: "A"): isSame = result == -Int(ENOENT) || result == -Int(ENOTDIR)
    case UInt8(ascii: "X"): isSame = result == -Int(EACCES)
    case UInt8(ascii: "D"): isSame = result == 0 && status.st_mode & Glibc.S_IFMT == Glibc.S_IFDIR
    case UInt8(ascii: "P"): isSame = result == 0 && known == identity(status)
    default: isSame = false
    }
    return isSame ? end + 1 : nil
  }

  private static func identity(_ status: stat) -> FileIdentity {
    FileIdentity(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), sizeBytes: Int64(status.st_size),
      modifiedNanoseconds: Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec),
      mode: status.st_mode, userID: status.st_uid, groupID: status.st_gid)
  }

  private static func identity(_ bytes: UnsafeRawBufferPointer, _ cursor: inout Int) -> FileIdentity? {
    guard let device = number(bytes, &cursor), let inode = number(bytes, &cursor),
      let size = number(bytes, &cursor), let time = number(bytes, &cursor), let mode = number(bytes, &cursor),
      let user = number(bytes, &cursor), let group = number(bytes, &cursor)
    else { return nil }
    return FileIdentity(
      device: UInt64(bitPattern: device), inode: UInt64(bitPattern: inode), sizeBytes: size,
      modifiedNanoseconds: time, mode: UInt32(truncatingIfNeeded: mode),
      userID: UInt32(truncatingIfNeeded: user), groupID: UInt32(truncatingIfNeeded: group))
  }

  /// The decimal number at the cursor, which moves behind the blank that follows it.
  private static func number(_ bytes: UnsafeRawBufferPointer, _ cursor: inout Int) -> Int64? {
    let isNegative = cursor < bytes.count && bytes[cursor] == UInt8(ascii: "-")
    if isNegative { cursor += 1 }
    var value: Int64 = 0
    let start = cursor
    while cursor < bytes.count, bytes[cursor] >= UInt8(ascii: "0"), bytes[cursor] <= UInt8(ascii: "9") {
      // Wrapping is harmless: a number that does not fit equals no answer, and the tree is made anew.
      value = value &* 10 &+ Int64(bytes[cursor] - UInt8(ascii: "0"))
      cursor += 1
    }
    guard cursor > start, cursor < bytes.count, bytes[cursor] == UInt8(ascii: " ") else { return nil }
    cursor += 1
    return isNegative ? 0 &- value : value
  }

  /// The digest of a tree: of everything that makes a difference to its content.
  static func digest(of members: [HostMember]) -> RootFSDigest {
    var bytes = Array("roost host tree 1\n".utf8)
    for member in members.sorted(by: { $0.path < $1.path }) {
      bytes += member.path.utf8
      bytes.append(0)
      switch member.content {
      case .directory(let mode): bytes += "D \(mode)".utf8
      case .link(let target): bytes += ("L " + target).utf8
      case .file(let identity): append(identity, to: &bytes)
      case .text(let text, let mode): bytes += ("T \(mode) " + text).utf8
      }
      bytes.append(0)
    }
    return RootFSDigest(hashing: bytes)
  }
}
