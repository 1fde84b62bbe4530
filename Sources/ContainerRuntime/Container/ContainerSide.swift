// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Cgroups
internal import ContainerPlan
internal import Linux
internal import OCI
internal import SafePath

/// Executes the container's steps in the process that becomes its program.
///
/// It runs after clone3(2) in a copy of the runtime's memory, single-threaded, and leaves only by execve(2) or
/// `exitProcess`. It prints nothing: what goes wrong travels to the runtime as a frame.
final class ContainerSide {
  let launch: Launch
  let channel: Channel
  /// The container's root directory, from `attachRoot` on; a process that joins a container has it from the start.
  var root: RootDirectory?
  /// The directory of the last device made, which usually is that of the next one.
  var deviceDirectory: (path: String, directory: OwnedDescriptor)?
  /// The container's side of its terminal.
  var terminal: OwnedDescriptor?
  var terminalController: OwnedDescriptor?
  var seccompListener: OwnedDescriptor?
  /// Whether a filter of the container's own judges our system calls.
  var isFiltered = false
  /// What the runtime is to map the ids of.
  var openedSource: OwnedDescriptor?
  var landlockRuleset: OwnedDescriptor?
  /// The change to a working directory that was refused before this process was the container's user.
  var closedDirectory: PlannedStep?
  /// The user's home directory, where it had to be looked up early.
  var home: String?
  /// Whether the runtime has committed while this side still waited at a stop.
  private var isCommitted = false
  /// The state that the runtime sent for hooks in the container.
  var hookState: [UInt8] = []
  /// Where `lookUpProgram` found the program.
  var program = ""
  /// How many descriptors after the standard streams the program gets.
  private var preservedDescriptors: UInt32 = 0
  /// The caller of `start`, who waits to hear whether the program was executed.
  var starter: Channel?

  /// Whether the stage made this process, in the namespaces that it had entered.
  private let comesFromStage: Bool

  init(_ launch: Launch, _ channel: Channel, comesFromStage: Bool = false) {
    self.launch = launch
    self.channel = channel
    self.comesFromStage = comesFromStage
  }

  func run(after index: Int) -> Never {
    let steps = launch.plan.steps
    var position = index + 1
    do throws(StepFailure) {
      // The runtime's lock is nobody else's.
      launch.directory.abandon()
      try keepDescriptors(steps)
      if launch.target != nil && comesFromStage {
        // The stage has entered the mount namespace, and with it the root directory.
        // path: the root directory itself
        root = try ContainerRuntime.step { () throws(SyscallError) in try RootDirectory(hostPath: "/") }
      }
      // Modes given to mkdir and mknod are meant as they are; the program gets its own mask at the end.
      let callersUmask = setUmask(0)
      while position < steps.count {
        if steps[position].side == .container {
          if case .lookUpProgram = steps[position].action { restoreUmask(callersUmask, steps) }
          if launch.trace?.ends(before: steps[position].action) == true { launch.trace = nil }
          try execute(steps[position])
          launch.mark(steps[position])
        }
        position += 1
      }
      throw StepFailure("the plan ends without a program")
    } catch {
      fail(error)
    }
  }

  /// Whatever the caller left open stays outside; preserved descriptors lose close-on-exec. First of all, as a filter
  /// that is older than close_range(2) would refuse it later.
  private func keepDescriptors(_ steps: [PlannedStep]) throws(StepFailure) {
    guard case .execute(_, _, let preserved) = steps.last?.action else { return }
    preservedDescriptors = preserved
    try ContainerRuntime.step { () throws(SyscallError) in
      try closeRangeOnExec(from: 3 + preserved)
      for number in 0..<preserved where FD(Int32(3 + number)).isOpen {
        try FD(Int32(3 + number)).setCloseOnExec(false)
      }
    }
  }

  /// Without a configured mask the program keeps the caller's, as the specification says.
  private func restoreUmask(_ mask: UInt32, _ steps: [PlannedStep]) {
    let isConfigured = steps.contains { if case .setUmask = $0.action { true } else { false } }
    if !isConfigured { setUmask(mask) }
  }

