// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux
import OCI
import SafePath

extension ContainerEngine {
  /// Runs another command in a running container and waits for its end, unless it is to be left alone.
  ///
  /// - Returns: The command's exit code; 0 for one that was left alone.
  /// - Throws: ``EngineError`` when the container does not run, or the command cannot be started.
  public func exec(_ options: ExecOptions) throws(EngineError) -> Int32 {
    if options.terminal, options.interactive, !isTerminal(.standardInput) {
      throw EngineError("--tty: standard input is not a terminal; leave -t out when it is a file or a pipe")
    }
    let store = try Store(location)
    let directory = try store.find(options.container)
    guard let view = try ContainerView(directory), view.state.phase == .running else {
      throw EngineError("the container \(options.container.quoted) is not running")
    }
    try enterNamespace(of: view)
    let process = try process(for: options, view, directory)
    let mask = try SignalProxy.blockSignals()
    let session = ExecSession(
      runtime: view.runtime, id: view.record.id, directory: directory.path,
      name: "exec-" + Self.randomBytes(6).map(hexadecimal).joined())
    try directory.create(session.processName, SpecText.json(process))
    do {
      let code = try session.run(options, mask: mask)
      try session.removeFiles()
      return code
    } catch {
      var failure = error
      do { try session.removeFiles() } catch { failure.cleanupFailures.append(error.message) }
      throw failure
    }
  }

  /// What an ordinary user's engine made in its user namespace can be entered only from there.
  private func enterNamespace(of view: ContainerView) throws(EngineError) {
    if caller.isRoot { return }
    let process: Descriptor?
    do { process = try Liveness.open(view.state) } catch {
      throw EngineError("\(view.record.name): \(error)")
    }
    guard let process else { throw EngineError("the container \(view.record.name) is not running") }
    try OwnUserNamespace.join(process.fd)
  }

  private func process(
    for options: ExecOptions, _ view: ContainerView, _ directory: borrowing ContainerDirectory
  ) throws(EngineError) -> Process {
    let spec = try SpecText.read("\(directory.path)/\(ContainerDirectory.FileName.configuration)")
    guard let process = spec.process else {
      throw EngineError("\(directory.path): the configuration has no process")
    }
    let files = try caller.environmentEntries(inFiles: options.environmentFiles)
    do {
      let builder = ExecProcess(
        options: options, container: process,
        users: options.user == nil ? UserDatabase() : try users(of: view.state), environmentFiles: files,
        environment: caller.passedOn(files + options.environment), available: try FactsReader.boundingSet(),
        consoleSize: try Caller.terminalSize())
      return try builder.process()
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError("\(view.record.name): \(error)")
    }
  }

  /// The users that a running container knows now: its own files, found without leaving its root.
  private func users(of state: ContainerState) throws -> UserDatabase {
    // The link leads to the root as the container sees it. Held while the process is compared with the record, so that
    // it cannot be another container's.
    let root = try RootDirectory(hostPath: "/proc/\(state.pid)/root")
    guard try Liveness.open(state) != nil else { throw EngineError("the container has just ended") }
    return UserDatabase(
      passwd: try FactsReader.file("etc/passwd", in: root), group: try FactsReader.file("etc/group", in: root)
    )
  }
}

/// One command in a running container, and the files that the runtime reads and writes for it.
private struct ExecSession {
  let runtime: RuntimeCommand
  let id: String
  /// The container's, absolute.
  let directory: String
  /// What the session's files begin with.
  let name: String

  var processName: String { "\(name).json" }
  private var log: String { "\(directory)/\(name).log" }
  private var pidFile: String { "\(directory)/\(name).pid" }

  func run(_ options: ExecOptions, mask: SignalSet) throws(EngineError) -> Int32 {
    var command = ["exec", "--process", "\(directory)/\(processName)", "--pid-file", pidFile]
    if options.detaches { command.append("--detach") }
    command.append(id)
    let child = try ChildProcess.spawn(
      runtime.arguments(log: log, command),
      input: options.interactive && !options.detaches ? .inherited : .empty,
      mask: mask, silent: options.detaches)
    let status: ExitStatus
    do {
      status = try wait(child.pidfd.fd, try SignalProxy(isOn: true))
    } catch {
      throw EngineError("cannot watch the command: \(error)")
    }
    return try judge(status, options)
  }

  private func wait(_ child: FD, _ signals: borrowing SignalProxy) throws(SyscallError) -> ExitStatus {
    while true {
      var entries = [PollEntry(child), PollEntry(signals.fd)]
      try poll(&entries)
      if entries[1].isReadable { try signals.forward(to: child) }
      if entries[0].isReadable, let status = try waitid(child, wait: false) { return status }
    }
  }

  private func judge(_ status: ExitStatus, _ options: ExecOptions) throws(EngineError) -> Int32 {
    guard case .exited(let code) = status else {
      throw EngineError("the runtime \(runtime.path) was ended by signal \(status.shellStatus - 128)")
    }
    if code == 0 { return 0 }
    guard let message = try RuntimeLog.lastError(path: log) else { return code }
    let exitCode = RuntimeLog.exitCode(for: message)
    let hasStarted = access(pidFile, F_OK) == 0
    if hasStarted, exitCode == EngineError.engineFailure { return code }
    var error = EngineError(message, exitCode: exitCode)
    error.wasPrinted = !options.detaches
    throw error
  }

  func removeFiles() throws(EngineError) {
    for path in ["\(directory)/\(processName)", log, pidFile] {
      do {
        try unlinkat(.workingDirectory, path)
      } catch {
        // The runtime need not have written every file, and the container may have gone with all of them.
        if error.errno != .noEntry { throw EngineError("\(path): \(error)") }
      }
    }
  }
}
