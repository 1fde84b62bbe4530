// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Cgroups
internal import ContainerPlan
internal import Glibc
internal import JSON
internal import Linux
public import OCI

/// What can be done to containers that exist. Each operation locks the container, not the store.
public struct Containers: ~Copyable {
  let store: StateStore

  public init(_ store: consuming StateStore) { self.store = store }

  /// The store, for `create` and `run`.
  public borrowing func withStore<R: ~Copyable>(
    _ body: (borrowing StateStore) throws(RuntimeError) -> R
  ) throws(RuntimeError) -> R { try body(store) }

  // MARK: state and list

  /// The state of a container (`runtime.md`, "Query State").
  public borrowing func state(_ id: String) throws(RuntimeError) -> State {
    let container = try store.open(id, lock: .none)
    guard let record = try container.readRecord() else { throw RuntimeError("container does not exist: \(id)") }
    return try record.state()
  }

  /// All containers, sorted by id; those whose record cannot be read are reported beside, never in the way.
  public borrowing func list() throws(RuntimeError) -> (states: [State], failures: [String]) {
    var states: [State] = []
    var failures: [String] = []
    for id in try store.list() {
      do throws(RuntimeError) {
        let container = try store.open(id, lock: .none)
        if let record = try container.readRecord() { states.append(try record.state()) }
      } catch { failures.append("\(error)") }
    }
    return (states, failures)
  }

  public borrowing func ids() throws(RuntimeError) -> [String] { try store.list() }

  // MARK: start

  /// Lets the program of a created container begin.
  ///
  /// Returns when it has been executed, and otherwise says why not.
  public borrowing func start(_ id: String) throws(RuntimeError) {
    let container = try store.open(id)
    var record = try container.requireRecord()
    let status = try record.status()
    switch status {
    case .created: break
    case .stopped: throw RuntimeError("cannot start a container that has stopped")
    case .running: throw RuntimeError("cannot start an already running container")
    default: throw RuntimeError("cannot start a container in the \(status.rawValue) state")
    }
    let channel: Channel
    do throws(SyscallError) {
      let path = container.socketPath(ContainerDirectory.startSocketName)
      channel = Channel(socket: try connectUnix(.sequencedPacket, path: path))
    } catch { throw RuntimeError(error, "starting \(id)") }
    try awaitExecution(channel)
    record.phase = .running
    do throws(SyscallError) {
      try container.write(record)
      try unlinkat(container.directory.fd, ContainerDirectory.startSocketName)
    } catch { throw RuntimeError(error, "state of \(id)") }
    if record.hasHooks { try runPoststartHooks(container, record) }
  }

  private borrowing func awaitExecution(_ channel: borrowing Channel) throws(RuntimeError) {
    do throws(StepFailure) {
      if case .failure(let message, let status) = try channel.receive().frame {
        throw StepFailure(message, exitStatus: status)
      }
    } catch { throw RuntimeError(error.message, exitStatus: error.exitStatus) }
  }

  /// A failing hook stops the container (`runtime.md`, "Lifecycle", step 9).
  private borrowing func runPoststartHooks(
    _ container: borrowing ContainerDirectory, _ record: Record
  ) throws(RuntimeError) {
    let spec = try container.readSpec()
    guard let hooks = spec.hooks?.poststart, !hooks.isEmpty else { return }
    do throws(StepFailure) {
      try HookRunner(
        point: .poststart, state: record.state(.running).encoded, workingDirectory: record.bundle
      ).run(hooks)
    } catch {
      let failure = RuntimeError(error.message, exitStatus: error.exitStatus)
      try record.kill()
      throw failure
    }
  }

  // MARK: kill, pause, resume, ps

