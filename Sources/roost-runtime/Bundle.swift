// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Cgroups
internal import ContainerPlan
internal import ContainerRuntime
internal import Linux
internal import OCI
internal import Seccomp

/// A directory with a `config.json`, and the way from there to a plan.
struct Bundle {
  let path: String
  let configuration: [UInt8]
  let spec: Spec

  /// Reads and validates the configuration.
  ///
  /// - Parameter path: nil for the working directory.
  init(path given: String?, requiresProcess: Bool = true, _ context: Context) throws(CommandFailure) {
    let path = try Bundle.absolute(given ?? ".")
    self.path = path
    let file = context.arguments.value("config") ?? "\(path)/config.json"
    do throws(SyscallError) {
      // path: the caller's `--bundle` or `--config`
      configuration = try readFile(.workingDirectory, file, limit: Bundle.sizeLimit)
    } catch {
      if error.errno.isTooLarge {
        throw CommandFailure(
          "\(file): larger than \(Bundle.sizeLimit >> 20) MiB, which no configuration needs")
      }
      throw CommandFailure("open \(file): \(error.errno): is \(path) a bundle?")
    }
    // A container can be created without a process, and then not be started.
    spec = try Bundle.decode(configuration, file, requiresProcess: requiresProcess)
  }

  static let sizeLimit = 16 << 20

  private static func absolute(_ path: String) throws(CommandFailure) -> String {
    if path.utf8.first == 0x2F { return path }
    do throws(SyscallError) {
      let directory = try getcwd()
      return path == "." ? directory : "\(directory)/\(path)"
    } catch { throw CommandFailure("--bundle \(path): \(error)") }
  }

  private static func decode(
    _ bytes: [UInt8], _ source: String, requiresProcess: Bool
  ) throws(CommandFailure) -> Spec {
    do throws(SpecError) {
      return try Spec(validating: bytes, source: source, requiresProcess: requiresProcess)
    } catch { throw CommandFailure("\(error)") }
  }

  /// Compiles the plan and joins it with the command's options.
  func creation(
    _ operation: CreateRequest.Operation, id: String, _ context: Context
  ) throws(CommandFailure) -> Creation {
    // Others are in a joined PID namespace already, and may look at the new process.
    if spec.linux?.namespace(.pid)?.path != nil { try OwnBinary.protect() }
    var request = try request(operation, id, context)
    let watcher = operation == .run ? try context.watcher() : nil
    request.pausesBetweenGroups = watcher != nil
    let planner = Planner(context)
    let plan = try planner.plan(spec, request)
    var options = Creation.Options()
    options.pidFile = context.arguments.value("pid-file")
    options.pidfdSocket = context.arguments.value("pidfd-socket")
    options.console = try console(operation, context)
    options.trace = try context.trace()
    options.serviceManager = Environment.serviceManager
    options.watcher = watcher
    if operation == .run {
      options.detach = try context.arguments.flag("detach")
      options.keep = try context.arguments.flag("keep")
    }
    options.warn = { $0.forEach(context.log.warning) }
    return Creation(spec, configuration: configuration, plan: plan, request: request, options: options)
  }

  private func request(
    _ operation: CreateRequest.Operation, _ id: String, _ context: Context
  ) throws(CommandFailure) -> CreateRequest {
    var request = CreateRequest(operation, id: id, bundle: path)
    request.noPivot = try context.arguments.flag("no-pivot")
    request.noNewKeyring = try context.arguments.flag("no-new-keyring")
    request.preserveDescriptors = try context.preservedDescriptors()
    request.listenDescriptors = Environment.listenDescriptors
    if request.listenDescriptors > 0 { request.listenNames = Environment.value("LISTEN_FDNAMES") }
    request.notifies = Environment.serviceManager != nil
    return request
  }

  private func console(
    _ operation: CreateRequest.Operation, _ context: Context
  ) throws(CommandFailure) -> ConsoleDestination {
    let detached = try context.arguments.flag("detach") || operation == .create
    return try context.console(terminal: spec.process?.terminal == true, detached: detached)
  }
}

