// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux
import OCI

/// Who calls the engine, and from where.
public struct Caller: Sendable {
  public var workingDirectory: String
  /// The path of our own program.
  public var executable: String
  /// As the command was called; an ordinary user's commands become root of a user namespace later on.
  public var userID: UInt32
  public var groupID: UInt32
  public var isRoot: Bool { userID == 0 }

  public init(workingDirectory: String, executable: String, userID: UInt32, groupID: UInt32) {
    self.workingDirectory = workingDirectory
    self.executable = executable
    self.userID = userID
    self.groupID = groupID
  }

  /// Asks the kernel.
  public static func current() throws(EngineError) -> Caller {
    do {
      return Caller(
        workingDirectory: try Linux.getcwd(), executable: try readlinkat(.workingDirectory, "/proc/self/exe"),
        userID: effectiveUserID(), groupID: effectiveGroupID())
    } catch {
      throw EngineError("cannot find out where roost runs: \(error)")
    }
  }

  /// A variable of the caller's environment.
  public func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// Several variables of the caller's environment.
  func variables(_ names: [String]) -> [String: String] {
    var result: [String: String] = [:]
    for name in names { result[name] = variable(name) }
    return result
  }

  /// The size of the terminal that one of the standard streams is; nil where none is, or none knows its size.
  static func terminalSize() throws(SyscallError) -> ConsoleSize? {
    for stream in [FD.standardInput, .standardOutput, .standardError] where isTerminal(stream) {
      let size = try windowSize(stream)
      if size.rows > 0, size.columns > 0 { return ConsoleSize(height: size.rows, width: size.columns) }
    }
    return nil
  }

  // MARK: Environment

  /// The entries of `--env-file` files, in their order.
  ///
  /// - Throws: ``EngineError`` naming the flag, the file and the line.
  func environmentEntries(inFiles names: [String]) throws(EngineError) -> [EnvironmentEntry] {
    var result: [EnvironmentEntry] = []
    for name in names {
      let bytes: [UInt8]
      do {
        bytes = try readFile(.workingDirectory, name, limit: FactsReader.longestFile)
      } catch {
        throw EngineError("--env-file \(name.quoted): \(error.errno)")
      }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw EngineError("--env-file \(name.quoted): the file is not UTF-8 text")
      }
      do {
        result += try EnvironmentEntry.parse(file: text)
      } catch {
        throw error.within("--env-file \(name.quoted)")
      }
    }
    return result
  }

  /// The caller's values of the entries that have none of their own.
  func passedOn(_ entries: [EnvironmentEntry]) -> [String: String] {
    var keys: [String] = []
    for case .passThrough(let key) in entries { keys.append(key) }
    return variables(keys)
  }
}
