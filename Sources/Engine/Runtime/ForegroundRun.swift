// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux
import Networking
import OCI

/// Runs a container in the foreground: starts the runtime, passes signals on, records what happens, waits for the end.
///
/// Standard input, output and error are the runtime's, untouched.
struct ForegroundRun {
  let runtime: RuntimeCommand
  let options: RunOptions
  let workingDirectory: String
  /// The configuration's `linux.cgroupsPath`.
  let cgroupsPath: String
  /// The signals that were blocked before ``SignalProxy/blockSignals()``; the runtime starts with them.
  let mask: SignalSet
  /// What is to be said before the program starts.
  var greeting: Greeting?
  /// What answers for the container's seccomp filter.
  var trace: SeccompTrace?
  /// What is to be served for the container's network.
  var loop: NetworkLoop?
  /// Who is asked at each stop of the runtime; nil for a start without stops.
  var steps: StepSession?

  /// How it ended.
  struct Outcome {
    /// The payload's exit code, or why there was no payload.
    var result: Result<Int32, EngineError>
    var startedNanoseconds: Int64 = 0
    var outOfMemory = false
    /// Which processes were killed for want of memory, in words.
    var outOfMemoryReport: String?
  }

  /// Starts the runtime on the bundle in `container` and stays until it has ended.
  func run(_ container: borrowing ContainerDirectory) throws(EngineError) -> Outcome {
    do {
      return try watch(container)
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError("cannot watch the container: \(error)")
    }
  }

  private func watch(_ container: borrowing ContainerDirectory) throws -> Outcome {
    let signals = try SignalProxy(isOn: options.forwardsSignals)
    let log = "\(container.path)/\(ContainerDirectory.FileName.log)"
    // A full disk is to be told, too: with an empty line the file has a block, which what is appended shares.
    try container.create(ContainerDirectory.FileName.log, [Byte.newline])
    var command = ["run", "--bundle", container.path]
    command += ["--pid-file", "\(container.path)/\(ContainerDirectory.FileName.pid)"]
    if keepsCgroup { command.append("--keep") }
    let stops = try steps.map { steps in try StepChannel(steps) }
    if stops != nil { command += ["--step-fd", "\(StepChannel.number)"] }
    let child = try ChildProcess.spawn(
      runtime.arguments(log: log, command + [container.id]), input: options.interactive ? .inherited : .empty,
      mask: mask, ownGroup: !options.forwardsSignals && !options.terminal,
      further: [stops?.descriptorOfRuntime].compactMap { $0 })
    stops?.closeDescriptorOfRuntime()
    loop?.raiseDescriptorLimit()
    var progress = Progress()
    progress.stops = stops
    if options.memory.limit != nil { progress.memory = OutOfMemoryWatch(cgroupsPath: cgroupsPath) }
    let status: ExitStatus
    do {
      status = try wait(child.pidfd.fd, signals, container, &progress)
    } catch {
      // Without a watch there is no container: whoever catches this makes the runtime clear up.
      var failure = error as? EngineError ?? EngineError("cannot watch the container: \(error)")
      do {
        try pidfdSendSignal(child.pidfd.fd, SIGKILL)
        _ = try waitid(child.pidfd.fd)
      } catch {
        failure.cleanupFailures.append("cannot end the runtime: \(error)")
      }
      throw failure
    }
    try trace?.summarise()
    // A short life may be over before the first look.
    if progress.started == 0, let pid = try container.readPid() {
      progress.started = realtimeNanoseconds()
      try writePidFile(pid)
    }
    if keepsCgroup {
      try progress.memory?.look()
      try runtime.forget(container.id, log: "\(container.path)/\(ContainerDirectory.FileName.operationsLog)")
    }
    var outcome = Outcome(result: try judge(status, log: log, hasStarted: progress.started > 0))
    outcome.startedNanoseconds = progress.started
    if case .success(128 + SIGKILL) = outcome.result {
      outcome.outOfMemory = progress.memory.map { $0.kills > 0 } ?? false
    }
    outcome.outOfMemoryReport = progress.memory?.report(limitBytes: options.memory.limit)
    return outcome
  }

  /// Whether the runtime leaves the cgroup of an ended container for us to look at. Only ours is known to have the flag
  /// for it.
  private var keepsCgroup: Bool {
    options.memory.limit != nil && runtime.isOurs
  }

  /// What is known about the container while it runs.
  private struct Progress {
    /// Nanoseconds since 1970; 0 before the start.
    var started: Int64 = 0
    /// Only with a memory limit.
    var memory: OutOfMemoryWatch?
    /// Only with `--step`.
    var stops: StepChannel?
  }

