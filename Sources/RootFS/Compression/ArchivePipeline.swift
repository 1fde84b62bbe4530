// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// Reads, hashes and decompresses an archive on a thread of its own, while the caller's thread writes files.
///
/// The two meet in a ring of buffers under one mutex. The thread blocks all signals, so that handlers run where they
/// would without it, and it ends before `finish` or `deinit` returns: nothing here outlives the unpacking, and the
/// process may clone itself again.
final class ArchivePipeline: ByteSource, @unchecked Sendable {
  // SAFETY (@unchecked Sendable): `input` belongs to the worker while it runs; `offset`, `length` and `first` belong to
  // the consumer; everything else is read and written under `mutex`. A slot belongs to the worker unless it is counted
  // in `filled`, which changes under `mutex` only.

  private static let slotCount = 4
  private static let slotBytes = 1 << 20

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let slots: [UnsafeMutableRawBufferPointer]
  private var input: ArchiveInput
  private var thread: pthread_t?

  // Shared, under `mutex`.
  private var lengths = [Int](repeating: 0, count: slotCount)
  private var filled = 0
  private var isEnded = false
  private var isCancelled = false
  private var failure: RootFSError?
  private var bytesRead: UInt64 = 0

  // The consumer's own: its place in the slot that it reads, and that slot's length (0 for none).
  private var first = 0
  private var offset = 0
  private var length = 0

  /// Starts the worker.
  init(_ input: ArchiveInput) throws(RootFSError) {
    self.input = input
    slots = (0..<Self.slotCount).map { _ in .allocate(byteCount: Self.slotBytes, alignment: 4096) }
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &previous)
    var id = pthread_t()
    // SAFETY: the reference is balanced by the worker's takeRetainedValue, or below if there is no worker.
    let reference = Unmanaged.passRetained(self)
    let result = pthread_create(
      &id, nil,
      { argument in
        if let argument { Unmanaged<ArchivePipeline>.fromOpaque(argument).takeRetainedValue().work() }
        return nil
      }, reference.toOpaque())
    pthread_sigmask(SIG_SETMASK, &previous, nil)
    guard result == 0 else {
      reference.release()
      throw .system("start a thread for decompression", errno: result)
    }
    thread = id
  }

  deinit {
    for slot in slots { slot.deallocate() }
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
    input.deallocate()
  }

  // MARK: The worker

  private func work() {
    var index = 0
    while waitForSpace() {
      var count = 0
      var failed: RootFSError?
      do throws(RootFSError) { count = try input.fill(slots[index]) } catch { failed = error }
      pthread_mutex_lock(mutex)
      bytesRead = input.bytesRead
      failure = failed
      isEnded = failed != nil || count == 0
      if !isEnded {
        lengths[index] = count
        filled += 1
      }
      let isOver = isEnded
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(mutex)
      if isOver { return }
      index = (index + 1) % Self.slotCount
    }
  }

  /// Waits until a slot is free; false if nobody wants more.
  private func waitForSpace() -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while filled == Self.slotCount && !isCancelled { pthread_cond_wait(changed, mutex) }
    return !isCancelled
  }

  // MARK: The consumer

  func window() throws(RootFSError) -> UnsafeRawBufferPointer {
    if length == 0 {
      try waitForSlot()
      if length == 0 { return UnsafeRawBufferPointer(start: nil, count: 0) }
    }
    return UnsafeRawBufferPointer(rebasing: slots[first][offset..<length])
  }

  private func waitForSlot() throws(RootFSError) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while filled == 0 && !isEnded { pthread_cond_wait(changed, mutex) }
    if filled > 0 {
      length = lengths[first]
    } else if let failure {
      throw failure
    }
  }

  func consume(_ count: Int) {
    offset += count
    if offset < length || length == 0 { return }
    offset = 0
    length = 0
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    first = (first + 1) % Self.slotCount
    filled -= 1
    pthread_cond_broadcast(changed)
  }

  /// How many bytes of the file the worker has read.
  var progress: UInt64 {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return bytesRead
  }

  /// Ends the worker and waits for it. Must be called exactly when the pipeline is no longer needed, after success and
  /// after failure.
  ///
  /// - Returns: the digest of the whole file, or nil if it was not read to its end.
  @discardableResult
  func finish() -> RootFSDigest? {
    guard let thread else { return nil }
    pthread_mutex_lock(mutex)
    isCancelled = true
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(mutex)
    pthread_join(thread, nil)
    self.thread = nil
    return isEnded && failure == nil ? input.digest() : nil
  }
}
