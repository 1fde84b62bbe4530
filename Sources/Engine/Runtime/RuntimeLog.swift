// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import JSON
import Linux

/// What runtimes write with `--log FILE --log-format json`: a JSON object per line, the last error being the reason of a
/// failure.
enum RuntimeLog {
  /// The end of a longer log is enough: the last line counts.
  private static let longest = 1 << 20

  /// The message of the last line of level `error` or worse; nil when there is none.
  static func lastError(path: String) throws(EngineError) -> String? {
    do {
      return lastError(
        in: String(decoding: try readFile(.workingDirectory, path, limit: longest), as: UTF8.self))
    } catch {
      // A runtime that has nothing to say need not make the file.
      if error.errno == .noEntry { return nil }
      throw EngineError("the runtime's log: \(error)")
    }
  }

  static func lastError(in text: String) -> String? {
    var message: String?
    for line in text.pieces(separatedBy: Byte.newline) where !line.isEmpty {
      let document: Document
      do {
        document = try Document(parsing: Array(line.utf8), source: "log")
      } catch {
        // What libraries of a runtime print is between its own lines.
        continue
      }
      guard let level = document["level"]?.text, ["error", "fatal", "panic"].contains(level),
        let text = document["msg"]?.text
      else { continue }
      message = text.trimmed
    }
    return message
  }

  /// The exit code of `docker run` for a runtime's failure: 127 when the command was not found, 126 when it cannot be
  /// invoked, else 125. Callers rely on the runtimes' phrases, and so does this.
  static func exitCode(for message: String) -> Int32 {
    func has(_ phrase: String) -> Bool { message.range(ofBytes: phrase) }
    let concernsProgram = has("exec: ") || has("exec ") || has("executable file") || has("executable path")
    guard concernsProgram else { return EngineError.engineFailure }
    if has("executable file not found") || has("no such file or directory")
      || has("No such file or directory")
    {
      return EngineError.commandNotFound
    }
    if has("ermission denied") || has("is a directory") || has("Is a directory") || has("xec format error")
      || has("not executable") || has("not permitted")
    {
      return EngineError.commandNotInvocable
    }
    return EngineError.engineFailure
  }
}

extension String {
  /// Whether `needle` occurs.
  fileprivate func range(ofBytes needle: String) -> Bool {
    let wanted = Array(needle.utf8)
    var rest = utf8[...]
    while rest.count >= wanted.count {
      if rest.starts(with: wanted) { return true }
      rest.removeFirst()
    }
    return wanted.isEmpty
  }
}