  private func fail(_ failure: StepFailure) -> Never {
    if let starter {
      starter.report(failure)
    } else {
      channel.report(failure)
    }
    exitProcess(failure.exitStatus)
  }

  private func execute(_ step: PlannedStep) throws(StepFailure) {
    switch step.action {
    case .openRoot(let path): try launch.openRoot(path)
    case .openSource(let mount): try launch.openSource(of: mount)
    case .openNullDevice: try launch.openNullDevice()
    case .openInside(let mount): try openInside(mount)
    case .openNotifyDirectory: try launch.openNotifyDirectory()
    case .await(let milestone): try wait(for: milestone)
    case .notify(let milestone): try notify(milestone)
    case .runHooks(let point, let hooks): try runHooks(point, hooks)
    case .dieWithRuntime:
      try ContainerRuntime.step { () throws(SyscallError) in try setParentDeathSignal(SIGKILL) }
    case .outliveRuntime:
      try ContainerRuntime.step { () throws(SyscallError) in try setParentDeathSignal(0) }
    case .enterCgroups: try enterCgroups()
    case .joinNamespace(let type): try join(type, step.origin)
    case .joinContainer(let flags): try joinContainer(flags)
    case .newCgroupNamespace:
      try ContainerRuntime.step("cgroup namespace") { () throws(SyscallError) in try unshare(.newCgroup) }
    case .makeLandlockRuleset(let rules): try makeLandlockRuleset(rules)
    case .enforceLandlock: try enforceLandlock()
    case .waitForStart: try waitForStart()
    case .lookUpProgram(let name, let path): program = try ProgramSearch.find(name, path: path)
    case .execute(let arguments, let environment, _): try become(arguments, environment)
    case .setPropagation, .attachRoot, .mount, .mountNotifyDirectory, .pivotRoot, .moveRoot,
      .setRootPropagation, .changeRoot,
      .maskPaths, .readonlyPaths, .readonlyRoot:
      try executeRootStep(step)
    case .makeDevice, .linkDevices, .openConsole, .setStandardStreams:
      try executeDeviceStep(step)
    default: try executeIdentityStep(step)
    }
  }

  // MARK: Meeting points

  private func wait(for milestone: Milestone) throws(StepFailure) {
    if milestone == .resumed { return try waitAtStop() }
    if milestone == .committed && isCommitted { return }
    var frame = try channel.receive().frame
    if case .milestone(.committed, _) = frame, milestone != .committed {
      // It may be sent early, and is read at the very end.
      isCommitted = true
      frame = try channel.receive().frame
    }
    guard case .milestone(milestone, let payload) = frame else {
      // The runtime is gone or has given up: there is nobody to start for.
      exitProcess(RuntimeError.failureStatus)
    }
    if milestone == .hooksDone { hookState = payload }
    if milestone == .cgroupReady { launch.scopePath = String(decoding: payload, as: UTF8.self) }
  }

  /// The leave to go on; `committed`, which is read at the very end, may have been sent before it.
  ///
  /// By read(2), and `stopped` by write(2), which hardly any filter refuses: the last stop is behind the program's filter.
  private func waitAtStop() throws(StepFailure) {
    while true {
      let frame = try ContainerRuntime.step("synchronisation (resumed)") { () throws(SyscallError) in
        try Frame(try read(channel.socket.fd, upTo: Frame.limit))
      }
      switch frame {
      case .milestone(.resumed, _): return
      case .milestone(.committed, _): isCommitted = true
      default: exitProcess(RuntimeError.failureStatus)
      }
    }
  }

  private func notify(_ milestone: Milestone) throws(StepFailure) {
    switch milestone {
    case .stopped:
      try ContainerRuntime.step("synchronisation (stopped)") { () throws(SyscallError) in
        try writeAll(channel.socket.fd, Frame.milestone(.stopped, []).encoded)
      }
    case .console: try channel.send(.console, passing: terminalController?.fd)
    case .seccompListener: try channel.send(.seccompListener, passing: seccompListener?.fd)
    case .sourceOpened:
      try channel.send(.sourceOpened, passing: openedSource?.fd)
      openedSource = nil
    default: try channel.send(milestone)
    }
  }

