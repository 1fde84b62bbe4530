// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// Work in a new network namespace for those who have no right to return to the host's: a thread of its own does it, and ends
/// there.
enum UserNamespaceThread {
  private final class Work {
    let settings: [NetworkSetting]
    var result: Result<OwnedDescriptor, SyscallError>?

    init(_ settings: [NetworkSetting]) { self.settings = settings }
  }

  /// Makes a network namespace with these settings.
  static func makeNamespace(_ settings: [NetworkSetting]) throws(SyscallError) -> OwnedDescriptor {
    let work = Work(settings)
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { pointer in
        guard let pointer else { return nil }
        // SAFETY: the creator holds the object until this thread has ended.
        let work = Unmanaged<Work>.fromOpaque(pointer).takeUnretainedValue()
        do throws(SyscallError) {
          work.result = .success(try UserNamespaceThread.work(work.settings))
        } catch { work.result = .failure(error) }
        return nil
      }, Unmanaged.passUnretained(work).toOpaque())
    guard status == 0 else { throw SyscallError("pthread_create", Errno(status)) }
    pthread_join(thread, nil)
    guard let result = withExtendedLifetime(work, { work.result }) else {
      throw SyscallError("pthread_join", Errno(EIO))
    }
    return try result.get()
  }

  private static func work(_ settings: [NetworkSetting]) throws(SyscallError) -> OwnedDescriptor {
    try unshare(.newNetwork)
    for setting in settings {
      try writeFile(.workingDirectory, "/proc/sys/net/\(setting.path)", setting.value)
    }
    return OwnedDescriptor(try openat(.workingDirectory, "/proc/thread-self/ns/net", [.readOnly]))
  }
}