extension Context {
  /// Where the terminal goes, and whether that fits what was asked for.
  func console(terminal: Bool, detached: Bool) throws(CommandFailure) -> ConsoleDestination {
    let socket = arguments.value("console-socket")
    switch (terminal, socket) {
    case (false, nil): return .none
    case (false, .some):
      throw CommandFailure(
        "cannot use console socket if runc will not detach or allocate tty: process.terminal is false")
    case (true, let path?): return .socket(path)
    case (true, nil):
      if detached {
        throw CommandFailure(
          "cannot allocate tty if runc will detach without setting console socket: --console-socket is missing"
        )
      }
      return .foreground
    }
  }

  /// What `--trace` or `--debug` tells of the steps.
  func trace() throws(CommandFailure) -> Trace? {
    try arguments.flag("trace") ? Trace.onStandardError() : log.trace()
  }

  /// The socket of `--step-fd`, from now on close-on-exec.
  func watcher() throws(CommandFailure) -> OwnedDescriptor? {
    guard let number: Int32 = try arguments.number("step-fd", in: 3...1_000_000) else { return nil }
    let preserved = Int(try preservedDescriptors()) + Int(Environment.listenDescriptors)
    guard Int(number) >= 3 + preserved else {
      throw CommandFailure("--step-fd \(number): this descriptor is one of those that the program gets")
    }
    do throws(SyscallError) { try FD(number).setCloseOnExec(true) } catch {
      throw CommandFailure("--step-fd \(number): \(error.errno)")
    }
    return OwnedDescriptor(Descriptor(owning: number))
  }

  func preservedDescriptors() throws(CommandFailure) -> UInt32 {
    let count: UInt32 = try arguments.number("preserve-fds", in: 0...1_000_000) ?? 0
    // Asked before any descriptor of the runtime's own exists, which could take the place of one that is missing.
    for number in 0..<count + Environment.listenDescriptors where !FD(Int32(3 + number)).isOpen {
      throw CommandFailure("--preserve-fds \(count): descriptor \(3 + number) is not open")
    }
    return count
  }
}

/// Gathers the facts that compiling needs.
struct Planner {
  let context: Context

  init(_ context: Context) { self.context = context }

  /// - Throws: when there is no `/proc` to ask.
  func host() throws(CommandFailure) -> HostFacts {
    var facts = HostFacts(effectiveUserID: effectiveUserID())
    if facts.isRootless { return facts }
    do throws(SyscallError) {
      facts.isInUserNamespace = try !isInInitialUserNamespace()
      if facts.isInUserNamespace { facts.maySetGroups = try isSetgroupsAllowed() }
    } catch { throw CommandFailure("looking at the runtime's own user namespace: \(error)") }
    return facts
  }

  /// Whether SELinux decides on this machine; asked only where a label depends on it.
  private var hasSELinux: Bool {
    // path: a file of the kernel
    (try? fstatat(.workingDirectory, "/sys/fs/selinux/enforce")) != nil  // bestEffort: absent is the answer
  }

  func plan(_ spec: Spec, _ request: CreateRequest) throws(CommandFailure) -> Plan {
    warnAboutCapabilities(spec)
    var host = try host()
    if spec.linux?.mountLabel != nil { host.hasSELinux = hasSELinux }
    if spec.isFenced { host.landlockVersion = Landlock.version }
    let cgroups = try cgroupPlan(spec, id: request.id, host)
    let seccomp = try seccompProgram(spec)
    do throws(PlanError) {
      return try Plan.compile(spec, request, host: host, cgroups: cgroups, seccomp: seccomp)
    } catch { throw CommandFailure("\(request.bundle)/config.json: \(error)") }
  }

  func cgroupPlan(
    _ spec: Spec, id: String, _ facts: HostFacts
  ) throws(CommandFailure) -> CgroupPlan {
    let manager = try CgroupManager(context)
    let mayDoWithout = try context.mayDoWithoutCgroups(facts)
    do throws(CgroupError) {
      var options = CgroupOptions()
      options.defaultDevices = DefaultDevices.rules
      let host = try cgroupHost(spec, manager, mayDoWithout: mayDoWithout)
      let hasNone = mayDoWithout && host.hierarchies.isEmpty
      options.appliesDevices = manager != .disabled && !facts.isConfined && !hasNone
      if manager == .systemd { options.systemd = try systemdOptions(spec, facts) }
      if let owner = spec.cgroupOwner, owner != effectiveUserID() { options.owner = owner }
      // systemd enables controllers itself where it delegates.
      options.isManagedInside = manager != .systemd && spec.mayManageCgroups
      return try CgroupPlan(
        resources: spec.linux?.resources, cgroupsPath: spec.linux?.cgroupsPath, id: id, host: host,
        options: options)
    } catch { throw CommandFailure("\(error)") }
  }

