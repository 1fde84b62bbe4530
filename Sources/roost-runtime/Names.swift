// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Linux

/// Signals by name or number (signal(7)).
enum SignalName {
  private static let names: [(String, Int32)] = [
    ("HUP", SIGHUP), ("INT", SIGINT), ("QUIT", SIGQUIT), ("ILL", SIGILL), ("TRAP", SIGTRAP),
    ("ABRT", SIGABRT), ("IOT", SIGABRT), ("BUS", SIGBUS), ("FPE", SIGFPE), ("KILL", SIGKILL),
    ("USR1", SIGUSR1), ("SEGV", SIGSEGV), ("USR2", SIGUSR2), ("PIPE", SIGPIPE), ("ALRM", SIGALRM),
    ("TERM", SIGTERM), ("STKFLT", 16), ("CHLD", SIGCHLD), ("CLD", SIGCHLD), ("CONT", SIGCONT),
    ("STOP", SIGSTOP), ("TSTP", SIGTSTP), ("TTIN", SIGTTIN), ("TTOU", SIGTTOU), ("URG", SIGURG),
    ("XCPU", SIGXCPU), ("XFSZ", SIGXFSZ), ("VTALRM", SIGVTALRM), ("PROF", SIGPROF), ("WINCH", SIGWINCH),
    ("IO", SIGIO), ("POLL", SIGIO), ("PWR", SIGPWR), ("SYS", SIGSYS),
  ]

  /// The number of `TERM`, `SIGTERM`, `term`, `15`, `RTMIN+3` or `RTMAX-1`; nil for anything else.
  static func number(_ word: String) -> Int32? {
    if let number = Int32(word) { return number >= 0 && number <= 64 ? number : nil }
    var name = word.uppercased()
    if name.utf8.starts(with: "SIG".utf8) { name = String(name.dropFirst(3)) }
    if let found = names.first(where: { $0.0 == name }) { return found.1 }
    // The C library keeps the first two real-time signals for itself.
    if name == "RTMIN" { return 34 }
    if name == "RTMAX" { return 64 }
    if name.utf8.starts(with: "RTMIN+".utf8), let offset = Int32(name.dropFirst(6)), (0...30).contains(offset)
    {
      return 34 + offset
    }
    if name.utf8.starts(with: "RTMAX-".utf8), let offset = Int32(name.dropFirst(6)), (0...30).contains(offset)
    {
      return 64 - offset
    }
    return nil
  }
}

/// Variables of the runtime's own environment.
enum Environment {
  /// How many sockets a service manager has passed to this process (sd_listen_fds(3)).
  static var listenDescriptors: UInt32 {
    guard let count = value("LISTEN_FDS").flatMap({ UInt32($0) }), count <= 1_000_000 else { return 0 }
    guard let pid = value("LISTEN_PID") else { return 0 }
    return pid == "\(Linux.getpid())" ? count : 0
  }

  /// The socket of the service manager that has started this process and wants to hear from it (sd_notify(3)).
  static var serviceManager: String? { value("NOTIFY_SOCKET") }

  static func value(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }
}
