// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
import Glibc
import Linux

/// System calls on names that are bytes rather than text: what archives contain need not be UTF-8, which the module
/// `Linux` takes for granted. Each returns the result or `-errno`.
///
/// Every name is one component, and no call follows a link at it.
enum Raw {
  typealias Name = UnsafePointer<CChar>

  static func openat(_ directory: FD, _ name: Name, _ flags: Int32, _ mode: UInt32 = 0) -> Int32 {
    while true {
      let result = Int32(truncatingIfNeeded: cl_openat(directory.rawValue, name, flags, mode))
      if result != -EINTR { return result }
    }
  }

  static func mkdirat(_ directory: FD, _ name: Name, _ mode: UInt32) -> Int32 {
    Int32(truncatingIfNeeded: cl_mkdirat(directory.rawValue, name, mode))
  }

  static func mknodat(_ directory: FD, _ name: Name, _ mode: UInt32, _ device: UInt64) -> Int32 {
    Int32(truncatingIfNeeded: cl_mknodat(directory.rawValue, name, mode, device))
  }

  static func symlinkat(_ target: Name, _ directory: FD, _ name: Name) -> Int32 {
    Int32(truncatingIfNeeded: cl_symlinkat(target, directory.rawValue, name))
  }

  static func linkat(_ from: FD, _ old: Name, _ directory: FD, _ name: Name) -> Int32 {
    Int32(truncatingIfNeeded: cl_linkat(from.rawValue, old, directory.rawValue, name, 0))
  }

  static func unlinkat(_ directory: FD, _ name: Name, isDirectory: Bool = false) -> Int32 {
    Int32(truncatingIfNeeded: cl_unlinkat(directory.rawValue, name, isDirectory ? AT_REMOVEDIR : 0))
  }

  static func renameat(_ from: FD, _ old: Name, _ directory: FD, _ name: Name) -> Int32 {
    Int32(truncatingIfNeeded: cl_renameat2(from.rawValue, old, directory.rawValue, name, 0))
  }

  /// What a name is.
  struct Status {
    var device: UInt64
    var inode: UInt64
    var mode: UInt32

    var isDirectory: Bool { mode & UInt32(Glibc.S_IFMT) == UInt32(Glibc.S_IFDIR) }
  }

  static func status(_ directory: FD, _ name: Name) -> Result<Status, Errno> {
    var out = stat()
    let result = cl_fstatat(directory.rawValue, name, &out, AT_SYMLINK_NOFOLLOW)
    if result < 0 { return .failure(Errno(Int32(truncatingIfNeeded: -result))) }
    return .success(Status(device: UInt64(out.st_dev), inode: UInt64(out.st_ino), mode: out.st_mode))
  }

  static func fchown(_ file: FD, _ user: UInt32, _ group: UInt32) -> Int32 {
    Int32(truncatingIfNeeded: cl_fchown(file.rawValue, user, group))
  }

  static func fchownat(_ directory: FD, _ name: Name, _ user: UInt32, _ group: UInt32) -> Int32 {
    Int32(truncatingIfNeeded: cl_fchownat(directory.rawValue, name, user, group, AT_SYMLINK_NOFOLLOW))
  }

  static func fchmod(_ file: FD, _ mode: UInt32) -> Int32 {
    Int32(truncatingIfNeeded: cl_fchmod(file.rawValue, mode))
  }

  /// Only for objects that are known not to be links, which this call would follow.
  static func fchmodat(_ directory: FD, _ name: Name, _ mode: UInt32) -> Int32 {
    Int32(truncatingIfNeeded: cl_fchmodat(directory.rawValue, name, mode))
  }

  /// Sets access and modification time of the name, or of the open file if there is none.
  static func utimens(_ file: FD, _ name: Name?, _ seconds: Int64, _ nanoseconds: Int64) -> Int32 {
    let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
    return withUnsafeTemporaryAllocation(of: timespec.self, capacity: 2) { times in
      times.initialize(repeating: time)
      guard let name else {
        return Glibc.futimens(file.rawValue, times.baseAddress) < 0 ? -errno : 0
      }
      return Int32(
        truncatingIfNeeded: cl_utimensat(file.rawValue, name, times.baseAddress, AT_SYMLINK_NOFOLLOW))
    }
  }

  static func ftruncate(_ file: FD, _ size: Int64) -> Int32 {
    while true {
      let result = Int32(truncatingIfNeeded: cl_ftruncate(file.rawValue, size))
      if result != -EINTR { return result }
    }
  }

  /// Writes all of `bytes` at `offset`; 0 or `-errno`.
  static func pwriteAll(_ file: FD, _ bytes: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = Glibc.pwrite(file.rawValue, rest.baseAddress, rest.count, Int(offset) + done)
      if count < 0 {
        let error = errno
        if error != EINTR { return -error }
      } else if count == 0 {
        return -EIO
      } else {
        done += count
      }
    }
    return 0
  }

  /// The target of a symbolic link; nil if there is none, or if it is longer than a path may be.
  static func readLink(_ directory: FD, _ terminatedName: [UInt8]) -> [UInt8]? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4097) { buffer in
      let count = withCString(terminatedName) {
        cl_readlinkat(directory.rawValue, $0, buffer.baseAddress, buffer.count)
      }
      guard count >= 0, count <= 4096 else { return nil }
      return Array(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: buffer[..<count])))
    }
  }
}