  private func systemdOptions(_ spec: Spec, _ facts: HostFacts) throws(CgroupError) -> SystemdOptions {
    // In a user namespace even its root has only what an ordinary user has.
    var options = SystemdOptions(facts.isConfined ? .user : .system)
    try SystemdManager.check(options.manager)
    options.annotations = spec.annotations
    options.deviceGroups = DeviceGroup.current()
    return options
  }

  /// An ordinary user has no cgroups to put the container in, unless some were delegated; who asks for neither limits nor
  /// a place needs none. Devices are out of reach in a user namespace anyway.
  private func cgroupHost(
    _ spec: Spec, _ manager: CgroupManager, mayDoWithout: Bool
  ) throws(CgroupError) -> CgroupHost {
    if manager == .disabled { return CgroupHost(hierarchies: []) }
    let host = try CgroupHost.detect()
    if !mayDoWithout || manager == .systemd { return host }
    let path = spec.linux?.cgroupsPath ?? ""
    // A place that is named is meant; the kernel knows whether it is the caller's.
    if path.utf8.first == UInt8(ascii: "/") { return host }
    let delegated = host.delegated()
    var limits = spec.linux?.resources
    limits?.devices = []
    // With limits the attempt is made in any case: the kernel's refusal says where the right is missing.
    let needsNone = (limits ?? Resources()) == Resources() && path.isEmpty
    return delegated.hierarchies.isEmpty && !needsNone ? host : delegated
  }

  func seccompProgram(_ spec: Spec) throws(CommandFailure) -> SeccompProgram? {
    if let bytes = spec.seccompProgramBytes {
      return SeccompProgram(
        bytes: bytes, flagsOf: spec.linux?.seccomp, listens: spec.seccompListenerPath != nil)
    }
    guard let profile = spec.seccomp else { return nil }
    let program: SeccompProgram
    do throws(SeccompError) { program = try SeccompProgram.compile(profile) } catch {
      throw CommandFailure("config.json: \(error)")
    }
    // Profiles name the calls of many kernels and architectures: only who asks hears of those that are not here.
    for warning in program.warnings {
      if case .unknownSyscall = warning, spec.annotations.isOn(.failOnUnknownSyscall) {
        let annotation = RuntimeAnnotation.failOnUnknownSyscall.rawValue
        throw CommandFailure("config.json: \(warning), and \(annotation) forbids that")
      }
      context.log.debug("config.json: \(warning)")
    }
    return program
  }

  /// The specification wants a warning where a capability is unknown.
  private func warnAboutCapabilities(_ spec: Spec) {
    guard let capabilities = spec.process?.capabilities else { return }
    for name in capabilities.bounding where CapabilityName.number(of: name) == nil {
      context.log.warning("ignoring unknown capability \(name) (config.json: /process/capabilities/bounding)")
    }
    let unraisable = capabilities.ambient.filter {
      !capabilities.inheritable.contains($0) || !capabilities.permitted.contains($0)
    }
    if !unraisable.isEmpty {
      context.log.warning(
        "can't raise ambient capability \(unraisable.joined(separator: ", ")): not both inheritable and permitted "
          + "(config.json: /process/capabilities/ambient)")
    }
  }
}

extension Bundle {
  /// Reads a process from a file, for `exec --process`.
  static func process(_ file: String) throws(CommandFailure) -> Process {
    let bytes: [UInt8]
    // path: the caller's `--process`
    do throws(SyscallError) { bytes = try readFile(.workingDirectory, file, limit: sizeLimit) } catch {
      throw CommandFailure("--process \(file): \(error.errno)")
    }
    do throws(SpecError) { return try Process(decoding: bytes, source: file) } catch {
      throw CommandFailure("\(error)")
    }
  }
}
