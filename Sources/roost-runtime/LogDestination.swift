// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// What `--log` names: a file, or a service that keeps logs.
enum LogDestination: Equatable, CustomStringConvertible {
  case none
  case file(String)
  /// systemd's journal, under an identifier.
  case journal(String)
  /// The system's syslog daemon, under an identifier.
  case syslog(String)

  /// - Parameter word: a path, `file:PATH`, `journald:IDENTIFIER` or `syslog:IDENTIFIER`; empty for nowhere.
  init(_ word: String) throws(CommandFailure) {
    let parts = word.utf8.split(separator: 0x3A, maxSplits: 1, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    switch (parts.first, parts.count) {
    case ("file", 2): self = .file(parts[1])
    case ("journald", 2): self = .journal(try Self.identifier(parts[1], word))
    case ("syslog", 2): self = .syslog(try Self.identifier(parts[1], word))
    default: self = word.isEmpty ? .none : .file(word)
    }
    if self == .file("") { throw CommandFailure("--log \(word): a path is missing") }
  }

  /// It becomes a part of a line that others parse.
  private static func identifier(_ text: String, _ word: String) throws(CommandFailure) -> String {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x3A && $0 != 0x5B }) else {
      throw CommandFailure("--log \(word): expected an identifier without spaces, colons and brackets")
    }
    return text
  }

  var description: String {
    switch self {
    case .none: ""
    case .file(let path): path
    case .journal(let identifier): "journald:\(identifier)"
    case .syslog(let identifier): "syslog:\(identifier)"
    }
  }

  /// Writes one entry. A line that is written at once stays whole whoever else writes to the file.
  func write(_ level: Log.Level, _ line: String) throws(SyscallError) {
    guard let opened = try open() else { return }
    try write(level, line, to: opened.fd)
  }

  /// Opens it; nil for nowhere.
  func open() throws(SyscallError) -> Descriptor? {
    switch self {
    case .none: nil
    // path: the caller's `--log`
    case .file(let path): try openat(.workingDirectory, path, [.writeOnly, .create, .append], mode: 0o644)
    case .journal: try connectUnix(.datagram, path: "/run/systemd/journal/socket")
    case .syslog: try connectUnix(.datagram, path: "/dev/log")
    }
  }

  /// Writes one entry to what `open` has opened.
  func write(_ level: Log.Level, _ line: String, to opened: FD) throws(SyscallError) {
    switch self {
    case .none, .file: try writeAll(opened, Array(line.utf8))
    case .journal(let identifier):
      // systemd's native protocol: a datagram of lines FIELD=VALUE.
      let fields = [
        "MESSAGE=\(line)", "PRIORITY=\(level.priority)", "SYSLOG_IDENTIFIER=\(identifier)",
        "SYSLOG_PID=\(getpid())", "",
      ]
      try send(opened, Array(fields.joined(separator: "\n").utf8))
    case .syslog(let identifier):
      // The form of syslog(3): facility "daemon" and the priority in one number.
      try send(opened, Array("<\(3 << 3 | level.priority)>\(identifier)[\(getpid())]: \(line)".utf8))
    }
  }
}

extension Log.Level {
  /// The number of syslog(3).
  fileprivate var priority: Int {
    switch self {
    case .error: 3
    case .warning: 4
    case .info: 6
    case .debug: 7
    }
  }
}
