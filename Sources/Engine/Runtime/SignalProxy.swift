// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// Signals that processes send to `roost run` and `roost exec`, and that are meant for the container.
struct SignalProxy: ~Copyable {
  private let signals: Descriptor
  private let isOn: Bool

  /// What is passed on.
  static let forwarded = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH]
    .reduce(into: SignalSet()) { $0.insert(SignalSet($1)) }

  /// Blocks the signals that are passed on, for good: from the first trace of a container until the last is gone, no
  /// signal may end the process in between. Those that arrive early wait for the runtime.
  ///
  /// - Returns: The mask as it was, which the runtime starts with.
  static func blockSignals() throws(EngineError) -> SignalSet {
    do {
      let previous = try setSignalMask(forwarded)
      if previous != [] { try setSignalMask(previous.union(forwarded)) }
      return previous
    } catch {
      throw EngineError("cannot block signals: \(error)")
    }
  }

  /// - Parameter isOn: Whether signals are passed on; otherwise they are swallowed.
  init(isOn: Bool) throws(SyscallError) {
    signals = try signalfd(Self.forwarded)
    self.isOn = isOn
  }

  /// Readable when a signal has come.
  var fd: FD { signals.fd }

  /// Passes on what has come. The kernel's own signals (sender 0) are the terminal's, which went to the whole process
  /// group, so the runtime has them already.
  borrowing func forward(to child: FD) throws(SyscallError) {
    while let (signal, sender) = try readSignal(signals.fd) {
      guard isOn, sender != 0 else { continue }
      do {
        try pidfdSendSignal(child, signal)
      } catch {
        // It has just ended; whoever waits for it will see that.
        if error.errno != .noProcess { throw error }
      }
    }
  }
}
