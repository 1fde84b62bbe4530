// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import Glibc
import Linux
import SafePath

/// A shell in what exists of a half-made container.
///
/// Which shell that is depends on what is safe. The image's own programs run only behind all fences that its file system
/// has, and then as `exec` runs them: with the container's rights. Before that it is the host's shell, with the caller's
/// rights, in all namespaces that exist.
struct StepShell {
  let caller: Caller
  let runtime: RuntimeCommand
  let id: String
  /// The signals that were blocked when roost was called; shells start with them.
  let mask: SignalSet

  /// What stands where the container waits.
  struct Place {
    /// The container's process; nil while there is none.
    var pid: Int32?
    /// Whether the container's root is the process's root directory.
    var hasRoot: Bool
    /// Whether paths are masked and read-only as they are going to be.
    var isFenced: Bool
  }

  /// Starts a shell, or one command in a shell, and waits for its end. What it prints goes to standard error like all of
  /// the conversation: standard output is the container's.
  ///
  /// - Parameter command: empty for a shell on the caller's terminal.
  /// - Returns: what is to be said when it has ended.
  func run(
    _ command: String, at place: Place, _ say: (String) throws(EngineError) -> Void
  ) throws(EngineError) -> String {
    let (words, about) = try words(command, place)
    if command.isEmpty { try say(about + "; `exit` returns.\n") }
    let terminal = KeptTerminal()
    let child = try ChildProcess.spawn(
      words.arguments, program: words.program, environment: environment(place),
      input: command.isEmpty ? .inherited : .empty, mask: mask, output: .standardError)
    let status = try child.wait()
    terminal?.takeBack()
    return status == .exited(0) || command.isEmpty ? "" : "(\(status))\n"
  }

  private func words(
    _ command: String, _ place: Place
  ) throws(EngineError) -> (words: (program: String, arguments: [String]), about: String) {
    let tail = command.isEmpty ? [] : ["-c", command]
    if place.isFenced, let pid = place.pid, try hasShell(pid) {
      let terminal = command.isEmpty && isTerminal(.standardInput) ? ["--tty"] : []
      let arguments = runtime.arguments(
        log: nil, ["exec", "--cwd", "/"] + terminal + [id, Self.shell] + tail)
      return (
        (arguments[0], arguments), "The container's \(Self.shell), with the rights that its program will have"
      )
    }
    let shell = hostShell
    guard let pid = place.pid else {
      return ((shell, [shell] + tail), "\(shell), on the host: there is no process yet")
    }
    let view = place.hasRoot ? LookAround.View.host : .container
    let arguments = LookAround.arguments(pid, view, [shell] + tail)
    let about =
      place.hasRoot
      ? "\(shell) of the host, with your rights, in the container's namespaces but those of mounts and users: its files "
        + "are below /proc/$ROOST_PID/root"
      : "\(shell) of the host, with your rights, in all namespaces that there are"
    return ((caller.executable, arguments), about)
  }

  private static let shell = "/bin/sh"

  private var hostShell: String {
    guard let shell = caller.variable("SHELL"), shell.hasPrefix("/"), access(shell, X_OK) == 0 else {
      return Self.shell
    }
    return shell
  }

  private func hasShell(_ pid: Int32) throws(EngineError) -> Bool {
    do throws(SyscallError) {
      return try RootDirectory(hostPath: "/proc/\(pid)/root").status(of: Self.shell) != nil
    } catch { throw EngineError("the container's root: \(error)") }
  }

  private func environment(_ place: Place) -> [String] {
    var entries = processEnvironment().filter { !$0.hasPrefix("PS1=") && !$0.hasPrefix("ROOST_PID=") }
    entries.append("PS1=(roost step) \\$ ")
    if let pid = place.pid { entries.append("ROOST_PID=\(pid)") }
    return entries
  }
}

/// The caller's terminal, to be had back from a shell that has ended: its settings, and who may read from it. A shell in
/// another PID namespace cannot return it to a process that it does not see.
private struct KeptTerminal {
  private let attributes: TerminalAttributes
  private let group: pid_t

  /// nil where standard input is no terminal of ours.
  init?() {
    group = tcgetpgrp(0)
    // bestEffort: what has no attributes is no terminal
    guard group > 0, let attributes = try? TerminalAttributes(of: .standardInput) else { return nil }
    self.attributes = attributes
  }

  func takeBack() {
    do {
      // Whoever is in the background may change a terminal only while the signal for it is blocked.
      let previous = try setSignalMask([])
      try setSignalMask(previous.union(SignalSet(SIGTTOU)))
      _ = tcsetpgrp(0, group)
      try attributes.apply(to: .standardInput)
      try setSignalMask(previous)
    } catch {
      // The terminal is gone; the next question finds the end of the input.
    }
  }
}
