// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Everything that the engine can fail with.
///
/// The message is one line for a person: what was tried, on which object or flag, why it failed and, where one is
/// known, the remedy. Nothing in the engine prints; `roost` does, once, in its main function.
public struct EngineError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What went wrong, in one line.
  public var message: String

  /// The exit code that `roost` ends with: 125 for failures of the engine itself, 126 and 127 for a command that
  /// cannot be invoked or found, as `docker run` does.
  public var exitCode: Int32

  /// What failed while cleaning up after the first failure; printed after it, each on a line.
  public var cleanupFailures: [String] = []

  /// Whether the user has read the message already: OCI runtimes print their errors themselves.
  public var wasPrinted = false

  /// Makes an error of the engine; `exitCode` is 125 unless told otherwise.
  public init(_ message: String, exitCode: Int32 = EngineError.engineFailure) {
    self.message = message
    self.exitCode = exitCode
  }

  /// The engine could not do what was asked.
  public static let engineFailure: Int32 = 125
  /// The container's command was found but cannot be invoked.
  public static let commandNotInvocable: Int32 = 126
  /// The container's command was not found.
  public static let commandNotFound: Int32 = 127

  /// The message, without the middle of one that repeats an enormous value: what and where come first, the reason last.
  public var description: String {
    let bytes = message.utf8
    guard bytes.count > 1500 else { return message }
    // A slice of text is rounded down to whole scalars, so that either place may lie within one.
    let end = bytes.index(bytes.startIndex, offsetBy: 1000)
    let rest = bytes.index(bytes.endIndex, offsetBy: -400)
    return message[..<end] + " … " + message[rest...]
  }

  /// The same error with `context` and a colon in front, such as the flag that carried a bad value.
  public func within(_ context: String) -> EngineError {
    var result = self
    result.message = "\(context): \(message)"
    return result
  }
}
