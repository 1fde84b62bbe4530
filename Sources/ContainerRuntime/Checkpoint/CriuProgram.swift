// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Linux

/// The `criu` program, which freezes processes into files and thaws them. It is called by its command line, as there is no
/// need for its library.
struct CriuProgram {
  /// A name along `PATH`, or a path.
  let name: String

  /// Finds the program.
  func find() throws(RuntimeError) -> String {
    if name.utf8.contains(0x2F) {
      // path: a program of the host, named by the caller
      // bestEffort: what follows says it
      if (try? checkExecutable(.workingDirectory, name)) != nil { return name }
    } else if let found = SystemPath.find(name) {
      return found
    }
    throw RuntimeError(
      "checkpoint and restore need the criu program, and \(name) is not installed: install the package criu, or name the "
        + "program with --criu")
  }

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - log: its log file, for the reason of a failure.
  ///   - prepare: runs in the child, before the program; what it throws ends the child.
  ///   - cgroup: where the child starts on cgroup version 2.
  static func run(
    _ path: String, _ arguments: [String], log: String, cgroup: FD? = nil, flags: CloneFlags = [],
    _ prepare: () throws(StepFailure) -> Void
  ) throws(RuntimeError) {
    let words = CStringArray([path] + arguments)
    let environment = CStringArray(SystemPath.environment)
    let status: ExitStatus?
    do throws(SyscallError) {
      let result = try clone3(flags, into: cgroup)
      switch consume result {
      case .child:
        do throws(StepFailure) { try prepare() } catch {
          // bestEffort: the exit status says that it failed
          try? writeAll(.standardError, Array("\(error.message)\n".utf8))
          exitProcess(125)
        }
        _ = execve(path, words, environment)
        exitProcess(127)
      case .parent(_, let pidfd):
        status = try waitid(pidfd.fd)
      }
    } catch { throw RuntimeError(error, "criu") }
    guard status != .exited(0) else { return }
    let verb = arguments.first ?? ""
    let reason = firstError(in: log).map { ": \($0)" } ?? ""
    throw RuntimeError(
      "criu failed: \(verb) ended with \(CriuProgram.words(status))\(reason) (log file: \(log))")
  }

  private static func words(_ status: ExitStatus?) -> String {
    switch status {
    case .exited(let code): "status \(code)"
    case .signalled(let signal): "signal \(signal)"
    case nil: "no status"
    }
  }

  /// The first error is what went wrong; the others follow from it.
  private static func firstError(in log: String) -> String? {
    // bestEffort: only words
    // path: criu's log, in the directory that the caller named
    guard let bytes = try? readFile(.workingDirectory, log, limit: 64 << 20) else { return nil }
    for line in bytes.split(separator: 0x0A) {
      let text = String(decoding: line, as: UTF8.self)
      if let range = text.firstRange(of: "Error (") { return String(text[range.lowerBound...]) }
    }
    return nil
  }
}

extension String {
  /// Where a text first occurs.
  fileprivate func firstRange(of text: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].utf8.starts(with: text.utf8) {
        return start..<index(start, offsetBy: text.count)
      }
      start = index(after: start)
    }
    return nil
  }
}
