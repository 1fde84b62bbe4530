// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// A system call that waits for an agent's answer (seccomp_unotify(2)).
public struct SeccompNotification: Sendable {
  public let id: UInt64
  /// The thread that makes the call, as this process's PID namespace has it; 0 where it does not.
  public let thread: Int32
  public let number: UInt32
  /// `AUDIT_ARCH_*`.
  public let architecture: UInt32
  /// Six registers.
  public let arguments: [UInt64]
}

/// Takes a call off a listener that poll(2) has found readable.
///
/// - Returns: nil when its process has ended in the meantime.
public func receiveSeccompNotification(_ listener: FD) throws(SyscallError) -> SeccompNotification? {
  var raw = seccomp_notif()
  let result = cl_seccomp_receive(listener.rawValue, &raw)
  if result == -Int(ENOENT) || result == -Int(EINTR) { return nil }
  try check(result, "ioctl SECCOMP_IOCTL_NOTIF_RECV")
  let (a, b, c, d, e, f) = raw.data.args
  return SeccompNotification(
    id: raw.id, thread: Int32(bitPattern: raw.pid), number: UInt32(bitPattern: raw.data.nr),
    architecture: raw.data.arch, arguments: [a, b, c, d, e, f])
}

/// Makes a call fail; with 0 it does nothing and succeeds. That its process has ended in the meantime is no error.
public func refuse(
  _ notification: SeccompNotification, _ listener: FD, with number: Int32
) throws(SyscallError) {
  let result = cl_seccomp_answer(listener.rawValue, notification.id, -number)
  if result != -Int(ENOENT) { try check(result, "ioctl SECCOMP_IOCTL_NOTIF_SEND") }
}

/// Whether the call still waits: only then what was asked about its process was asked about that process.
public func isWaiting(_ notification: SeccompNotification, _ listener: FD) -> Bool {
  cl_seccomp_is_waiting(listener.rawValue, notification.id) == 0
}
