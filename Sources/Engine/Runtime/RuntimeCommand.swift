// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// An OCI runtime, driven through the command line that all of them share.
public struct RuntimeCommand: Equatable, Sendable {
  /// Absolute.
  public var path: String
  /// Where the runtime keeps its state, absolute.
  public var root: String

  public init(path: String, root: String) {
    self.path = path
    self.root = root
  }

  /// The name of our own runtime, which is installed beside `roost`.
  static let defaultName = "roost-runtime"

  /// Whether this is our own, which has flags that others lack.
  var isOurs: Bool { path.hasSuffix("/\(Self.defaultName)") }

  /// Finds the runtime's program.
  ///
  /// - Parameters:
  ///   - asked: The value of `--runtime`; a name without a slash is looked up in `PATH`.
  ///   - executable: The path of our own program.
  /// - Throws: ``EngineError`` naming the places that were tried.
  static func locate(
    asked: String?, executable: String, environment: [String: String], workingDirectory: String
  ) throws(EngineError) -> String {
    guard let asked else {
      let directory = executable.utf8.lastIndex(of: Byte.slash).map { String(executable[..<$0]) } ?? ""
      let path = "\(directory)/\(defaultName)"
      if isExecutable(path) { return path }
      throw EngineError("the OCI runtime \(path) is missing: install it, or name another with --runtime")
    }
    if asked.utf8.contains(Byte.slash) {
      let path = absolute(asked, from: workingDirectory)
      if isExecutable(path) { return path }
      throw EngineError("--runtime \(asked.quoted): not an executable file")
    }
    // Where administrators install runtimes, even if the caller's PATH leaves it out.
    let directories = (environment["PATH"] ?? "").pieces(separatedBy: Byte.colon) + ["/usr/sbin", "/sbin"]
    for directory in directories where directory.utf8.first == Byte.slash {
      if isExecutable("\(directory)/\(asked)") { return "\(directory)/\(asked)" }
    }
    throw EngineError("--runtime \(asked.quoted): there is no such program in PATH")
  }

  private static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

  /// The whole command line.
  ///
  /// - Parameter log: Where the runtime writes what went wrong, as JSON lines.
  func arguments(log: String?, _ command: [String]) -> [String] {
    var result = [path, "--root", root]
    if let log { result += ["--log", log, "--log-format", "json"] }
    return result + command
  }

  /// Runs a command that does nothing but succeed or fail, such as `kill`.
  ///
  /// - Parameter log: A file of the container's directory.
  /// - Throws: ``EngineError`` with the runtime's own words.
  func call(_ command: [String], log: String) throws(EngineError) {
    let child = try ChildProcess.spawn(arguments(log: log, command), input: .empty, silent: true)
    let status = try child.wait()
    guard status != .exited(0) else { return }
    let said = try RuntimeLog.lastError(path: log) ?? "ended with status \(status.shellStatus)"
    throw EngineError("\(path) \(command.first ?? ""): \(said)")
  }

  /// Makes the runtime give up whatever it still has of a container; nothing is fine.
  func forget(_ id: String, log: String) throws(EngineError) {
    // All runtimes keep a directory per container below their root.
    guard access("\(root)/\(id)", F_OK) == 0 else { return }
    try call(["delete", "--force", id], log: log)
  }
}
