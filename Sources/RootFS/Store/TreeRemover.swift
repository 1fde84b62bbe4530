// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
import Glibc
import Linux

/// Removes a directory with all that is in it, through descriptors, without following links and without entering
/// anything that is mounted there.
enum TreeRemover {
  /// Removes `name` from `parent`; nothing there is no error.
  static func remove(_ name: String, from parent: FD) throws(SyscallError) {
    try remove(Array(name.utf8) + [0], from: parent, name)
  }

  private static func remove(_ name: [UInt8], from parent: FD, _ detail: String) throws(SyscallError) {
    guard let directory = try open(name, in: parent, detail) else { return }
    while try removeContent(of: directory.fd, detail) {
      // Entries may be skipped when a directory changes while it is read: again from the beginning.
      if lseek(directory.rawValue, 0, SEEK_SET) < 0 { throw SyscallError("lseek", Errno(errno), detail) }
    }
    let result = withCString(name) { Raw.unlinkat(parent, $0, isDirectory: true) }
    if result < 0, result != -ENOENT { throw SyscallError("rmdir", Errno(-result), detail) }
  }

  /// Opens a directory for reading; nil if it does not exist.
  private static func open(
    _ name: [UInt8], in parent: FD, _ detail: String
  ) throws(SyscallError) -> Descriptor? {
    let flags = UInt64(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    let resolve: ResolveFlags = [.beneath, .noSymlinks, .noMagicLinks, .noCrossDevice]
    var mayRetry = true
    while true {
      let result = withCString(name) { cl_openat2(parent.rawValue, $0, flags, 0, resolve.rawValue) }
      if result >= 0 {
        let directory = Descriptor(owning: Int32(truncatingIfNeeded: result))
        // Others than root cannot remove names from a directory that denies them writing.
        if geteuid() != 0 { try Linux.fchmod(directory.fd, 0o700) }
        return directory
      }
      switch Int32(truncatingIfNeeded: -result) {
      case ENOENT: return nil
      case EINTR: continue
      case EXDEV: throw SyscallError("openat2", .busy, detail + " (something is mounted in it)")
      case EACCES where mayRetry && geteuid() != 0:
        mayRetry = false
        let changed = withCString(name) { Raw.fchmodat(parent, $0, 0o700) }
        if changed < 0 { throw SyscallError("chmod", Errno(-changed), detail) }
      default: throw SyscallError("openat2", Errno(Int32(truncatingIfNeeded: -result)), detail)
      }
    }
  }

  /// Removes the entries of one pass over the directory.
  ///
  /// - Returns: whether there were any.
  private static func removeContent(of directory: FD, _ detail: String) throws(SyscallError) -> Bool {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 << 10, alignment: 16)
    defer { buffer.deallocate() }
    var hasRemoved = false
    while true {
      let length = cl_getdents64(directory.rawValue, buffer.baseAddress, buffer.count)
      if length == -Int(EINTR) { continue }
      if length < 0 { throw SyscallError("getdents64", Errno(Int32(truncatingIfNeeded: -length)), detail) }
      if length == 0 { return hasRemoved }
      for (name, isDirectory) in entries(UnsafeRawBufferPointer(rebasing: buffer[..<Int(length)])) {
        hasRemoved = true
        if !isDirectory {
          let result = withCString(name) { Raw.unlinkat(directory, $0) }
          if result >= 0 || result == -ENOENT { continue }
          // The file system did not tell that it is a directory.
          if result != -EISDIR { throw SyscallError("unlink", Errno(-result), detail) }
        }
        try remove(name, from: directory, detail)
      }
    }
  }

  /// The names, ended by NUL, in a buffer of `struct linux_dirent64`: inode, offset, record length, type, name.
  private static func entries(_ bytes: UnsafeRawBufferPointer) -> [(name: [UInt8], isDirectory: Bool)] {
    var result: [(name: [UInt8], isDirectory: Bool)] = []
    var offset = 0
    while offset + 19 <= bytes.count {
      let length = Int(bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt16.self))
      if length < 20 || offset + length > bytes.count { break }
      let name = Array(bytes[(offset + 19)..<(offset + length)].prefix { $0 != 0 })
      if name != [0x2e], name != [0x2e, 0x2e] {
        result.append((name + [0], bytes[offset + 18] == UInt8(DT_DIR)))
      }
      offset += length
    }
    return result
  }
}