  private func waitForStart() throws(StepFailure) {
    guard let socket = launch.startSocket else { return }
    launch.releaseAll()
    root = nil
    deviceDirectory = nil
    endBySignals()
    closeForWaiting(
      [socket.fd] + (landlockRuleset.map { [$0.fd] } ?? []) + (launch.hookStreams?.descriptors ?? []))
    // Who waits needs little more than stack and heap. Not below a filter, which may kill for a call that it has not heard of.
    // bestEffort: what stays is memory that the kernel can have back
    if !isFiltered { try? dropCode() }
    starter = Channel(
      socket: try ContainerRuntime.step("start socket") { () throws(SyscallError) in
        try acceptPatiently(socket.fd)
      })
  }

  /// Whoever waits for days does not give up because the machine lacks memory or descriptors for a moment: a minute.
  private func acceptPatiently(_ socket: FD) throws(SyscallError) -> Descriptor {
    var tries = 600
    while true {
      do throws(SyscallError) { return try accept(socket) } catch {
        let isPassing = [ENOMEM, ENOBUFS, ENFILE, EMFILE].contains(error.errno.rawValue)
        tries -= 1
        guard isPassing, tries > 0 else { throw error }
        sleepNanoseconds(100_000_000)
      }
    }
  }

  /// The first process of a PID namespace ends by no signal but KILL unless it asks for it: so that callers who stop a
  /// container before its start need not wait for their time to run out. execve(2) takes the request back.
  private func endBySignals() {
    guard Linux.getpid() == 1 else { return }
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] { exitOnSignal(signal) }
  }

  /// What waits for `start` may wait for days, and holds nothing of the runtime's or its caller's meanwhile: a pipe that
  /// stays open would keep a reader waiting, a directory its file system busy.
  private func closeForWaiting(_ kept: [FD]) {
    var first = 3 + preservedDescriptors
    for number in kept.map({ UInt32($0.rawValue) }).sorted() where number >= first {
      // bestEffort: a filter that is older than close_range(2) refuses it; the program does not get them anyway
      if number > first { try? closeRange(from: first, through: number - 1) }
      first = number + 1
    }
    try? closeRange(from: first)  // bestEffort: likewise
  }

  // MARK: Cgroups and namespaces

  private func enterCgroups() throws(StepFailure) {
    try cgroupStep { () throws(CgroupError) in try launch.cgroups?.enter() }
    // The processors that the caller of the runtime was bound to, by a service manager for example, are not the
    // container's: all that its cgroup allows.
    // bestEffort: a kernel that refuses leaves it with fewer
    try? schedSetAffinity(Array(repeating: UInt64.max, count: 128))
  }

  private func join(_ type: NamespaceType, _ origin: Origin) throws(StepFailure) {
    guard let namespace = launch.namespaces[type] else { return }
    try ContainerRuntime.step("joining the \(type.rawValue) namespace\(origin.suffix)") {
      () throws(SyscallError) in
      try setns(namespace.fd, type.flag)
    }
  }

  private func joinContainer(_ flags: CloneFlags) throws(StepFailure) {
    guard let target = launch.target else { return }
    root = try ContainerRuntime.step("joining the container's namespaces") { () throws(SyscallError) in
      try setns(target.fd, flags)
      // With the mount namespace came its root directory.
      // path: the root directory itself
      return try RootDirectory(hostPath: "/")
    }
  }

  // MARK: The end

  private func become(_ arguments: [String], _ environment: [String]) throws(StepFailure) {
    let argumentList = CStringArray(arguments)
    let environmentList = CStringArray(complete(environment))
    try ContainerRuntime.step { () throws(SyscallError) in
      resetSignalDispositions(launch.ignoredSignals)
      try setSignalMask([])
    }
    try OwnProgram.refuse(program, launch.ownProgram)
    let error = execve(program, argumentList, environmentList)
    if error.errno == .accessDenied, landlockRuleset != nil {
      // That its permissions suffice was seen before the fence closed.
      throw StepFailure(
        "exec \(program): \(error.errno): no rule of Landlock lets the program, its interpreter or its loader be executed",
        exitStatus: RuntimeError.notExecutableStatus)
    }
    throw ExecDiagnosis.explain(program, error)
  }
}

