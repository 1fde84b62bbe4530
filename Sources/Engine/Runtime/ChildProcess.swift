// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// A program that the engine started, by posix_spawn(3): the child shares nothing that the parent could disturb, and
/// starting it costs no copy of page tables.
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
  ///   - arguments: The first is the program's absolute path.
  ///   - environment: All of the child's environment; nothing of ours is passed on.
  ///   - mask: The signals that the child starts with blocked.
  ///   - silent: Whether standard output and standard error go to `/dev/null` as well.
  ///   - ownGroup: Whether the child leads a process group of its own, which the terminal's signals do not reach.
  static func spawn(
    _ arguments: [String], environment: [String] = ChildProcess.plainEnvironment, input: Input = .inherited,
    mask: SignalSet = [], silent: Bool = false, ownGroup: Bool = false
  ) throws(EngineError) -> ChildProcess {
    guard let program = arguments.first else { throw EngineError("no program to start") }
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    if case .empty = input { posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) }
    if silent {
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    }
    configure(&attributes, mask: mask, ownGroup: ownGroup)

    var pid: pid_t = 0
    let error = withCStrings(arguments) { argv in
      withCStrings(environment) { envp in posix_spawn(&pid, program, &actions, &attributes, argv, envp) }
    }
    guard error == 0 else { throw EngineError("\(program): cannot start: \(Errno(error))") }
    do {
      // The child is not reaped before its descriptor is waited for, so its number cannot be someone else's.
      return ChildProcess(pidfd: try pidfdOpen(pid))
    } catch {
      throw EngineError("\(program): \(error)")
    }
  }

  /// What helpers get: enough to find system programs, nothing of the caller's.
  static let plainEnvironment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]

  private static func configure(_ attributes: inout posix_spawnattr_t, mask: SignalSet, ownGroup: Bool) {
    var blocked = sigset_t()
    sigemptyset(&blocked)
    for signal in Int32(1)...64 where mask.contains(SignalSet(signal)) { sigaddset(&blocked, signal) }
    // Everything back to its default: what we ignore, the child would inherit.
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &blocked)
    posix_spawnattr_setsigdefault(&attributes, &all)
    var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    if ownGroup {
      posix_spawnattr_setpgroup(&attributes, 0)
      flags |= POSIX_SPAWN_SETPGROUP
    }
    posix_spawnattr_setflags(&attributes, Int16(flags))
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

/// Calls `body` with a null-terminated array of C strings.
private func withCStrings<R>(
  _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R
) -> R {
  let pointers = strings.map { strdup($0) }
  defer { for pointer in pointers { free(pointer) } }
  return body(pointers + [nil])
}
