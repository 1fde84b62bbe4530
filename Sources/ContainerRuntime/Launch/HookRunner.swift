// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import ContainerPlan
internal import Linux
internal import OCI

/// Runs hooks one after the other, each with the container's state on its standard input.
///
/// A hook gets the environment that the configuration gives it and nothing of the runtime's: no variables, no
/// descriptors, its own session. Input and output are files in memory, so that neither a hook that does not read nor
/// a daemon that it leaves behind can block the runtime.
struct HookRunner {
  let point: HookPoint
  /// The state as JSON.
  let state: [UInt8]
  /// Where hooks start: the bundle, or the container's root for hooks in its namespaces.
  let workingDirectory: String
  /// Where the configuration wants what they print.
  let streams: HookStreams

  /// Runs all hooks; stops at the first that fails.
  func run(_ hooks: [Hook]) throws(StepFailure) {
    for (index, hook) in hooks.enumerated() { try run(hook, index) }
  }

  private func run(_ hook: Hook, _ index: Int) throws(StepFailure) {
    let name = "error running \(point.rawValue) hook #\(index): \(hook.path)"
    let place = " (config.json: /hooks/\(point.rawValue)/\(index))"
    let output = try step(name) { () throws(SyscallError) in try memfdCreate("hook-output") }
    let status = try step(name) { () throws(SyscallError) in try execute(hook, output.fd) }
    guard status != .exited(0) else { return }
    let words =
      switch status {
      case .exited(let code): "exit status \(code)"
      case .signalled(SIGKILL) where hook.timeout != nil: "killed, timeout is \(hook.timeout ?? 0) s"
      case .signalled(let signal): "killed by signal \(signal) (\(signalWords(signal)))"
      case nil: "timeout: did not end within \(hook.timeout ?? 0) s"
      }
    throw StepFailure("\(name): \(words)\(said(output.fd))\(place)")
  }

  /// What the hook printed, on one line and bounded.
  private func said(_ output: FD) -> String {
    // bestEffort: only words
    guard let bytes = try? preadAll(output, limit: 1024), !bytes.isEmpty else { return "" }
    let line = bytes.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
    return ", output: \(String(decoding: line, as: UTF8.self))"
  }

  /// - Returns: nil when the time ran out and the hook was killed.
  private func execute(_ hook: Hook, _ output: FD) throws(SyscallError) -> ExitStatus? {
    let input = OwnedDescriptor(try memfdCreate("hook-state"))
    try pwriteAll(input.fd, state)
    let arguments = CStringArray(hook.args.isEmpty ? [hook.path] : hook.args)
    let environment = CStringArray(hook.env)
    switch try clone3([]) {
    case .child:
      become(hook, arguments, environment, input.fd, output)
    case .parent(let pid, let pidfd):
      return try supervise(pid, pidfd.fd, timeoutSeconds: hook.timeout)
    }
  }

  private func become(
    _ hook: Hook, _ arguments: CStringArray, _ environment: CStringArray, _ input: FD, _ output: FD
  ) -> Never {
    do throws(SyscallError) {
      try Linux.setsid()
      try dup3(input, onto: 0)
      try streams.take(instead: output)
      try closeRange(from: 3)
      // path: the bundle; in the container `/`, or the root that it stands in already
      try chdir(workingDirectory)
      try setSignalMask([])
      resetSignalDispositions(.all)
      throw execve(hook.path, arguments, environment)
    } catch {
      try? writeAll(.standardError, Array("\(error)".utf8))  // bestEffort: the exit status says it too
    }
    exitProcess(127)
  }

  private func supervise(
    _ pid: Int32, _ pidfd: FD, timeoutSeconds: UInt32?
  ) throws(SyscallError) -> ExitStatus? {
    guard let timeoutSeconds else { return try waitid(pidfd) }
    var entries = [PollEntry(pidfd)]
    let milliseconds = Int32(clamping: UInt64(timeoutSeconds) * 1000)
    if try poll(&entries, timeoutMilliseconds: milliseconds) > 0 { return try waitid(pidfd) }
    // The whole session: what the hook started goes with it.
    try? Linux.kill(-pid, SIGKILL)  // bestEffort: it may be gone by now
    try? pidfdSendSignal(pidfd, SIGKILL)  // bestEffort: likewise
    _ = try waitid(pidfd)
    return nil
  }
}