extension ContainerSide {
  /// Both kinds start in the container's root directory: as the host sees it before the change of root, afterwards as `/`.
  private func runHooks(_ point: HookPoint, _ hooks: [Hook]) throws(StepFailure) {
    var directory = "/"
    if point == .createContainer {
      directory = launch.record.summary.rootfs
      if let tree = launch.rootTree {
        // By descriptor: what lies on top of `/` has no path here.
        try ContainerRuntime.step("hooks") { () throws(SyscallError) in try fchdir(tree.fd) }
        directory = "."
      }
    }
    try HookRunner(
      point: point, state: hookState, workingDirectory: directory, streams: launch.streamsOfHooks()
    ).run(point == .startContainer ? hooks.map(inheriting) : hooks)
  }

  /// The configured variables, and those that only the process itself can tell.
  private func complete(_ environment: [String]) -> [String] {
    func has(_ name: String) -> Bool { environment.contains { $0.utf8.starts(with: name.utf8) } }
    var entries = environment
    if !has("HOME=") { entries.append("HOME=\(home ?? HomeDirectory.of(effectiveUserID()))") }
    if has("LISTEN_FDS=") && !has("LISTEN_PID=") { entries.append("LISTEN_PID=\(Linux.getpid())") }
    return entries
  }

  /// A hook that stands in the program's place has the program's variables, unless the configuration gives it others:
  /// hooks have always found them there.
  private func inheriting(_ hook: Hook) -> Hook {
    guard hook.env.isEmpty, case .execute(_, let environment, _) = launch.plan.steps.last?.action else {
      return hook
    }
    var hook = hook
    hook.env = complete(environment)
    return hook
  }
}

/// Finds the program as execvp(3) does, along the container's own `PATH`.
enum ProgramSearch {
  static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  static func find(_ name: String, path: String?) throws(StepFailure) -> String {
    if name.utf8.contains(0x2F) {
      do throws(SyscallError) { try checkProgram(name) } catch { throw explain(name, error) }
      return name
    }
    var refused: (String, SyscallError)?
    for entry in (path ?? defaultPath).utf8.split(separator: 0x3A, omittingEmptySubsequences: false) {
      let directory = String(decoding: entry, as: UTF8.self)
      let candidate = (directory.isEmpty ? "." : directory) + "/" + name
      do throws(SyscallError) {
        try checkProgram(candidate)
        return candidate
      } catch {
        if error.errno != .noEntry && error.errno != .notDirectory && refused == nil {
          refused = (candidate, error)
        }
      }
    }
    if let (candidate, error) = refused { throw explain(candidate, error) }
    throw StepFailure(
      "exec: \"\(name)\": executable file not found in $PATH (\(path ?? defaultPath))",
      exitStatus: RuntimeError.notFoundStatus)
  }

  private static func checkProgram(_ path: String) throws(SyscallError) {
    // path: in the container, as execve(2) is going to resolve it
    let status = try fstatat(.workingDirectory, path)
    guard status.isRegular else { throw SyscallError("exec", .accessDenied, path) }
    do throws(SyscallError) {
      try checkExecutable(.workingDirectory, path)
    } catch {
      // A filter that is older than faccessat2(2) refuses it; then execve(2) has the last word.
      let isFiltered = error.errno == .notPermitted || error.errno == .noSystemCall
      guard isFiltered, status.mode & 0o111 != 0 else { throw error }
    }
  }

  private static func explain(_ path: String, _ error: SyscallError) -> StepFailure {
    if error.errno == .noEntry || error.errno == .notDirectory {
      return StepFailure(
        "exec: \"\(path)\": stat \(path): \(error.errno)", exitStatus: RuntimeError.notFoundStatus)
    }
    var failure = ExecDiagnosis.explain(path, error)
    failure.message = "exec: \"\(path)\": " + failure.message.dropFirst("exec \(path): ".utf8.count)
    return failure
  }
}
