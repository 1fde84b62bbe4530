// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
public import Cgroups
internal import ContainerPlan
public import Linux
public import OCI

/// Makes a container from the files of a checkpoint: `restore`.
public struct Restoration {
  /// What the command line adds.
  public struct Options {
    public var detach = false
    public var pidFile: String?
    /// Takes failures that do not stop anything.
    public var warn: ([String]) -> Void = { _ in }

    public init() {}
  }

  private let id: String
  private let bundle: String
  private let spec: Spec
  private let configuration: [UInt8]
  private let cgroups: CgroupPlan
  private let options: Options

  /// - Parameters:
  ///   - bundle: absolute.
  ///   - spec: validated.
  ///   - configuration: the bytes that `spec` was decoded from.
  public init(
    _ id: String, bundle: String, _ spec: Spec, configuration: [UInt8], cgroups: CgroupPlan, options: Options
  ) {
    self.id = id
    self.bundle = bundle
    self.spec = spec
    self.configuration = configuration
    self.cgroups = cgroups
    self.options = options
  }

  /// - Returns: how the container's program ended; nil when it is left running.
  public func run(_ given: CriuOptions, in store: StateStore) throws(RuntimeError) -> ExitStatus? {
    var criu = given
    criu.configuration = spec.annotations.value(of: .criuConfiguration)
    let program = try CriuProgram(name: criu.program).find()
    try CheckpointFiles.prepare(&criu)
    let streams = try CheckpointFiles.streams(criu)
    let launch = try prepare(in: store)
    var process: ChildProcess?
    do throws(RuntimeError) {
      try attempt { () throws(StepFailure) in try RuntimeSide(launch).run() }
      let plan = try CheckpointFiles.plan(spec, launch.record, inside: nil)
      try restore(program, criu, plan, streams, launch)
      process = try adopt(launch, criu)
      try begin(launch, process)
    } catch { throw undo(launch, process, store, error) }
    guard !options.detach, let process else { return nil }
    return try supervise(process, launch, store)
  }

  private func prepare(in store: StateStore) throws(RuntimeError) -> Launch {
    let steps = [PlannedStep(.runtime, .recordIntent), PlannedStep(.runtime, .createCgroups)]
    let record = try Record(spec, id: id, bundle: bundle)
    return Launch(
      plan: Plan(steps: steps, cgroups: cgroups), directory: try store.create(id), record: record,
      configuration: configuration, console: .none, trace: nil)
  }

  static let pidFileName = "restored.pid"

  private var runsHooksFirst: Bool {
    guard let hooks = spec.hooks else { return false }
    return !hooks.prestart.isEmpty || !hooks.createRuntime.isEmpty
  }

  /// criu wants a mount point as root. It gets one in a mount namespace of its own, which goes with it.
  private func restore(
    _ program: String, _ criu: CriuOptions, _ plan: CheckpointPlan, _ streams: [(number: Int, key: String)],
    _ launch: Launch
  ) throws(RuntimeError) {
    let root = launch.record.summary.rootfs
    var inherited = streams
    var network: OwnedDescriptor?
    if let path = plan.networkPath {
      do throws(SyscallError) {
        // path: a namespace on the host, named by the configuration
        network = OwnedDescriptor(try openat(.workingDirectory, path, .readOnly))
      } catch {
        throw RuntimeError(error, "config.json: /linux/namespaces")
      }
      inherited.append((3, CriuOptions.networkKey))
    }
    let arguments = criu.restore(
      plan, root: root, pidFile: Restoration.pidFileName, inherited: inherited, leavesStopped: runsHooksFirst)
    try CriuProgram.run(
      program, arguments, log: criu.workDirectory + "/restore.log", cgroup: launch.cgroups?.cloneTarget,
      flags: .newMount
    ) { () throws(StepFailure) in
      try cgroupStep { () throws(CgroupError) in try launch.cgroups?.enter() }
      try step("root file system") { () throws(SyscallError) in
        try setPropagation("/", .slave, recursive: true)
        // path: the root file system's own place on the host, named by the configuration
        let tree = try openTreeClone(.workingDirectory, root, recursive: true)
        let target = try openat(.workingDirectory, root, [.path, .directory])
        try moveMount(tree.fd, onto: target.fd)
        if let network { try dup3(network.fd, onto: 3) }
      }
    }
  }

