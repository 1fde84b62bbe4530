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
    switch self {
    case .none: break
    case .file(let path):
      // path: the caller's `--log`
      let file = try openat(.workingDirectory, path, [.writeOnly, .create, .append], mode: 0o644)
      try writeAll(file.fd, Array(line.utf8))
    case .journal(let identifier):
      // systemd's native protocol: a datagram of lines FIELD=VALUE.
      let fields = [
        "MESSAGE=\(line)", "PRIORITY=\(level.priority)", "SYSLOG_IDENTIFIER=\(identifier)",
        "SYSLOG_PID=\(getpid())", "",
      ]
      try send(to: "/run/systemd/journal/socket", fields.joined(separator: "\n"))
    case .syslog(let identifier):
      // The form of syslog(3): facility "daemon" and the priority in one number.
      try send(to: "/dev/log", "<\(3 << 3 | level.priority)>\(identifier)[\(getpid())]: \(line)")
    }
  }

  private func send(to path: String, _ text: String) throws(SyscallError) {
    let socket = try connectUnix(.datagram, path: path)
    try Linux.send(socket.fd, Array(text.utf8))
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
