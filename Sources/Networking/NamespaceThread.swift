// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
public import Linux

/// Work in a namespace that the caller may have no right to leave again, as ordinary users: a thread of its own enters it, and
/// ends there.
public enum NamespaceThread {
  private final class Work {
    let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }
  }

  /// Does the work, and waits for its end.
  ///
  /// - Throws: what the work throws; `pthread_create` where there is no thread to be had.
  public static func run<Value>(
    _ body: @escaping () throws(SyscallError) -> Value
  ) throws(SyscallError) -> Value {
    var result: Result<Value, SyscallError>?
    let work = Work {
      do throws(SyscallError) { result = .success(try body()) } catch { result = .failure(error) }
    }
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { pointer in
        guard let pointer else { return nil }
        // SAFETY: the creator holds the object until this thread has ended.
        Unmanaged<Work>.fromOpaque(pointer).takeUnretainedValue().body()
        return nil
      }, Unmanaged.passUnretained(work).toOpaque())
    guard status == 0 else { throw SyscallError("pthread_create", Errno(status)) }
    pthread_join(thread, nil)
    guard let done = withExtendedLifetime(work, { result }) else {
      throw SyscallError("pthread_join", Errno(EIO))
    }
    return try done.get()
  }
}