  /// The restored process is the runtime's child.
  private func adopt(_ launch: Launch, _ criu: CriuOptions) throws(RuntimeError) -> ChildProcess {
    let path = "\(criu.workDirectory)/\(Restoration.pidFileName)"
    do throws(SyscallError) {
      // path: in the caller's own directory
      let text = try readText(.workingDirectory, path, limit: 64)
      try unlinkat(.workingDirectory, path)
      guard let pid = Int32(text), pid > 0 else {
        throw SyscallError("criu", .invalidArgument, "\(path): \"\(text)\"")
      }
      let process = ChildProcess(pid: pid, pidfd: OwnedDescriptor(try pidfdOpen(pid)))
      launch.record.summary.process = try ProcessIdentity(pid: pid, pidfd: process.pidfd.fd)
      launch.record.summary.phase = .running
      return process
    } catch { throw RuntimeError(error, "restored process") }
  }

  private func begin(_ launch: Launch, _ process: ChildProcess?) throws(RuntimeError) {
    try attempt { () throws(StepFailure) in
      try launch.saveRecord()
      try process?.announce(file: options.pidFile, socket: nil, kind: "standard")
      if runsHooksFirst, let hooks = spec.hooks {
        try run(.prestart, hooks.prestart, launch)
        try run(.createRuntime, hooks.createRuntime, launch)
        try cgroupStep { () throws(CgroupError) in try launch.record.cgroupSet.signalAll(SIGCONT) }
      }
      try run(.poststart, spec.hooks?.poststart ?? [], launch)
    }
  }

  private func run(_ point: HookPoint, _ hooks: [Hook], _ launch: Launch) throws(StepFailure) {
    if hooks.isEmpty { return }
    try HookRunner(
      point: point, state: launch.state(.running).encoded, workingDirectory: bundle,
      streams: launch.streamsOfHooks()
    ).run(hooks)
  }

  private func supervise(
    _ process: ChildProcess, _ launch: Launch, _ store: StateStore
  ) throws(RuntimeError) -> ExitStatus {
    let status: ExitStatus
    do throws(SyscallError) {
      let foreground = try Foreground()
      try launch.directory.unlock()
      status = try foreground.supervise(process, console: nil)
      // Somebody else has removed the container, and a namesake's cgroups must not go the same way.
      guard try launch.directory.lock() else { return status }
    } catch { throw RuntimeError(error, "waiting for the container") }
    options.warn(try store.remove(launch.directory, launch.record))
    return status
  }

  private func attempt(_ body: () throws(StepFailure) -> Void) throws(RuntimeError) {
    do throws(StepFailure) { try body() } catch {
      throw RuntimeError(error.message, exitStatus: error.exitStatus)
    }
  }

  private func undo(
    _ launch: Launch, _ process: ChildProcess?, _ store: StateStore, _ failure: RuntimeError
  ) -> RuntimeError {
    var error = failure
    if let process {
      do throws(SyscallError) {
        try? pidfdSendSignal(process.pidfd.fd, SIGKILL)  // bestEffort: it may have ended by itself
        _ = try waitid(process.pidfd.fd)
      } catch let secondary { error.cleanUpFailures.append("\(secondary)") }
    }
    launch.record.summary.process = nil
    do throws(RuntimeError) {
      error.cleanUpFailures += try store.remove(launch.directory, launch.record)
    } catch let secondary { error.cleanUpFailures.append(secondary.message) }
    return error
  }
}
