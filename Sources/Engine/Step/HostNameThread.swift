// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// The host name in another UTS namespace: a thread of its own enters it and ends there, as ordinary users have no right to
/// return to the host's.
enum HostNameThread {
  static let file = "/proc/sys/kernel/hostname"

  private final class Work {
    let namespace: OwnedDescriptor
    var name: String?

    init(_ namespace: consuming Descriptor) { self.namespace = OwnedDescriptor(namespace) }
  }

  /// - Returns: nil where the caller may not enter the namespace.
  static func read(_ namespace: consuming Descriptor) -> String? {
    let work = Work(namespace)
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { pointer in
        guard let pointer else { return nil }
        // SAFETY: the creator holds the object until this thread has ended.
        let work = Unmanaged<Work>.fromOpaque(pointer).takeUnretainedValue()
        do throws(SyscallError) {
          try setns(work.namespace.fd, .newUTS)
          work.name = try readText(.workingDirectory, HostNameThread.file)
        } catch { work.name = nil }
        return nil
      }, Unmanaged.passUnretained(work).toOpaque())
    guard status == 0 else { return nil }
    pthread_join(thread, nil)
    return withExtendedLifetime(work) { work.name }
  }
}
