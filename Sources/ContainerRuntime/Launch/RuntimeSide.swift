// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Cgroups
internal import ContainerPlan
internal import Linux
internal import OCI
internal import SafePath

/// Executes the runtime's steps, and makes the process that executes the container's.
final class RuntimeSide {
  let launch: Launch
  /// The runtime's end of the synchronisation socket, from the moment there is a process.
  private var channel: Channel?
  /// What the container said before the stage that made it had said so: the two run side by side.
  private var overtaking: [(milestone: Milestone, payload: [UInt8], descriptor: OwnedDescriptor?)] = []
  /// The container's process, the runtime's child.
  private(set) var process: ChildProcess?
  /// The controlling end of the terminal, when it stays with the runtime.
  private(set) var console: OwnedDescriptor?
  private var resctrl: Resctrl?
  /// What the container has opened inside its root, for its ids to be mapped.
  private var openedSource: OwnedDescriptor?
  /// Namespaces to go back to once the container's process is made, whose namespaces it was born into.
  private var ownNamespaces: [OwnedDescriptor] = []

  init(_ launch: Launch) { self.launch = launch }

  /// Executes all steps of the runtime's side.
  ///
  /// In the container's process, and in a stage, this does not return.
  func run() throws(StepFailure) {
    for (index, step) in launch.plan.steps.enumerated() where step.side == .runtime {
      try execute(step, index)
      launch.mark(step)
    }
  }

  /// Waits until the container has executed its program, or has said why it could not.
  func awaitExecution() throws(StepFailure) {
    guard let received = try channel?.receive() else { return }
    switch received.frame {
    case .closed: return
    case .died: throw diedEarly(StepFailure("the process ended before its program was executed"))
    case .failure(let message, let status): throw StepFailure(message, exitStatus: status)
    case .milestone(let milestone, _): throw StepFailure("unexpected \(milestone) from the container")
    }
  }

  private func execute(_ step: PlannedStep, _ index: Int) throws(StepFailure) {
    switch step.action {
    case .openRoot(let path): try launch.openRoot(path)
    case .openSource(let mount): try launch.openSource(of: mount)
    case .openNullDevice: try launch.openNullDevice()
    case .openNamespace(let type, let path): try launch.openNamespace(type, path, step.origin)
    case .openContainer: try openContainer()
    case .recordIntent: try recordIntent()
    case .createCgroups: try createCgroups()
    case .startScope: try startScope()
    case .prepareResctrl(let group): try prepareResctrl(group, step.origin)
    case .enterResctrl: try enterResctrl(step.origin)
    case .openNotifyDirectory: try launch.openNotifyDirectory()
    case .moveNetDevices(let devices): try moveNetDevices(devices)
    case .openCgroups: try openCgroups()
    case .newTimeNamespace(let offsets): try newTimeNamespace(offsets)
    case .joinForChildren(let type): try joinForChildren(type)
    case .listenForStart: try listenForStart()
    case .cloneStage: try make(stage: true, [], intoCgroup: true, after: index)
    case .cloneProcess(let flags, let intoCgroup):
      try make(stage: false, flags, intoCgroup: intoCgroup, after: index)
    case .writeIDMappings(let uid, let gid): try writeIDMappings(uid, gid)
    case .recordProcess: try recordProcess()
    case .notify(let milestone): try notify(milestone)
    case .await(let milestone): try wait(for: milestone)
    case .pause(let group): try pause(before: group)
    case .runHooks(let point, let hooks): try runHooks(point, hooks)
    case .mapSource(let mount): try mapSource(mount)
    default: throw StepFailure("the step \(step.action) does not belong to the runtime")
    }
  }

  // MARK: Before there is a process

  private func recordIntent() throws(StepFailure) {
    if let scope = launch.plan.cgroups?.scope {
      // Without systemd this fails before there is anything to record.
      launch.systemd = try cgroupStep { () throws(CgroupError) in try SystemdManager.connect(scope.manager) }
      launch.record.unit = scope.record
    } else if let plan = launch.plan.cgroups {
      launch.record.cgroups = try cgroupStep { () throws(CgroupError) in try plan.intent() }
    }
    for planned in launch.plan.steps {
      guard case .prepareResctrl(let group) = planned.action else { continue }
      launch.record.resctrl = try step { () throws(SyscallError) in try Resctrl(group).intent() }
    }
    try launch.saveRecord()
    try launch.saveConfiguration()
  }

