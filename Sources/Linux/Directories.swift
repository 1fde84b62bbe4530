// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// An entry of a directory.
public struct DirectoryEntry: Sendable {
  public let name: String
  public let inode: UInt64
  /// A `DT_*` value; `DT_UNKNOWN` where the file system does not tell.
  public let type: UInt8

  public var isDirectory: Bool { type == UInt8(DT_DIR) }
}

/// The entries of an open directory without `.` and `..`, in the kernel's order (getdents64(2)).
///
/// - Parameter directory: open for reading, not with `O_PATH`.
public func listDirectory(_ directory: FD) throws(SyscallError) -> [DirectoryEntry] {
  var entries: [DirectoryEntry] = []
  while true {
    let more = try withTemporaryBytes(32768) { (buffer) throws(SyscallError) -> Bool in
      let length = try checkRetrying("getdents64") {
        cl_getdents64(directory.rawValue, buffer.baseAddress, buffer.count)
      }
      parse(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<length]), into: &entries)
      return length > 0
    }
    if !more { return entries }
  }
}

/// Reads `struct linux_dirent64` records: inode, offset, record length, type, name.
private func parse(_ bytes: UnsafeRawBufferPointer, into entries: inout [DirectoryEntry]) {
  var offset = 0
  while offset + 19 <= bytes.count {
    let length = Int(bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt16.self))
    if length < 20 || offset + length > bytes.count { return }
    let nameBytes = bytes[(offset + 19)..<(offset + length)].prefix { $0 != 0 }
    let isDot = nameBytes.elementsEqual([0x2E]) || nameBytes.elementsEqual([0x2E, 0x2E])
    if !isDot {
      entries.append(
        DirectoryEntry(
          name: String(decoding: nameBytes, as: UTF8.self),
          inode: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
          type: bytes[offset + 18]))
    }
    offset += length
  }
}
