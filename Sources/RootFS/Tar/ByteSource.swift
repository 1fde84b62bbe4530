// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A stream of bytes that hands out its own memory, so that content travels from the decompressor to `write(2)`
/// without a copy.
protocol ByteSource {
  /// The unread bytes at hand, at least one; empty only at the end of the stream.
  ///
  /// The memory is valid until the next call of `consume` or `window`.
  mutating func window() throws(RootFSError) -> UnsafeRawBufferPointer

  /// Marks the first `count` bytes of the window as read.
  ///
  /// - Parameter count: at most the size of the window.
  mutating func consume(_ count: Int)
}

/// A stream over bytes in memory: small archives, tests, fuzzing.
final class MemorySource: ByteSource {
  private let storage: UnsafeMutableRawBufferPointer
  private let step: Int
  private var position = 0

  /// - Parameter step: the size of the windows handed out; small values exercise the reader's borders.
  init(_ bytes: some Collection<UInt8>, step: Int = .max) {
    storage = .allocate(byteCount: bytes.count, alignment: 16)
    storage.copyBytes(from: bytes)
    self.step = max(1, step)
  }

  deinit { storage.deallocate() }

  func window() throws(RootFSError) -> UnsafeRawBufferPointer {
    let end = position + min(step, storage.count - position)
    return UnsafeRawBufferPointer(rebasing: storage[position..<end])
  }

  func consume(_ count: Int) {
    position += min(count, storage.count - position)
  }
}
