// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// The answers of a person who steps through a container's making: lines of standard input.
///
/// Byte by byte, as what follows the last answer is the container's.
struct StepInput: ~Copyable {
  private let signals: Descriptor

  /// What came.
  enum Event: Equatable {
    case line(String)
    /// The input has ended.
    case end
    /// Somebody wants roost to end, by Ctrl-C for example.
    case signal(Int32)
    /// What `watched` stands for has happened.
    case other
  }

  init() throws(EngineError) {
    do { signals = try signalfd(SignalProxy.forwarded) } catch {
      throw EngineError("cannot read signals: \(error)")
    }
  }

  /// Waits for the next line.
  ///
  /// - Parameter watched: something else to wait for; nil for nothing.
  borrowing func next(_ watched: FD?) throws(EngineError) -> Event {
    var line: [UInt8] = []
    do {
      while true {
        var entries = [PollEntry(.standardInput), PollEntry(signals.fd)]
        if let watched { entries.append(PollEntry(watched)) }
        try poll(&entries)
        if entries[1].isReadable, let signal = try ending() { return .signal(signal) }
        if watched != nil, entries[2].isReadable { return .other }
        guard entries[0].isReadable else { continue }
        guard let byte = try read(.standardInput, upTo: 1).first else { return .end }
        if byte == Byte.newline { return .line(String(decoding: line, as: UTF8.self)) }
        line.append(byte)
      }
    } catch {
      throw EngineError("--step: standard input: \(error)")
    }
  }

  /// Drops what was typed for somebody else.
  borrowing func forgetSignals() throws(EngineError) {
    do { while try readSignal(signals.fd) != nil {} } catch {
      throw EngineError("cannot read signals: \(error)")
    }
  }

  private borrowing func ending() throws(SyscallError) -> Int32? {
    while let (signal, _) = try readSignal(signals.fd) {
      if [SIGHUP, SIGINT, SIGQUIT, SIGTERM].contains(signal) { return signal }
    }
    return nil
  }
}
