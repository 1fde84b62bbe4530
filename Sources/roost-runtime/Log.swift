// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerRuntime
internal import JSON
internal import Linux

/// Where errors and warnings go: standard error, and the file that `--log` names.
struct Log {
  enum Format {
    case text, json
  }

  private var path: String?
  private var format = Format.text
  private var isDebug = false

  init() {}

  init(path: String?, format: String?, debug: Bool) throws(CommandFailure) {
    self.path = path.flatMap { $0.isEmpty ? nil : $0 }
    isDebug = debug
    switch format {
    case nil, "text", "": self.format = .text
    case "json": self.format = .json
    case let other?: throw CommandFailure("--log-format: expected text or json, found \"\(other)\"")
    }
  }

  func error(_ message: String) { write("error", message, toStandardError: true) }

  func warning(_ message: String) { write("warning", message, toStandardError: path == nil) }

  func debug(_ message: String) {
    if isDebug { write("debug", message, toStandardError: path == nil) }
  }

  private func write(_ level: String, _ message: String, toStandardError: Bool) {
    let line = message.oneLine
    if toStandardError { Output.writeError(level == "error" ? line : "\(level): \(line)") }
    guard let path else { return }
    do throws(SyscallError) {
      // path: the caller's `--log`
      let file = try openat(.workingDirectory, path, [.writeOnly, .create, .append], mode: 0o644)
      try writeAll(file.fd, Array((entry(level, line) + "\n").utf8))
    } catch { Output.writeError("--log \(path): \(error)") }
  }

  private func entry(_ level: String, _ line: String) -> String {
    let time = Timestamp.now()
    switch format {
    case .text: return "time=\"\(time)\" level=\(level) msg=\(quoted(line))"
    case .json:
      var writer = JSONWriter()
      writer.object { json in
        json.member("level", level)
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

extension String {
  /// Control characters, which could forge a second line or drive a terminal, as visible escapes.
  fileprivate var oneLine: String {
    if utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) { return self }
    var result = ""
    for scalar in unicodeScalars {
      if scalar.value >= 0x20 && scalar.value != 0x7F {
        result.unicodeScalars.append(scalar)
      } else {
        result +=
          scalar == "\n"
          ? "\\n" : scalar == "\r" ? "\\r" : scalar == "\t" ? "\\t" : "\\x\(String(scalar.value, radix: 16))"
      }
    }
    return result
  }
}

/// Standard output and standard error.
enum Output {
  /// - Returns: the exit status: a full disk behind standard output is an error like any other.
  static func print(_ text: String) -> Int32 {
    do throws(SyscallError) {
      try writeAll(.standardOutput, Array((text + "\n").utf8))
      return 0
    } catch {
      writeError("standard output: \(error)")
      return 255
    }
  }

  static func print(_ bytes: [UInt8]) -> Int32 { print(String(decoding: bytes, as: UTF8.self)) }

  static func writeError(_ line: String) {
    // bestEffort: there is no other place to tell it
    try? writeAll(.standardError, Array((line + "\n").utf8))
  }
}
