// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// The small init of `--init`: our own executable as the container's process 1. It starts the command, passes signals
/// on to it, reaps whatever is left to it, and ends as the command ends.
public enum ContainerInit {
  /// Runs `command` and never returns to the rest of `roost`.
  ///
  /// - Parameter command: The program, looked up in `PATH`, and its arguments.
  /// - Returns: The exit status for the process: the command's, 128 + n for a signal, 127 or 126 when it cannot be
  ///   started.
  public static func run(_ command: [String]) -> Int32 {
    guard let program = command.first else {
      return fail("no command is given", EngineError.engineFailure)
    }
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    sigprocmask(SIG_SETMASK, &all, &previous)

    var pid: pid_t = 0
    let error = spawn(command, mask: &previous, &pid)
    guard error == 0 else {
      let isMissing = error == ENOENT
      return fail(
        "\(program): \(isMissing ? "executable file not found" : "cannot be started: \(Errno(error))")",
        isMissing ? EngineError.commandNotFound : EngineError.commandNotInvocable)
    }
    while true {
      var info = siginfo_t()
      let signal = sigwaitinfo(&all, &info)
      if signal == SIGCHLD {
        do {
          if let status = try reap(main: pid) { return status.shellStatus }
        } catch {
          return fail("\(error)", EngineError.engineFailure)
        }
      } else if signal > 0, info.si_code != SI_KERNEL {
        // What the kernel sends for the terminal goes to the whole process group, the command included. A command that
        // has just ended is reaped in the next round.
        _ = Glibc.kill(pid, signal)
      }
    }
  }

  private static func spawn(_ command: [String], mask: inout sigset_t, _ pid: inout pid_t) -> Int32 {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &mask)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    let arguments = command.map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    return posix_spawnp(&pid, command[0], nil, &attributes, arguments + [nil], environ)
  }

  /// Reaps every process that has ended; returns how the command ended, once it has.
  private static func reap(main: pid_t) throws(SyscallError) -> ExitStatus? {
    var result: ExitStatus?
    while let (pid, status) = try waitAnyChild() {
      if pid == main { result = status }
    }
    return result
  }

  private static func fail(_ message: String, _ status: Int32) -> Int32 {
    let text = "roost-init: \(message.oneLine)\n"
    do {
      try writeAll(.standardError, Array(text.utf8))
    } catch {
      // There is nowhere else to report to; the status tells that something failed.
    }
    return status
  }
}
