// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// Where the system's own programs are. The caller's `PATH` has no say: they may run with root's rights.
public enum SystemPath {
  public static let directories = [
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
  ]
  /// As a value of `PATH`.
  public static let text = directories.joined(separator: ":")
  /// All that helpers find in their environment: enough to find programs, nothing of the caller's.
  public static let environment = ["PATH=" + text]

  /// The path of the first program of this name that the caller may execute.
  public static func find(_ name: String, in directories: [String] = SystemPath.directories) -> String? {
    for directory in directories {
      // bestEffort: whatever is wrong with one, the next may do
      if (try? checkExecutable(.workingDirectory, "\(directory)/\(name)")) != nil {
        return "\(directory)/\(name)"
      }
    }
    return nil
  }
}

/// Starts a program (posix_spawn(3)): the child shares nothing that the parent could disturb, and starting it copies no page
/// tables. Its signals are as programs expect them, as it would inherit what we ignore; all of ours but the streams is
/// close-on-exec.
///
/// - Parameters:
///   - arguments: the first is the program's path, unless `program` is.
///   - environment: all of it.
///   - streams: its standard input, output and error, and descriptors from 3 on; nil and those left out are ours.
///   - blocked: the signals that it starts with blocked.
///   - ownGroup: whether it leads a process group of its own, which the terminal's signals do not reach.
/// - Returns: its pidfd. Its number is nobody else's before that was waited for.
public func spawn(
  _ arguments: [String], program: String? = nil, environment: [String] = SystemPath.environment,
  streams: [FD?] = [],
  blocked: SignalSet = [], ownGroup: Bool = false
) throws(SyscallError) -> Descriptor {
  let program = program ?? arguments.first ?? ""
  var actions = posix_spawn_file_actions_t()
  var attributes = posix_spawnattr_t()
  posix_spawn_file_actions_init(&actions)
  posix_spawnattr_init(&attributes)
  defer {
    posix_spawn_file_actions_destroy(&actions)
    posix_spawnattr_destroy(&attributes)
  }
  for (number, stream) in streams.enumerated() {
    guard let stream else { continue }
    let result = posix_spawn_file_actions_adddup2(&actions, stream.rawValue, Int32(number))
    guard result == 0 else { throw SyscallError("posix_spawn_file_actions_adddup2", Errno(result), program) }
  }
  configure(&attributes, blocked, ownGroup)
  let words = CStringArray(arguments)
  let variables = CStringArray(environment)
  var pid: pid_t = 0
  // SAFETY: both arrays end with a null pointer, and live until the call has returned.
  let result = withExtendedLifetime((words, variables)) {
    posix_spawn(&pid, program, &actions, &attributes, words.pointer, variables.pointer)
  }
  guard result == 0 else { throw SyscallError("posix_spawn", Errno(result), program) }
  do throws(SyscallError) { return try pidfdOpen(pid) } catch {
    // Nobody could wait for it: it ends with the attempt. The number is its own until waitpid(2) has returned.
    _ = cl_kill(pid, SIGKILL)
    _ = waitpid(pid, nil, 0)
    throw error
  }
}

private func configure(_ attributes: inout posix_spawnattr_t, _ blocked: SignalSet, _ ownGroup: Bool) {
  var mask = sigset_t()
  sigemptyset(&mask)
  for signal in Int32(1)...64 where blocked.contains(SignalSet(signal)) { sigaddset(&mask, signal) }
  var all = sigset_t()
  sigfillset(&all)
  posix_spawnattr_setsigmask(&attributes, &mask)
  posix_spawnattr_setsigdefault(&attributes, &all)
  var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
  if ownGroup {
    posix_spawnattr_setpgroup(&attributes, 0)
    flags |= POSIX_SPAWN_SETPGROUP
  }
  posix_spawnattr_setflags(&attributes, Int16(flags))
}
