// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// One container that `stop` waits for.
private final class Stopping {
  let view: ContainerView
  let process: Descriptor
  let deadline: Int64?
  var wasKilled = false

  init(view: ContainerView, process: consuming Descriptor, deadline: Int64?) {
    self.view = view
    self.process = process
    self.deadline = deadline
  }
}

/// What `stop` did with a container.
public enum StopResult: Equatable, Sendable {
  /// It ended by itself after its stop signal.
  case ended
  /// It was killed at the end of the time.
  case killedAfterTimeout
  /// It was killed at once: its first process does not handle the stop signal, so that the kernel discards it.
  case killedUnhandled(signal: Int32)
  case wasNotRunning
  case failed(EngineError)
}

extension ContainerEngine {
  /// Stops containers, all at the same time: each gets its stop signal, and SIGKILL when it is still there at the end of
  /// its time.
  ///
  /// - Parameters:
  ///   - timeoutSeconds: -1 waits for ever; nil: each container's own.
  ///   - signal: nil: each container's own.
  /// - Returns: A result for each name, in their order.
  public func stop(
    _ names: [String], timeoutSeconds: Int32? = nil, signal: Int32? = nil
  ) -> [(name: String, result: StopResult)] {
    var results: [StopResult] = []
    var waiting: [(index: Int, stopping: Stopping)] = []
    for (index, name) in names.enumerated() {
      results.append(.ended)
      do throws(EngineError) {
        let view = try view(name)
        guard let stopping = try begin(view, timeoutSeconds) else {
          results[index] = .wasNotRunning
          continue
        }
        let signal = signal ?? view.record.stopSignal
        try kill(view, signal: signal)
        if try !isHandled(signal, by: view.state.pid) {
          try kill(view, signal: SIGKILL)
          stopping.wasKilled = true
          results[index] = .killedUnhandled(signal: signal)
        }
        waiting.append((index, stopping))
      } catch {
        results[index] = .failed(error)
      }
    }
    let ended = waiting.map(\.stopping.view)
    wait(for: &waiting, &results)
    for view in ended { waitForMonitor(of: view) }
    return Array(zip(names, results)).map { (name: $0.0, result: $0.1) }
  }

  /// nil when the container does not run.
  private func begin(_ view: ContainerView, _ timeoutSeconds: Int32?) throws(EngineError) -> Stopping? {
    guard view.state.phase == .running else { return nil }
    do {
      guard let process = try Liveness.open(view.state) else { return nil }
      let seconds = timeoutSeconds ?? view.record.stopTimeoutSeconds
      let deadline = seconds < 0 ? nil : monotonicNanoseconds() + Int64(seconds) * 1_000_000_000
      return Stopping(view: view, process: process, deadline: deadline)
    } catch {
      throw EngineError("\(view.record.name): \(error)")
    }
  }

  /// Whether a signal has any effect on the first process of a PID namespace. For that process the kernel discards
  /// signals whose action is the default one (pid_namespaces(7)); waiting would be in vain.
  private func isHandled(_ signal: Int32, by pid: Int32) throws(EngineError) -> Bool {
    if signal == SIGKILL || signal == SIGSTOP { return true }
    let text: String
    do {
      text = try readText(.workingDirectory, "/proc/\(pid)/status", limit: 1 << 16)
    } catch {
      if error.errno == .noEntry || error.errno == .noProcess { return true }
      throw EngineError("/proc/\(pid)/status: \(error)")
    }
    return SignalStatus(text).hasUse(for: signal)
  }

  private func wait(for waiting: inout [(index: Int, stopping: Stopping)], _ results: inout [StopResult]) {
    while !waiting.isEmpty {
      var entries = waiting.map { PollEntry($0.stopping.process.fd) }
      let now = monotonicNanoseconds()
      let next = waiting.compactMap { $0.stopping.wasKilled ? nil : $0.stopping.deadline }.min()
      do {
        try poll(&entries, timeoutMilliseconds: next.map { Self.milliseconds(until: $0, from: now) } ?? -1)
      } catch {
        for item in waiting { results[item.index] = .failed(EngineError("cannot wait: \(error)")) }
        return
      }
      let later = monotonicNanoseconds()
      var rest: [(index: Int, stopping: Stopping)] = []
      for (item, entry) in zip(waiting, entries) where !entry.isReadable {
        do throws(EngineError) {
          if let deadline = item.stopping.deadline, later >= deadline, !item.stopping.wasKilled {
            try kill(item.stopping.view, signal: SIGKILL)
            item.stopping.wasKilled = true
            results[item.index] = .killedAfterTimeout
          }
          rest.append(item)
        } catch {
          results[item.index] = .failed(error)
        }
      }
      waiting = rest
    }
  }

  /// Waits until the end is recorded, or the container removed, so that the next command finds it so. A monitor that was
  /// killed or hangs is not waited for longer than a moment.
  private func waitForMonitor(of view: ContainerView) {
    let deadline = monotonicNanoseconds() + 2_000_000_000
    var pause: UInt32 = 200
    while monotonicNanoseconds() < deadline {
      do {
        guard let directory = try Store(location).open(view.record.id), try directory.hasMonitor() else {
          return
        }
      } catch {
        // Whatever is wrong with the directory, the container has ended: that is what was asked for.
        return
      }
      usleep(pause)
      pause = min(pause * 2, 20_000)
    }
  }

  private static func milliseconds(until deadline: Int64, from now: Int64) -> Int32 {
    Int32(clamping: max(0, (deadline - now + 999_999) / 1_000_000))
  }
}

/// What a process does with signals: the masks in the text of `/proc/PID/status` (proc_pid_status(5)).
struct SignalStatus: Equatable {
  var blocked: UInt64 = 0
  var ignored: UInt64 = 0
  var caught: UInt64 = 0

  init(_ text: String) {
    for line in text.pieces(separatedBy: Byte.newline) {
      let (name, value) = line.cut(at: Byte.colon)
      guard let mask = UInt64((value ?? "").trimmed, radix: 16) else { continue }
      switch name {
      case "SigBlk": blocked = mask
      case "SigIgn": ignored = mask
      case "SigCgt": caught = mask
      default: break
      }
    }
  }

  /// Whether the process catches the signal, waits for it blocked (sigwait(3), signalfd(2)), or ignores it on purpose, in
  /// which case it may be about to end anyway and gets its time.
  func hasUse(for signal: Int32) -> Bool {
    guard (1...64).contains(signal) else { return false }
    return (blocked | ignored | caught) & (1 << UInt64(signal - 1)) != 0
  }
}