  /// Sends a signal to the container's init process, or to all its processes.
  public borrowing func kill(_ id: String, _ signal: Int32, all: Bool) throws(RuntimeError) {
    let container = try store.open(id, lock: .shared)
    let record = try container.requireRecord()
    if all {
      do throws(CgroupError) { return try CgroupSet(records: record.cgroups).signalAll(signal) } catch {
        throw RuntimeError("\(error)")
      }
    }
    let status = try record.status()
    guard status != .stopped, status != .creating, let process = record.process else {
      throw RuntimeError("container not running")
    }
    do throws(SyscallError) {
      guard let pidfd = try process.open() else { throw SyscallError("kill", .noProcess) }
      try pidfdSendSignal(pidfd.fd, signal)
    } catch {
      if error.errno == .noProcess { throw RuntimeError("container not running") }
      throw RuntimeError(error, "signal \(signal)")
    }
  }

  public borrowing func pause(_ id: String) throws(RuntimeError) {
    let container = try store.open(id)
    let record = try container.requireRecord()
    let status = try record.status()
    guard status == .running || status == .created else {
      throw RuntimeError("container not running or created: \(status.rawValue)")
    }
    do throws(CgroupError) { try CgroupSet(records: record.cgroups).freeze() } catch {
      throw RuntimeError("\(error)")
    }
  }

  public borrowing func resume(_ id: String) throws(RuntimeError) {
    let container = try store.open(id)
    let record = try container.requireRecord()
    guard try record.status() == .paused else { throw RuntimeError("container not paused") }
    do throws(CgroupError) { try CgroupSet(records: record.cgroups).thaw() } catch {
      throw RuntimeError("\(error)")
    }
  }

  /// The processes in the container's cgroups, in the runtime's PID namespace.
  public borrowing func processes(_ id: String) throws(RuntimeError) -> [Int32] {
    let container = try store.open(id, lock: .none)
    let record = try container.requireRecord()
    do throws(CgroupError) { return try CgroupSet(records: record.cgroups).processes().sorted() } catch {
      throw RuntimeError("\(error)")
    }
  }

  /// Sets limits of a container that exists.
  public borrowing func update(_ id: String, _ resources: Resources) throws(RuntimeError) {
    let container = try store.open(id)
    let record = try container.requireRecord()
    guard try record.status() != .stopped else { throw RuntimeError("container not running") }
    do throws(CgroupError) { _ = try CgroupSet(records: record.cgroups).update(resources) } catch {
      throw RuntimeError("\(error)")
    }
  }

  // MARK: delete

  /// Removes a stopped container and everything that is recorded as its own.
  ///
  /// - Parameter force: kills it first; a container that does not exist is removed already.
  /// - Returns: failures of poststop hooks, which are warnings.
  public borrowing func delete(_ id: String, force: Bool) throws(RuntimeError) -> [String] {
    try store.delete(id, force: force)
  }
}

extension Record {
  /// Asks the kernel whether the process still runs.
  func status() throws(RuntimeError) -> ContainerStatus {
    guard let process else { return phase == .creating ? .creating : .stopped }
    if try bootID != BootID.current() { return .stopped }
    do throws(SyscallError) {
      guard try process.isAlive() else { return .stopped }
    } catch { throw RuntimeError(error, "state of \(id)") }
    do throws(CgroupError) {
      if phase != .creating, try CgroupSet(records: cgroups).isFrozen() { return .paused }
    } catch { throw RuntimeError("\(error)") }
    switch phase {
    case .creating: return .creating
    case .created: return .created
    case .running: return .running
    }
  }

  func state() throws(RuntimeError) -> State { state(try status()) }

  func state(_ status: ContainerStatus) -> State {
    let pid = status == .stopped ? 0 : process?.pid ?? 0
    var state = State(
      ociVersion: ociVersion, id: id, status: status, pid: pid, bundle: bundle, annotations: annotations)
    state.rootfs = rootfs
    state.created = created
    state.owner = UserName.of(owner)
    return state
  }
}

extension ContainerDirectory {
  /// The record, which an operation on an existing container needs.
  borrowing func requireRecord() throws(RuntimeError) -> Record {
    guard let record = try readRecord() else {
      throw RuntimeError("container \(id) was interrupted while it was made: remove it with delete --force")
    }
    return record
  }

  /// The configuration that the container was made from.
  borrowing func readSpec() throws(RuntimeError) -> Spec {
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