  /// Waits for the runtime's end.
  private func wait(
    _ child: FD, _ signals: borrowing SignalProxy, _ container: borrowing ContainerDirectory,
    _ progress: inout Progress
  ) throws -> ExitStatus {
    var schedule = PidFileSchedule(isEager: progress.memory != nil)
    var process: ProcessWatch?
    while true {
      var entries = [PollEntry(child), PollEntry(signals.fd)]
      if let process { entries.append(PollEntry(process.fd)) }
      if let greeting { entries.append(PollEntry(greeting.gate.fd)) }
      let traced = entries.count
      if let trace { entries += trace.entries }
      if let stops = progress.stops?.fd { entries.insert(PollEntry(stops), at: 2) }
      if let loop { entries.append(PollEntry(loop.fd)) }
      try poll(&entries, timeoutMilliseconds: progress.started == 0 ? schedule.delayMilliseconds() : -1)
      if let loop, entries.removeLast().isReadable {
        loop.serve()
        // Traffic alone is no reason to look at everything else.
        if progress.started > 0, !entries.contains(where: \.isReadable) { continue }
      }
      // The counter first: once the runtime knows of the end as well, the cgroup may not last.
      try progress.memory?.look()
      if let stops = progress.stops, stops.fd != nil, entries.remove(at: 2).isReadable {
        try stops.answer(child)
      }
      if process != nil, entries[2].isReadable { process = nil }
      if let greeting, entries[traced - 1].isReadable { try greeting.give() }
      if let trace { try trace.answer(entries[traced...]) }
      if entries[1].isReadable { try signals.forward(to: child) }
      if entries[0].isReadable, let status = try waitid(child, wait: false) { return status }
      if progress.started == 0, let state = try noteStart(container) {
        progress.started = state.startedNanoseconds
        if progress.memory != nil { process = try ProcessWatch(state) }
      }
    }
  }

  /// Records the container's first process once the runtime has told its id.
  ///
  /// - Returns: the record; nil before that.
  private func noteStart(_ container: borrowing ContainerDirectory) throws -> ContainerState? {
    guard let pid = try container.readPid() else { return nil }
    var state = ContainerState(phase: .running)
    state.pid = pid
    // A process that has ended by now has no start time; the end will be recorded in a moment.
    state.startTicks = try Liveness.startTicks(of: pid) ?? 0
    state.bootID = try Liveness.bootID()
    state.startedNanoseconds = realtimeNanoseconds()
    try container.write(state)
    try writePidFile(pid)
    return state
  }

  private func writePidFile(_ pid: Int32) throws(EngineError) {
    if let file = options.pidFile { try PidFile.write(pid, to: absolute(file, from: workingDirectory)) }
  }

  /// Tells a payload's end from a runtime's failure.
  private func judge(
    _ status: ExitStatus, log: String, hasStarted: Bool
  ) throws(EngineError) -> Result<Int32, EngineError> {
    guard case .exited(let code) = status else {
      return .failure(
        EngineError("the runtime \(runtime.path) was ended by signal \(status.shellStatus - 128)"))
    }
    if code == 0 { return .success(0) }
    guard let message = try RuntimeLog.lastError(path: log) else {
      if hasStarted { return .success(code) }
      return .failure(EngineError("the runtime \(runtime.path) ended with status \(code) and gave no reason"))
    }
    let exitCode = RuntimeLog.exitCode(for: message)
    // Runtimes also log what does not end the payload, such as a signal that came too late.
    if hasStarted, exitCode == EngineError.engineFailure { return .success(code) }
    var error = EngineError(message, exitCode: exitCode)
    error.wasPrinted = true
    if let mount = options.mounts.first(where: { isAbout($0, message) }) {
      error = EngineError("this comes from \(mount.origin)", exitCode: exitCode)
    }
    return .failure(error)
  }

  /// Whether a runtime's message names the mount that a flag asked for.
  private func isAbout(_ mount: MountRequest, _ message: String) -> Bool {
    guard let source = mount.hostPath(workingDirectory: workingDirectory) else { return false }
    return message.contains(source) && message.contains("mount")
  }
}

/// The container's first process, to be waited for.
private final class ProcessWatch {
  private let pidfd: Descriptor

  /// nil when it has ended already.
  init?(_ state: ContainerState) throws(SyscallError) {
    guard let process = try Liveness.open(state) else { return nil }
    pidfd = process
  }

  var fd: FD { pidfd.fd }
}
