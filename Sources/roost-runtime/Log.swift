// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerRuntime
internal import JSON
internal import Linux

/// Where errors and warnings go: standard error, and what `--log` names.
struct Log {
  enum Format {
    case text, json
  }

  /// How much is written, in the words of `--log-level`; the least first.
  enum Level: Int, CaseIterable, CustomStringConvertible {
    case error, warning, info, debug

    var description: String {
      switch self {
      case .error: "error"
      case .warning: "warning"
      case .info: "info"
      case .debug: "debug"
      }
    }
  }

  private var destination = LogDestination.none
  private var format = Format.text
  private var level = Level.info

  init() {}

  /// - Parameter arguments: the global options.
  init(_ arguments: Arguments) throws(CommandFailure) {
    destination = try LogDestination(arguments.value("log") ?? "")
    switch arguments.value("log-format") {
    case nil, "text", "": format = .text
    case "json": format = .json
    case let other?: throw CommandFailure("--log-format: expected text or json, found \"\(other)\"")
    }
    if let word = arguments.value("log-level") {
      guard let found = Level.allCases.first(where: { "\($0)" == word }) ?? (word == "warn" ? .warning : nil)
      else {
        throw CommandFailure("--log-level: expected error, warning, info or debug, found \"\(word)\"")
      }
      level = found
    }
    if try arguments.flag("debug") { level = .debug }
  }

  func error(_ message: String) { write(.error, message, toStandardError: true) }

  func warning(_ message: String) { write(.warning, message, toStandardError: destination == .none) }

  func debug(_ message: String) { write(.debug, message, toStandardError: destination == .none) }

  /// Tells the steps of a launch as debug messages, also from processes for which the log's path leads elsewhere.
  ///
  /// - Returns: nil unless they are asked for.
  func trace() -> Trace? {
    guard level == .debug else { return nil }
    do throws(SyscallError) {
      let opened = OwnedDescriptor(try opened())
      return Trace.inLog { line in
        // bestEffort: a log that nobody reads must not stop a container
        try? destination.write(.debug, form(.debug, line.oneLine), to: opened.fd)
      }
    } catch {
      Output.writeError("--log \(destination): \(error)")
      return nil
    }
  }

  private func opened() throws(SyscallError) -> Descriptor {
    if let descriptor = try destination.open() { return descriptor }
    return try FD.standardError.duplicate()
  }

  private func write(_ level: Level, _ message: String, toStandardError: Bool) {
    guard level.rawValue <= self.level.rawValue else { return }
    let line = message.oneLine
    if toStandardError {
      Output.writeError(level == .error ? line : level == .debug ? entry(level, line) : "\(level): \(line)")
    }
    do throws(SyscallError) {
      try destination.write(level, form(level, line))
    } catch { Output.writeError("--log \(destination): \(error)") }
  }

  /// What the destination gets: services add time and level themselves.
  private func form(_ level: Level, _ line: String) -> String {
    switch destination {
    case .none, .file: entry(level, line) + "\n"
    case .journal, .syslog: line
    }
  }

  private func entry(_ level: Level, _ line: String) -> String {
    let time = Timestamp.now()
    switch format {
    case .text: return "time=\"\(time)\" level=\(level) msg=\(quoted(line))"
    case .json:
      var writer = JSONWriter()
      writer.object { json in
        json.member("level", "\(level)")
        json.member("msg", line)
        json.member("time", time)
      }
      return String(decoding: writer.bytes, as: UTF8.self)
    }
  }
}

/// A text in quotes, with quotes and backslashes in it escaped.
private func quoted(_ text: String) -> String {
  var writer = JSONWriter()
  writer.value(text)
  return String(decoding: writer.bytes, as: UTF8.self)
}

/// Standard output and standard error.
enum Output {
  /// - Returns: the exit status: a full disk behind standard output is an error like any other.
  static func print(_ text: String) -> Int32 { write(Array((text + "\n").utf8)) }

  static func print(_ line: [UInt8]) -> Int32 { write(line + [UInt8(ascii: "\n")]) }

  static func write(_ bytes: [UInt8]) -> Int32 {
    do throws(SyscallError) {
      try writeAll(.standardOutput, bytes)
      return 0
    } catch {
      writeError("standard output: \(error)")
      return RuntimeError.failureStatus
    }
  }

  static func writeError(_ line: String) {
    // bestEffort: there is no other place to tell it
    try? writeAll(.standardError, Array((line + "\n").utf8))
  }
}
