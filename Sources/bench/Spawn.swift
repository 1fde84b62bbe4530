// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// One measured command.
struct Sample {
  /// Of the monotonic clock, before anything of the command existed.
  let begin: Int64
  let nanoseconds: Int64
  /// As a shell tells it: 128 + n after a signal.
  let status: Int32
}

/// Starts commands as cheaply as the C library can (posix_spawn, which is a vfork) and waits for them.
struct Spawner: Sendable {
  /// Where commands leave their standard error.
  let errors: String
  /// Where commands leave their standard output.
  var output = "/dev/null"
  var timeoutMilliseconds: Int32 = 30_000

  /// - Parameter command: the path of a program, and its arguments.
  func run(_ command: [String], environment: [String] = Spawner.environment) throws(BenchError) -> Sample {
    let arguments = command.map { strdup($0) } + [nil]
    let variables = environment.map { strdup($0) } + [nil]
    defer {
      for pointer in arguments + variables { free(pointer) }
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)

    var pid: pid_t = 0
    let begin = monotonicNanoseconds()
    let failure = posix_spawn(&pid, command[0], &actions, nil, arguments, variables)
    guard failure == 0 else { throw BenchError("\(command[0]): \(Errno(failure))") }
    let status = try wait(for: pid, command)
    return Sample(begin: begin, nanoseconds: monotonicNanoseconds() - begin, status: status)
  }

  /// Runs a command that must succeed.
  func mustRun(_ command: [String], environment: [String] = Spawner.environment) throws(BenchError) {
    let sample = try run(command, environment: environment)
    guard sample.status == 0 else { throw failure(of: command, sample) }
  }

  func failure(of command: [String], _ sample: Sample) -> BenchError {
    let shown = command.joined(separator: " ")
    return BenchError("`\(shown)` exited with \(sample.status): \(lastError ?? "without a word")")
  }

  /// The last line that a command wrote to standard error.
  private var lastError: String? {
    do throws(SyscallError) {
      let text = try readText(.workingDirectory, errors)
      return text.split(separator: "\n").last.map(String.init)
    } catch {
      return nil  // It was never opened, so there is nothing to quote.
    }
  }

  private func wait(for pid: pid_t, _ command: [String]) throws(BenchError) -> Int32 {
    let status = try attempting("wait for \(command[0])") { () throws(SyscallError) -> Int32? in
      let pidfd = try pidfdOpen(pid)
      var entries = [PollEntry(pidfd.fd)]
      let inTime = try poll(&entries, timeoutMilliseconds: timeoutMilliseconds) > 0
      if !inTime { try pidfdSendSignal(pidfd.fd, SIGKILL) }
      let status = try waitid(pidfd.fd)
      return inTime ? status?.shellStatus : nil
    }
    guard let status else {
      throw BenchError("`\(command.joined(separator: " "))` took more than \(timeoutMilliseconds / 1000) s")
    }
    return status
  }

  /// All that commands find in their environment.
  static let environment = [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
  ]
}

/// Sleeps for that time, or until a signal arrives.
func sleep(milliseconds: Int) {
  var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
  _ = nanosleep(&time, nil)
}
