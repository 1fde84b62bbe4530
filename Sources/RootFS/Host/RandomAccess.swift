// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// Bytes that can be read at any place: a file, or memory in tests.
protocol RandomAccess {
  /// Up to `count` bytes from `offset` on; fewer at the end, none behind it.
  func bytes(at offset: UInt64, count: Int) throws(RootFSError) -> [UInt8]
}

extension RandomAccess {
  /// Exactly `count` bytes, or `damagedProgram` if the file is too short for `what`.
  func exactly(_ count: Int, at offset: UInt64, _ what: String) throws(RootFSError) -> [UInt8] {
    let result = try bytes(at: offset, count: count)
    guard result.count == count else {
      throw RootFSError(.damagedProgram, "the file ends before the end of its \(what)")
    }
    return result
  }
}

/// An open file, read with pread(2): unlike a mapping it cannot raise SIGBUS when somebody shortens the file.
struct FileBytes: RandomAccess {
  let file: FD

  func bytes(at offset: UInt64, count: Int) throws(RootFSError) -> [UInt8] {
    guard let start = Int(exactly: offset), count <= Int.max - start else { return [] }
    var failed: Int32 = 0
    let result = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while initialized < count {
        let part = UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[initialized...])
        let got = pread(file.rawValue, part.baseAddress, part.count, start + initialized)
        if got < 0 {
          let error = errno
          if error == EINTR { continue }
          failed = error
          return
        }
        if got == 0 { return }
        initialized += got
      }
    }
    if failed != 0 { throw .system("read", errno: failed) }
    return result
  }
}

/// Bytes in memory.
struct MemoryBytes: RandomAccess {
  let content: [UInt8]

  func bytes(at offset: UInt64, count: Int) throws(RootFSError) -> [UInt8] {
    guard let start = Int(exactly: offset), start < content.count else { return [] }
    return Array(content[start..<(start + min(count, content.count - start))])
  }
}
