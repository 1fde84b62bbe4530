// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Cgroups
internal import ContainerPlan
internal import Linux
internal import OCI

/// One execution of a plan: what its steps hand to each other.
///
/// The runtime fills it in before the process exists; the process inherits it with the runtime's memory. Descriptors in
/// here are close-on-exec, so none reaches the program.
final class Launch {
  let plan: Plan
  let directory: ContainerDirectory
  var record: Record
  /// The bundle's `config.json`, kept for `exec`; empty when this launch joins a container.
  let configuration: [UInt8]
  /// Where the terminal's controlling end goes.
  let console: ConsoleDestination
  /// Nil where nobody asked for it, and where it has ended.
  var trace: Trace?

  var rootTree: OwnedDescriptor?
  /// By index in `mounts`: detached copies of bind sources, and user namespaces that map the ids of file systems.
  var sources: [Int: OwnedDescriptor] = [:]
  /// Detached copies of the container's cgroup directories, with the names they get.
  var cgroupSources: [(name: String, tree: OwnedDescriptor)] = []
  var nullDevice: OwnedDescriptor?
  /// Whether `nullDevice` covers something already, so that copies can be made of it.
  var nullDeviceIsAttached = false
  var namespaces: [NamespaceType: OwnedDescriptor] = [:]
  /// The pidfd of the container to join.
  var target: OwnedDescriptor?
  var cgroups: CgroupMembership?
  /// Whether a process that joins may go where the container's first process is, when its cgroup takes none.
  var mayFollowInit = true
  /// Who makes the container's scope; connected before anything exists.
  var systemd: SystemdManager?
  /// Where systemd has put the container's cgroup; nil where its path is planned.
  var scopePath: String?
  /// What the runtime ignores, itself or for its caller; the program ignores nothing.
  var ignoredSignals = SignalSet.all
  /// The runtime's executable, which no container may run.
  var ownProgram: FileStatus?
  /// Who answers system calls that the profile refers to it.
  var seccompAgent: SeccompAgent?
  /// Files for what hooks print.
  var hookStreams: HookStreams?
  /// The directory of the socket that stands for the service manager's.
  var notifyDirectory: OwnedDescriptor?
  /// On which `start` knocks.
  var startSocket: OwnedDescriptor?
  /// The caller who is asked at each stop of the plan; nil for plans without stops.
  var watcher: OwnedDescriptor?
  /// Whether somebody else has removed the container while it was being made.
  var isRemoved = false

  init(
    plan: Plan, directory: ContainerDirectory, record: Record, configuration: [UInt8],
    console: ConsoleDestination, trace: Trace?
  ) {
    self.plan = plan
    self.directory = directory
    self.record = record
    self.configuration = configuration
    self.console = console
    self.trace = trace
  }

  /// Tells that a step is done.
  func mark(_ step: PlannedStep) { trace?.mark(step, joins: target != nil) }

  /// Closes what only setting up needed: a created container may wait for long.
  func releaseAll() {
    rootTree = nil
    sources = [:]
    cgroupSources = []
    nullDevice = nil
    notifyDirectory = nil
    namespaces = [:]
    target = nil
    cgroups = nil
    systemd = nil
  }

  /// Makes a process, on version 2 inside the container's cgroup if that is wanted.
  func clone(_ flags: CloneFlags, intoCgroup: Bool) throws(StepFailure) -> CloneResult {
    let words = "making the container's process"
    let membership = intoCgroup ? cgroups : nil
    do throws(SyscallError) {
      return try clone3(flags, into: membership?.cloneTarget)
    } catch {
      if error.errno == .busy, let inner = try ownPlaceOfInit() {
        cgroups = inner
        return try step(words) { () throws(SyscallError) in try clone3(flags, into: inner.cloneTarget) }
      }
      if membership?.cloneTarget != nil, let failure = membership?.cloneFailure(error.errno) {
        throw StepFailure("\(words): \(failure)")
      }
      throw StepFailure(words, error)
    }
  }

  /// A running container that manages cgroups below its own keeps no processes in that one, and nobody may enter it:
  /// who joins goes where the container's first process is.
  private func ownPlaceOfInit() throws(StepFailure) -> CgroupMembership? {
    guard mayFollowInit, target != nil, let process = record.summary.process else { return nil }
    let set = CgroupSet(records: record.cgroups)
    return try cgroupStep { () throws(CgroupError) in try set.openMembership(of: process.pid) }
  }

  func saveRecord() throws(StepFailure) {
    do throws(SyscallError) { try directory.write(record) } catch {
      throw StepFailure("state of \(record.summary.id)", error)
    }
  }

  func saveConfiguration() throws(StepFailure) {
    do throws(SyscallError) { try directory.writeConfig(configuration) } catch {
      throw StepFailure("state of \(record.summary.id)", error)
    }
  }

  /// Opened once: hooks of all sides append to the same files.
  func streamsOfHooks() throws(StepFailure) -> HookStreams {
    if let hookStreams { return hookStreams }
    let streams = try HookStreams(record.summary.annotations)
    hookStreams = streams
    return streams
  }

  /// The state that hooks read.
  func state(_ status: ContainerStatus) -> State {
    let summary = record.summary
    return State(
      ociVersion: summary.ociVersion, id: summary.id, status: status, pid: summary.process?.pid ?? 0,
      bundle: summary.bundle, rootfs: summary.rootfs, annotations: summary.annotations)
  }
}

/// The listener of a profile with `SCMP_ACT_NOTIFY` (`config-linux.md`, "Seccomp").
struct SeccompAgent {
  let path: String
  let metadata: String?

  init?(_ spec: Spec) {
    guard let path = spec.seccompListenerPath else { return nil }
    self.path = path
    metadata = spec.linux?.seccomp?.listenerMetadata
  }

  /// Hands the listener over, with the state that tells the agent whose it is.
  func deliver(_ listener: FD, pid: Int32, _ state: State) throws(StepFailure) {
    var message = ContainerProcessState(
      ociVersion: state.ociVersion, fds: [ContainerProcessState.seccompDescriptorName], pid: pid, state: state
    )
    message.metadata = metadata
    let what = "failed to connect with seccomp agent (config.json: /linux/seccomp/listenerPath)"
    try step(what) { () throws(SyscallError) in
      let socket = try connectUnix(.stream, path: path)
      try Linux.send(socket.fd, message.encoded, passing: listener)
    }
  }
}

/// Who gets the controlling end of the container's terminal.
public enum ConsoleDestination: Equatable, Sendable {
  /// The configuration wants no terminal.
  case none
  /// The listener at this path, by `SCM_RIGHTS`.
  case socket(String)
  /// The runtime, which copies between it and its own terminal.
  case foreground
}
