// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Linux

extension CgroupSet {
  /// Sends a signal to every process of the container, once, while none of them can fork.
  ///
  /// Where they cannot be frozen the signal goes to those that are seen; see ``killAll(timeoutMilliseconds:)`` for
  /// one that none may escape.
  public func signalAll(_ signal: Int32) throws(CgroupError) {
    let wasFrozen = try isFrozen()
    var couldFreeze = wasFrozen
    if !wasFrozen && record(.freezer) ?? unified != nil {
      do throws(CgroupError) {
        try freeze(timeoutMilliseconds: 500)
        couldFreeze = true
      } catch {
        // Someone waits in the kernel; the signal is still to reach the others.
        if error.reason != .timedOut { throw error }
      }
    }
    var failure: CgroupError?
    do throws(CgroupError) {
      try send(signal, to: try processes(), areFrozen: couldFreeze)
    } catch { failure = error }
    if couldFreeze && !wasFrozen {
      do throws(CgroupError) {
        try thaw()
      } catch {
        guard var both = failure else { throw error }
        both.cleanUpFailures.append(error.message)
        throw both
      }
    }
    if let failure { throw failure }
  }

  /// Kills every process of the container and waits until none is left.
  ///
  /// - Throws: ``CgroupError/Reason/timedOut`` when some survive the time, as in an uninterruptible wait.
  public func killAll(timeoutMilliseconds: Int = 10_000) throws(CgroupError) {
    var deadline = Deadline(milliseconds: timeoutMilliseconds)
    var left: [Int32] = []
    repeat {
      let isDone = try killUnified()
      left = try processes()
      if left.isEmpty { return }
      if !isDone {
        try signalAll(SIGKILL)
        // A killed process that is frozen cannot die on version 1.
        if try isFrozen() { try thaw() }
      }
    } while deadline.wait()
    left = try processes()
    if left.isEmpty { return }
    let list = left.prefix(8).map { String($0) }.joined(separator: ", ")
    throw CgroupError(
      .timedOut,
      "\(left.count) process(es) of \(listed?.hostPath ?? "the container") did not die of SIGKILL: \(list)"
        + (left.count > 8 ? ", …" : ""))
  }

  /// `cgroup.kill` (Linux 5.14), which nothing can outrun.
  ///
  /// - Returns: whether that reaches all processes of the container. On a hybrid host it does not have to: they are
  ///   listed elsewhere, and may have been moved.
  private func killUnified() throws(CgroupError) -> Bool {
    guard let unified else { return false }
    do throws(SyscallError) {
      try writeFile(.workingDirectory, unified.hostPath + "/cgroup.kill", "1")
    } catch {
      // No such file: an older kernel, or the cgroup is gone. In a threaded cgroup it is not supported.
      if isGone(error) || error.errno == .notSupported { return false }
      throw .refused("cannot write \"1\" to \(unified.hostPath)/cgroup.kill", error)
    }
    return !records.contains { $0.version == .v1 }
  }

  /// - Parameter areFrozen: otherwise a number may have gone to another process since it was read; each is then held
  ///   by a pidfd and looked up again before the signal.
  private func send(_ signal: Int32, to processes: [Int32], areFrozen: Bool) throws(CgroupError) {
    var rest = processes[...]
    while !rest.isEmpty {
      let batch = try HeldProcesses(rest.prefix(64))
      rest = rest.dropFirst(64)
      let members = areFrozen ? nil : Set(try self.processes())
      try batch.signal(signal) { members?.contains($0) ?? true }
    }
  }
}

/// Some processes whose numbers cannot go to others meanwhile.
private final class HeldProcesses {
  private var held: [(process: Int32, pidfd: Int32)] = []

  /// Processes that have ended are left out.
  init(_ processes: ArraySlice<Int32>) throws(CgroupError) {
    held.reserveCapacity(processes.count)
    for process in processes {
      do throws(SyscallError) {
        held.append((process, try pidfdOpen(process).release()))
      } catch {
        if error.errno != .noProcess { throw .refused("cannot open process \(process)", error) }
      }
    }
  }

  deinit {
    for (_, pidfd) in held { closeInherited(pidfd) }
  }

  func signal(_ signal: Int32, where isMeant: (Int32) -> Bool) throws(CgroupError) {
    for (process, pidfd) in held where isMeant(process) {
      do throws(SyscallError) {
        try pidfdSendSignal(FD(pidfd), signal)
      } catch {
        if error.errno != .noProcess {
          throw .refused("cannot send signal \(signal) to process \(process)", error)
        }
      }
    }
  }
}