  private func createCgroups() throws(StepFailure) {
    guard let plan = launch.plan.cgroups else { return }
    let intended = launch.record.cgroups
    // A failed creation has removed what it made: nothing of it is ours any more.
    launch.record.cgroups = []
    let membership: CgroupMembership
    do throws(CgroupError) {
      membership = try plan.create()
    } catch {
      if !error.cleanUpFailures.isEmpty { launch.record.cgroups = intended }
      throw StepFailure("\(error)")
    }
    launch.cgroups = membership
    launch.record.cgroups = membership.records
  }

  /// The scope's paths are known only when it exists; the record has its name until then.
  private func startScope() throws(StepFailure) {
    guard let plan = launch.plan.cgroups, let manager = launch.systemd, let pid = process?.pid else { return }
    let found: CgroupPlan
    do throws(CgroupError) {
      found = try plan.startScope(manager, pid: pid)
    } catch {
      // What systemd refused is not there, and a unit of that name is somebody else's.
      if error.cleanUpFailures.isEmpty { launch.record.unit = nil }
      throw StepFailure("\(error)")
    }
    launch.record.cgroups = found.scopeRecords
    launch.scopePath = found.directories.first?.path
    try launch.saveRecord()
    launch.cgroups = try cgroupStep { () throws(CgroupError) in try found.adopt(pid: pid) }
  }

  private func prepareResctrl(_ group: ResctrlGroup, _ origin: Origin) throws(StepFailure) {
    resctrl = Resctrl(group)
    try step("resctrl\(origin.suffix)") { () throws(SyscallError) in try resctrl?.prepare() }
  }

  private func enterResctrl(_ origin: Origin) throws(StepFailure) {
    guard let pid = process?.pid else { return }
    try step("resctrl\(origin.suffix)") { () throws(SyscallError) in try resctrl?.add(pid) }
  }

  private func openCgroups() throws(StepFailure) {
    let set = CgroupSet(records: launch.record.cgroups)
    launch.cgroups = try cgroupStep { () throws(CgroupError) in try set.openMembership() }
  }

  private func openContainer() throws(StepFailure) {
    launch.target = try step("joining container \(launch.record.summary.id)") { () throws(SyscallError) in
      guard let pidfd = try launch.record.summary.process?.open() else {
        throw SyscallError("pidfd_open", .noProcess)
      }
      return OwnedDescriptor(pidfd)
    }
  }

  private func newTimeNamespace(_ offsets: TimeOffsets?) throws(StepFailure) {
    try keepOwn(.time)
    try step("time namespace") { () throws(SyscallError) in
      try unshare(.newTime)
      guard let offsets else { return }
      let clocks = [("monotonic", offsets.monotonic), ("boottime", offsets.boottime)]
      let lines = clocks.compactMap { name, offset in offset.map { "\(name) \($0.secs) \($0.nanosecs)" } }
      let proc = try Verified.procDirectory("/proc/self")
      try writeFile(proc.fd, "timens_offsets", lines.joined(separator: "\n"))
    }
  }

  private func joinForChildren(_ type: NamespaceType) throws(StepFailure) {
    let flag: CloneFlags = type == .pid ? .newPID : .newTime
    guard let namespace = launch.namespaces[type]?.fd ?? launch.target?.fd else { return }
    try keepOwn(type)
    try step("joining the \(type.rawValue) namespace") { () throws(SyscallError) in try setns(namespace, flag)
    }
  }

  /// The runtime's next children after the container are hooks, which belong to the host's namespaces.
  private func keepOwn(_ type: NamespaceType) throws(StepFailure) {
    guard launch.plan.cgroups != nil else { return }
    let path = type == .pid ? "/proc/self/ns/pid" : "/proc/self/ns/time"
    ownNamespaces.append(
      // path: one of two below /proc/self
      OwnedDescriptor(try step { () throws(SyscallError) in try openat(.workingDirectory, path, .readOnly) }))
  }

