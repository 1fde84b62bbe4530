// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Cgroups
internal import ContainerPlan
internal import JSON
internal import Linux
public import OCI

/// What can be done to containers that exist. Each operation locks the container, not the store.
public struct Containers {
  /// Where they are recorded; `create` and `run` add to it.
  public let store: StateStore

  public init(_ store: StateStore) { self.store = store }

  // MARK: state and list

  /// The state of a container (`runtime.md`, "Query State").
  public func state(_ id: String) throws(RuntimeError) -> State {
    guard let summary = try store.readSummary(id) else {
      throw RuntimeError("container does not exist: \(id)")
    }
    return try summary.state()
  }

  /// All containers, sorted by id; those whose record cannot be read are reported beside, never in the way.
  public func list() throws(RuntimeError) -> (states: [State], failures: [String]) {
    var states: [State] = []
    var failures: [String] = []
    for id in try store.list() {
      do throws(RuntimeError) {
        if let summary = try store.readSummary(id) { states.append(try summary.state()) }
      } catch { failures.append("\(error)") }
    }
    return (states, failures)
  }

  public func ids() throws(RuntimeError) -> [String] { try store.list() }

  // MARK: start

  /// Lets the program of a created container begin.
  ///
  /// Returns when it has been executed, and otherwise says why not.
  ///
  /// - Parameter serviceManager: the socket of one that wants to hear from the program (`NOTIFY_SOCKET`); then this
  ///   also waits until the program is ready, or has ended.
  public func start(_ id: String, serviceManager: String? = nil) throws(RuntimeError) {
    let container = try store.open(id)
    var record = try container.requireRecord()
    let status = try record.summary.status()
    guard record.hasProcess else {
      throw RuntimeError(
        "cannot start container \(id): its configuration has no process (config.json: /process)")
    }
    switch status {
    case .created: break
    case .stopped: throw RuntimeError("cannot start a container that has stopped")
    case .running: throw RuntimeError("cannot start an already running container")
    default: throw RuntimeError("cannot start a container in the \(status.rawValue) state")
    }
    var proxy: NotifyProxy?
    if let serviceManager { proxy = try NotifyProxy.listen(container, serviceManager) }
    let channel: Channel
    do throws(SyscallError) {
      let path = container.socketPath(ContainerDirectory.startSocketName)
      channel = Channel(socket: try connectUnix(.sequencedPacket, path: path))
    } catch {
      // Nobody listens any more: the process has ended since it was looked at.
      if error.errno == Errno(ECONNREFUSED) {
        throw RuntimeError("cannot start a container that has stopped")
      }
      throw RuntimeError(error, "starting \(id)")
    }
    // Recorded before it is known: if the program cannot be executed its process ends, and is found stopped.
    record.summary.phase = .running
    do throws(SyscallError) { try container.write(record) } catch {
      throw RuntimeError(error, "state of \(id)")
    }
    try awaitExecution(channel)
    do throws(SyscallError) {
      try unlinkat(container.directory.fd, ContainerDirectory.startSocketName)
    } catch { throw RuntimeError(error, "state of \(id)") }
    if record.hasHooks { try runPoststartHooks(container, record) }
    guard let proxy else { return }
    do throws(SyscallError) {
      guard let process = record.summary.process, let pidfd = try process.open() else { return }
      try container.unlock()
      try proxy.awaitReady(process.pid, pidfd.fd)
    } catch { throw RuntimeError(error, "waiting for \(id) to be ready") }
  }

  private func awaitExecution(_ channel: Channel) throws(RuntimeError) {
    do throws(StepFailure) {
      if case .failure(let message, let status) = try channel.receive().frame {
        throw StepFailure(message, exitStatus: status)
      }
    } catch { throw RuntimeError(error.message, exitStatus: error.exitStatus) }
  }

  /// A failing hook stops the container (`runtime.md`, "Lifecycle", step 9).
  private func runPoststartHooks(
    _ container: ContainerDirectory, _ record: Record
  ) throws(RuntimeError) {
    let spec = try container.readSpec()
    guard let hooks = spec.hooks?.poststart, !hooks.isEmpty else { return }
    do throws(StepFailure) {
      try HookRunner(
        point: .poststart, state: record.summary.state(.running).encoded,
        workingDirectory: record.summary.bundle,
        streams: HookStreams(record.summary.annotations)
      ).run(hooks)
    } catch {
      let failure = RuntimeError(error.message, exitStatus: error.exitStatus)
      try record.kill()
      throw failure
    }
  }

  // MARK: kill, pause, resume, ps

