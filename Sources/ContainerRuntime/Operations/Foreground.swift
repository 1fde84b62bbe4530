// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Linux

/// A runtime that stays with its container: passes signals on, copies the terminal, and waits.
struct Foreground: ~Copyable {
  private let signals: Descriptor

  /// Signals that are the runtime's own business: what its children and its pipes do.
  private static let own: [Int32] = [SIGCHLD, SIGPIPE, SIGURG, SIGKILL, SIGSTOP]

  /// Blocks all signals, to read them in order. The container's process takes its own mask before its program starts.
  init() throws(SyscallError) {
    var set = SignalSet.all
    for signal in Foreground.own { set.remove(SignalSet(signal)) }
    // A fault of the runtime itself must end it.
    for signal in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS] {
      set.remove(SignalSet(signal))
    }
    try setSignalMask(set)
    signals = try signalfd(set)
  }

  /// Drops the signals that have come: what is typed while somebody looks around is not meant for the program.
  func forgetSignals() {
    while (try? readSignal(signals.fd)) != nil {}  // bestEffort: whatever cannot be read is forwarded later
  }

  /// Returns when the process has ended.
  ///
  /// - Parameter console: the controlling end of its terminal.
  /// - Parameter proxy: passes messages of the program on to a service manager.
  func supervise(
    _ process: ChildProcess, console: FD?, proxy: NotifyProxy? = nil
  ) throws(SyscallError) -> ExitStatus {
    guard let console else { return try wait(process, proxy) }
    let relay = try TerminalRelay(console)
    defer { relay.restore() }
    var entries = [
      PollEntry(process.pidfd.fd), PollEntry(signals.fd), relay.entries.output, relay.entries.input,
      PollEntry(proxy?.fd ?? FD(-1)),
    ]
    while true {
      (entries[2], entries[3]) = relay.entries
      try poll(&entries)
      if entries[1].isReadable, try forward(to: process) { relay.resize() }
      try proxy?.forward()
      if entries[2].isReadable { try relay.copyOutput() }
      try relay.copyInput(entries[2], entries[3])
      if entries[0].isReadable {
        try relay.drain()
        if let status = try waitid(process.pidfd.fd) { return status }
      }
    }
  }

  private func wait(_ process: ChildProcess, _ proxy: NotifyProxy?) throws(SyscallError) -> ExitStatus {
    var entries = [PollEntry(process.pidfd.fd), PollEntry(signals.fd), PollEntry(proxy?.fd ?? FD(-1))]
    while true {
      try poll(&entries)
      try proxy?.forward()
      if entries[1].isReadable { _ = try forward(to: process) }
      if entries[0].isReadable, let status = try waitid(process.pidfd.fd) { return status }
    }
  }

  /// - Returns: whether the runtime's own terminal has changed its size.
  private func forward(to process: ChildProcess) throws(SyscallError) -> Bool {
    var isResized = false
    while let (signal, _) = try readSignal(signals.fd) {
      if signal == SIGWINCH { isResized = true }
      try? pidfdSendSignal(process.pidfd.fd, signal)  // bestEffort: it may have ended
    }
    return isResized
  }
}

/// Copies between the runtime's own terminal and the container's.
final class TerminalRelay {
  private let console: FD
  private let saved: TerminalAttributes?
  /// Bytes typed and not yet taken by the container.
  private var pending: [UInt8] = []
  private var inputEnded = false
  private var outputEnded = false

  init(_ console: FD) throws(SyscallError) {
    self.console = console
    try console.setNonBlocking(true)
    saved = isTerminal(.standardInput) ? try TerminalAttributes(of: .standardInput) : nil
    try saved?.raw.apply(to: .standardInput)
    resize()
  }

  func restore() {
    try? saved?.apply(to: .standardInput)  // bestEffort: the terminal may be gone
  }

  /// The container's terminal takes the size of ours.
  func resize() {
    // bestEffort: either end may be no terminal, or gone
    guard let size = try? windowSize(.standardInput), size.rows > 0 else { return }
    try? setWindowSize(console, size)
  }

  /// What to wait for. A descriptor that is asked nothing still reports its end, and would make a loop spin: poll(2)
  /// ignores negative ones.
  var entries: (output: PollEntry, input: PollEntry) {
    let readsInput = !inputEnded && pending.isEmpty
    return (
      PollEntry(outputEnded ? FD(-1) : console, wantsRead: true, wantsWrite: !pending.isEmpty),
      PollEntry(readsInput ? .standardInput : FD(-1))
    )
  }

  func copyOutput() throws(SyscallError) {
    do throws(SyscallError) {
      let bytes = try read(console, upTo: 1 << 16)
      if bytes.isEmpty { outputEnded = true } else { try writeAll(.standardOutput, bytes) }
    } catch {
      if error.errno == .tryAgain { return }
      // The last process that had the terminal open is gone.
      if error.errno == Errno(EIO) { outputEnded = true } else { throw error }
    }
  }

  func copyInput(_ output: PollEntry, _ input: PollEntry) throws(SyscallError) {
    if input.isReadable && pending.isEmpty {
      pending = try read(.standardInput, upTo: 4096)
      if pending.isEmpty { inputEnded = true }
    }
    guard output.isWritable || !pending.isEmpty else { return }
    do throws(SyscallError) {
      while !pending.isEmpty {
        let written = try writeSome(console, pending)
        pending.removeFirst(written)
      }
    } catch {
      if error.errno == Errno(EIO) { pending = [] } else if error.errno != .tryAgain { throw error }
    }
  }

  /// What the program wrote last is still in the terminal when it has ended.
  func drain() throws(SyscallError) {
    while !outputEnded {
      var entries = [PollEntry(console)]
      if try poll(&entries, timeoutMilliseconds: 0) == 0 { return }
      try copyOutput()
    }
  }
}