  private func returnToOwnNamespaces() throws(StepFailure) {
    for namespace in ownNamespaces {
      try step("returning to the runtime's namespaces") { () throws(SyscallError) in
        try setns(namespace.fd, [])
      }
    }
    ownNamespaces = []
  }

  private func listenForStart() throws(StepFailure) {
    let path = launch.directory.socketPath(ContainerDirectory.startSocketName)
    launch.startSocket = OwnedDescriptor(
      try step("start socket") { () throws(SyscallError) in try listenUnix(.sequencedPacket, path: path) })
  }

  // MARK: The process

  private func make(
    stage: Bool, _ flags: CloneFlags, intoCgroup: Bool, after index: Int
  ) throws(StepFailure) {
    let pair = try step { () throws(SyscallError) in try socketpair(.sequencedPacket) }
    // The child inherits it: from its first moment on, those who share its PID namespace can neither trace it nor look
    // at its descriptors. An ordinary user's runtime must still be able to write the maps of the user namespace.
    if effectiveUserID() == 0 {
      try step { () throws(SyscallError) in try setDumpable(false) }
    }
    let result = try launch.clone(flags, intoCgroup: intoCgroup)
    switch consume result {
    case .child:
      let channel = Channel(socket: pair.takeSecond())
      if stage { StageSide(launch, consume channel).run(after: index) }
      ContainerSide(launch, consume channel).run(after: index)
    case .parent(let pid, let pidfd):
      channel = Channel(socket: pair.takeFirst())
      process = ChildProcess(pid: pid, pidfd: OwnedDescriptor(pidfd))
      try returnToOwnNamespaces()
    }
  }

  private func writeIDMappings(_ uid: [IDMapping], _ gid: [IDMapping]) throws(StepFailure) {
    guard let pid = process?.pid else { return }
    try IDMapWriter(pid: pid).write(uid: uid, gid: gid)
  }

  private func recordProcess() throws(StepFailure) {
    guard let process, launch.plan.cgroups != nil else { return }
    try cgroupStep { () throws(CgroupError) in try launch.cgroups?.settle() }
    let isRun = !launch.plan.steps.contains { $0.action == .await(.ready) }
    launch.record.summary.phase = isRun ? .running : .creating
    launch.record.summary.process = try step { () throws(SyscallError) in
      try ProcessIdentity(pid: process.pid, pidfd: process.pidfd.fd)
    }
    try launch.saveRecord()
  }

  private func moveNetDevices(_ devices: [NetDevice]) throws(StepFailure) {
    guard let process else { return }
    let namespace: OwnedDescriptor
    if let joined = launch.namespaces[.network] {
      namespace = joined
    } else {
      namespace = OwnedDescriptor(
        try step("network namespace of the container") { () throws(SyscallError) in
          try openat(.workingDirectory, "/proc/\(process.pid)/ns/net", .readOnly)
        })
    }
    try NetDeviceMover(into: namespace.fd).move(devices)
  }

  private func mapSource(_ mount: PlannedMount) throws(StepFailure) {
    guard let mapping = mount.idMapping, let source = openedSource else {
      throw StepFailure("no source came from the container")
    }
    try step(
      "error mounting \"\(mount.words.source)\" to rootfs at \"\(mount.destination)\"\(mount.origin.suffix)"
    ) {
      () throws(SyscallError) in
      let joined = mapping.uidMappings.isEmpty ? launch.namespaces[.user] : nil
      guard let namespace = joined ?? launch.sources[mount.index] else {
        throw SyscallError("mount_setattr", .invalidArgument, "no user namespace that maps ids")
      }
      try mountSetAttributes(
        source.fd, .init(), recursive: mapping.recursive, userNamespace: namespace.fd)
    }
    openedSource = nil
  }