  /// Sends a signal to the container's init process, or to all its processes.
  public func kill(_ id: String, _ signal: Int32, all: Bool) throws(RuntimeError) {
    let container = try store.openForRescue(id, lock: .shared) { _ throws(RuntimeError) in }
    let record = try container.requireRecord()
    if all {
      return try cgroupOperation { () throws(CgroupError) in try record.cgroupSet.signalAll(signal) }
    }
    let status = try record.summary.status()
    if signal == SIGKILL, status != .creating, try !container.readSpec().ownsProcesses {
      // Nothing takes the others along when the first process dies.
      let isAlive = try cgroupOperation { () throws(CgroupError) in try !record.cgroupSet.processes().isEmpty
      }
      if !isAlive { throw RuntimeError("container not running") }
      return try cgroupOperation { () throws(CgroupError) in
        try record.cgroupSet.signalAll(signal)
        if status == .paused { try record.cgroupSet.thaw() }
      }
    }
    guard status != .stopped, status != .creating, let process = record.summary.process else {
      throw RuntimeError("container not running")
    }
    do throws(SyscallError) {
      guard let pidfd = try process.open() else { throw SyscallError("kill", .noProcess) }
      try pidfdSendSignal(pidfd.fd, signal)
    } catch {
      if error.errno == .noProcess { throw RuntimeError("container not running") }
      throw RuntimeError(error, "signal \(signal)")
    }
    // A frozen process dies only when it is thawed.
    if signal == SIGKILL && status == .paused {
      try cgroupOperation { () throws(CgroupError) in try record.cgroupSet.thaw() }
    }
  }

  public func pause(_ id: String) throws(RuntimeError) {
    let container = try store.open(id)
    let record = try container.requireRecord()
    let status = try record.summary.status()
    guard status == .running || status == .created else {
      throw RuntimeError("container not running or created: \(status.rawValue)")
    }
    try cgroupOperation { () throws(CgroupError) in try record.cgroupSet.freeze() }
  }

  public func resume(_ id: String) throws(RuntimeError) {
    let container = try store.open(id)
    let record = try container.requireRecord()
    guard try record.summary.status() == .paused else { throw RuntimeError("container not paused") }
    try cgroupOperation { () throws(CgroupError) in try record.cgroupSet.thaw() }
  }

  /// The processes in the container's cgroups, in the runtime's PID namespace.
  public func processes(_ id: String) throws(RuntimeError) -> [Int32] {
    let container = try store.open(id, lock: .none)
    let record = try container.requireRecord()
    return try cgroupOperation { () throws(CgroupError) in try record.cgroupSet.processes().sorted() }
  }

  /// Sets limits of a container that exists.
  ///
  /// - Parameter rdt: its schemata go into the container's control group of resctrl.
  public func update(_ id: String, _ resources: Resources, _ rdt: IntelRdt = IntelRdt()) throws(RuntimeError)
  {
    let container = try store.open(id)
    let record = try container.requireRecord()
    guard try record.summary.status() != .stopped else { throw RuntimeError("container not running") }
    let lines = ResctrlGroup.lines(of: rdt)
    if !lines.isEmpty {
      let configured = try container.readSpec().linux?.intelRdt ?? IntelRdt()
      do throws(SyscallError) {
        try Resctrl(ResctrlGroup(configured, id: id)).update(lines)
      } catch { throw RuntimeError(error, "resctrl") }
    }
    _ = try cgroupOperation { () throws(CgroupError) in try record.cgroupSet.update(resources) }
  }

  // MARK: delete

  /// Removes a stopped container and everything that is recorded as its own.
  ///
  /// - Parameter force: kills it first; a container that does not exist is removed already.
  /// - Returns: failures of poststop hooks, which are warnings.
  public func delete(_ id: String, force: Bool) throws(RuntimeError) -> [String] {
    try store.delete(id, force: force)
  }
}

extension Spec {
  /// Whether the container has a PID namespace of its own, whose first process takes all others with it.
  fileprivate var ownsProcesses: Bool {
    guard let namespace = linux?.namespace(.pid) else { return false }
    return namespace.path == nil
  }
}

extension ContainerDirectory {
  /// The record, which an operation on an existing container needs.
  func requireRecord() throws(RuntimeError) -> Record {
    guard let record = try readRecord() else {
      throw RuntimeError("container \(id) was interrupted while it was made: remove it with delete --force")
    }
    return record
  }

  /// The configuration that the container was made from.
  func readSpec() throws(RuntimeError) -> Spec {
    let bytes = try readConfig()
    do throws(SpecError) { return try Spec(decoding: bytes, source: "\(path)/config.json") } catch {
      throw RuntimeError("\(error)")
    }
  }
}

/// Names of user ids, as `list` prints them.
enum UserName {
  /// The name in `/etc/passwd`, else the number.
  static func of(_ uid: UInt32) -> String {
    if uid == 0 { return "root" }
    // path: the host's own file, read by a command that enters nothing
    guard let bytes = try? readFile(.workingDirectory, "/etc/passwd", limit: 1 << 20) else {  // bestEffort
      return "\(uid)"
    }
    for line in bytes.split(separator: 0x0A) {
      let fields = line.split(separator: 0x3A, omittingEmptySubsequences: false)
      if fields.count > 2, fields[2].elementsEqual("\(uid)".utf8) {
        return String(decoding: fields[0], as: UTF8.self)
      }
    }
    return "\(uid)"
  }
}
