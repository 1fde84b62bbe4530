// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// A program that the engine started.
struct ChildProcess: ~Copyable {
  let pidfd: Descriptor

  /// What the child reads from its standard input.
  enum Input {
    case inherited
    /// `/dev/null`.
    case empty
  }

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - arguments: The first is the program's absolute path, unless `program` is.
  ///   - environment: All of the child's environment; nothing of ours is passed on.
  ///   - mask: The signals that the child starts with blocked.
  ///   - silent: Whether standard output and standard error go to `/dev/null` as well.
  ///   - output: The child's standard output, where it is not ours.
  ///   - ownGroup: Whether the child leads a process group of its own, which the terminal's signals do not reach.
  ///   - further: What the child gets as descriptors from 3 on.
  static func spawn(
    _ arguments: [String], program: String? = nil, environment: [String] = SystemPath.environment,
    input: Input = .inherited, mask: SignalSet = [], silent: Bool = false, output: FD? = nil,
    ownGroup: Bool = false, further: [FD] = []
  ) throws(EngineError) -> ChildProcess {
    let program = program ?? arguments.first ?? ""
    do throws(SyscallError) {
      let nothing = try openat(.workingDirectory, "/dev/null", .readWrite)
      let silence = silent ? nothing.fd : nil
      let streams = [input == .empty ? nothing.fd : nil, output ?? silence, silence]
      return ChildProcess(
        pidfd: try Linux.spawn(
          arguments, program: program, environment: environment, streams: streams + further, blocked: mask,
          ownGroup: ownGroup))
    } catch {
      throw EngineError("\(program): cannot start: \(error)")
    }
  }

  /// Waits for the child's end.
  consuming func wait() throws(EngineError) -> ExitStatus {
    do {
      guard let status = try waitid(pidfd.fd) else { throw EngineError("waitid: no status") }
      return status
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError("cannot wait for the runtime: \(error)")
    }
  }
}