  private func runHooks(_ point: HookPoint, _ hooks: [Hook]) throws(StepFailure) {
    // Hooks of the deprecated kind know of no state before "created".
    let status: ContainerStatus = point == .poststart ? .running : point == .prestart ? .created : .creating
    try HookRunner(
      point: point, state: launch.state(status).encoded, workingDirectory: launch.record.summary.bundle,
      streams: launch.streamsOfHooks()
    ).run(hooks)
  }

  // MARK: Meeting points

  private func notify(_ milestone: Milestone) throws(StepFailure) {
    let payload: [UInt8] =
      switch milestone {
      case .hooksDone: launch.state(.creating).encoded
      case .cgroupReady: Array((launch.scopePath ?? "").utf8)
      default: []
      }
    if try channel?.sendIfHeard(milestone, payload) ?? true { return }
    // A container that is gone has said why, unless it was killed.
    try failIfReported()
    throw diedEarly(StepFailure("the process ended before it was ready"))
  }

  private func wait(for milestone: Milestone) throws(StepFailure) {
    if let index = overtaking.firstIndex(where: { $0.milestone == milestone }) {
      let earlier = overtaking.remove(at: index)
      return try take(milestone, earlier.payload, earlier.descriptor)
    }
    while let received = try channel?.receive() {
      switch received.frame {
      case .failure(let message, let status): throw StepFailure(message, exitStatus: status)
      case .closed, .died: throw diedEarly(StepFailure("the process ended before it was ready"))
      case .milestone(let reached, let payload) where reached == milestone:
        return try take(milestone, payload, received.descriptor)
      case .milestone(let other, let payload) where milestone == .processMade:
        overtaking.append((other, payload, received.descriptor))
      case .milestone(let other, _):
        throw StepFailure("expected \(milestone) from the container, got \(other)")
      }
    }
  }

  private func take(
    _ milestone: Milestone, _ payload: [UInt8], _ descriptor: OwnedDescriptor?
  ) throws(StepFailure) {
    switch milestone {
    case .console:
      guard let descriptor else { throw StepFailure("no terminal came from the container") }
      try deliver(console: descriptor)
    case .seccompListener:
      guard let descriptor, let agent = launch.seccompAgent else {
        throw StepFailure("no seccomp listener came from the container")
      }
      try agent.deliver(descriptor.fd, pid: process?.pid ?? 0, launch.state(.creating))
    case .sourceOpened: openedSource = descriptor
    case .processMade:
      // The stage has made the container's process as a child of ours, and is done itself.
      guard payload.count == 4, let stage = process else {
        throw StepFailure("no process came from the stage")
      }
      let pid = payload.reversed().reduce(Int32(0)) { $0 << 8 | Int32($1) }
      try step { () throws(SyscallError) in
        _ = try waitid(stage.pidfd.fd)
        process = ChildProcess(pid: pid, pidfd: OwnedDescriptor(try pidfdOpen(pid)))
      }
    default: break
    }
  }

  private func deliver(console descriptor: OwnedDescriptor) throws(StepFailure) {
    switch launch.console {
    case .socket(let path):
      try step("console socket \(path)") { () throws(SyscallError) in
        let socket = try connectUnix(.stream, path: path)
        try Linux.send(socket.fd, Array("/dev/ptmx".utf8), passing: descriptor.fd)
      }
    case .foreground, .none: console = descriptor
    }
  }

  private func failIfReported() throws(StepFailure) {
    guard let received = try channel?.receive() else { return }
    if case .failure(let message, let status) = received.frame {
      throw StepFailure(message, exitStatus: status)
    }
  }

  /// Why a process ended that did not say it itself.
  private func diedEarly(_ failure: StepFailure) -> StepFailure {
    // bestEffort: without the status there is only the failure itself to tell
    guard let process, let status = try? waitid(process.pidfd.fd, reap: false) else { return failure }
    if status == .signalled(SIGKILL) {
      return StepFailure(
        "container process was killed while it set itself up: is its memory limit too low? (config.json: "
          + "/linux/resources/memory/limit)")
    }
    return StepFailure("container process ended while it set itself up: \(status)")
  }
}

/// A child of the runtime, which stays reapable, and hence its pid unique, until it is waited for.
struct ChildProcess {
  let pid: Int32
  let pidfd: OwnedDescriptor
}
