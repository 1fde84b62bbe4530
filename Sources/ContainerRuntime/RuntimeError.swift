// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Cgroups
internal import ContainerPlan
public import Linux

/// Why an operation on a container failed.
public struct RuntimeError: Error, Equatable, Sendable {
  /// One line: what is wrong, where, and what to do.
  public var message: String
  /// What the command line exits with, unless the command has a status of its own for failures, as `exec` has.
  public var exitStatus: Int32
  /// What went wrong while undoing the failed attempt; the first failure stays the one that counts.
  public var cleanUpFailures: [String] = []

  public init(_ message: String, exitStatus: Int32 = RuntimeError.failureStatus) {
    self.message = message
    self.exitStatus = exitStatus
  }

  public init(_ error: SyscallError, _ context: String = "") {
    self.init(context.isEmpty ? "\(error)" : "\(context): \(error)")
  }

  /// The runtime itself has failed: 1, as with other runtimes.
  public static let failureStatus: Int32 = 1
  /// `exec` has failed, whatever the reason: 255, which callers of runc tell from the program's own statuses.
  public static let execFailureStatus: Int32 = 255
  /// The program cannot be found, as shells and engines report it.
  public static let notFoundStatus: Int32 = 127
  /// The program cannot be executed.
  public static let notExecutableStatus: Int32 = 126
}

extension RuntimeError: CustomStringConvertible {
  public var description: String {
    if cleanUpFailures.isEmpty { return message }
    return "\(message); cleaning up failed too: \(cleanUpFailures.joined(separator: "; "))"
  }
}

/// A step that failed, on any side.
struct StepFailure: Error {
  var message: String
  var exitStatus: Int32

  init(_ message: String, exitStatus: Int32 = RuntimeError.failureStatus) {
    self.message = message
    self.exitStatus = exitStatus
  }

  init(_ error: SyscallError) { self.init("\(error)") }

  init(_ context: String, _ error: SyscallError) { self.init("\(context): \(error)") }
}

/// Runs a system call for a step, with words about the object in front of the kernel's.
@inline(__always)
func step<R: ~Copyable>(
  _ context: @autoclosure () -> String, _ body: () throws(SyscallError) -> R
) throws(StepFailure) -> R {
  do throws(SyscallError) {
    return try body()
  } catch {
    throw StepFailure(context(), error)
  }
}

/// Runs a system call whose error says enough.
@inline(__always)
func step<R: ~Copyable>(_ body: () throws(SyscallError) -> R) throws(StepFailure) -> R {
  do throws(SyscallError) {
    return try body()
  } catch {
    throw StepFailure(error)
  }
}

/// Runs an operation on cgroups for a step.
func cgroupStep<R>(_ body: () throws(CgroupError) -> R) throws(StepFailure) -> R {
  do throws(CgroupError) { return try body() } catch { throw StepFailure("\(error)") }
}

/// Runs an operation on cgroups for a command.
func cgroupOperation<R>(_ body: () throws(CgroupError) -> R) throws(RuntimeError) -> R {
  do throws(CgroupError) { return try body() } catch { throw RuntimeError("\(error)") }
}

extension Origin {
  /// Where in the configuration the reader has to look, for the end of a message.
  var suffix: String { pointer.isEmpty ? "" : " (config.json: \(pointer))" }
}
