// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// Whose files an unpacked tree has.
struct OwnerPolicy {
  /// Whether numeric owners are kept; otherwise everything belongs to the caller.
  let areKept: Bool
  /// The owner that new files have anyway; nil if that depends on the directory.
  private let given: (userID: UInt32, groupID: UInt32)?

  /// - Parameter root: the directory that the tree is made in.
  init(_ ownership: UnpackOptions.Ownership?, root: FD) throws(RootFSError) {
    areKept = (ownership ?? (geteuid() == 0 ? .preserve : .caller)) == .preserve
    do throws(SyscallError) {
      let status = try Linux.fstat(root)
      // Below a set-group-ID directory, or with the mount option "grpid", files get the directory's group; when that
      // is the caller's group there is no difference.
      given = status.gid == getegid() ? (geteuid(), getegid()) : nil
    } catch {
      throw .system("look at the directory to unpack into", errno: error.errno.rawValue)
    }
  }

  /// Whether a new file that shall belong to these ids needs chown(2).
  func mustSet(_ userID: UInt32, _ groupID: UInt32) -> Bool {
    guard areKept else { return false }
    guard let given else { return true }
    return given.userID != userID || given.groupID != groupID
  }
}
