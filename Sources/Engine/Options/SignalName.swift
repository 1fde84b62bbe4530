// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc

/// Signals by name and number, as `--stop-signal`, `kill` and `stop` take them.
public enum SignalName {
  /// Parses `TERM`, `SIGTERM`, `term`, `15`, `RTMIN+3`.
  ///
  /// - Returns: 1 … 64.
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  public static func parse(_ text: String) throws(EngineError) -> Int32 {
    if let number = decimal(text, as: Int32.self) {
      guard (1...64).contains(number) else { throw EngineError("signals are numbered from 1 to 64") }
      return number
    }
    var name = text.asciiUppercased
    if name.hasPrefix("SIG") { name.removeFirst(3) }
    if let known = table.first(where: { $0.name == name }) { return known.number }
    // Real-time signals count from both ends; glibc keeps the first two for itself.
    for (base, number, direction) in [("RTMIN", Int32(34), Int32(1)), ("RTMAX", 64, -1)]
    where name.hasPrefix(base) {
      let rest = String(name.dropFirst(base.utf8.count))
      if rest.isEmpty { return number }
      let sign = direction > 0 ? "+" : "-"
      if rest.hasPrefix(sign), let offset = decimal(String(rest.dropFirst()), as: UInt8.self), offset <= 30 {
        return number + direction * Int32(offset)
      }
    }
    throw EngineError("unknown signal: expected a name such as TERM or a number from 1 to 64")
  }

  /// The name with `SIG`, or the number as text for one that has no name.
  public static func name(of signal: Int32) -> String {
    table.first { $0.number == signal }.map { "SIG" + $0.name } ?? String(signal)
  }

  private static let table: [(name: String, number: Int32)] = [
    ("HUP", SIGHUP), ("INT", SIGINT), ("QUIT", SIGQUIT), ("ILL", SIGILL), ("TRAP", SIGTRAP),
    ("ABRT", SIGABRT),
    ("IOT", SIGABRT), ("BUS", SIGBUS), ("FPE", SIGFPE), ("KILL", SIGKILL), ("USR1", SIGUSR1),
    ("SEGV", SIGSEGV), ("USR2", SIGUSR2), ("PIPE", SIGPIPE), ("ALRM", SIGALRM), ("TERM", SIGTERM),
    ("STKFLT", 16), ("CHLD", SIGCHLD), ("CLD", SIGCHLD), ("CONT", SIGCONT), ("STOP", SIGSTOP),
    ("TSTP", SIGTSTP), ("TTIN", SIGTTIN), ("TTOU", SIGTTOU), ("URG", SIGURG), ("XCPU", SIGXCPU),
    ("XFSZ", SIGXFSZ), ("VTALRM", SIGVTALRM), ("PROF", SIGPROF), ("WINCH", SIGWINCH), ("IO", SIGIO),
    ("POLL", SIGIO), ("PWR", SIGPWR), ("SYS", SIGSYS),
  ]
}
