// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Cgroups
internal import Linux
public import OCI
public import Seccomp

extension Plan {
  /// Turns a validated configuration into the steps that make the container.
  ///
  /// Pure: nothing of the host is touched or asked beyond `host`, `cgroups` and `seccomp`, which are computed from the
  /// same configuration by their own modules.
  public static func compile(
    _ spec: Spec, _ request: CreateRequest, host: HostFacts, cgroups: CgroupPlan,
    seccomp: SeccompProgram?
  ) throws(PlanError) -> Plan {
    var compiler = try Compiler(spec: spec, request: request, host: host)
    compiler.seccomp = seccomp
    compiler.hasScope = cgroups.scope != nil
    try compiler.compile()
    var plan = Plan(steps: compiler.steps, cgroups: cgroups)
    plan.mountContext = compiler.mountContext
    if request.pausesBetweenGroups { plan.pauseBetweenGroups() }
    return plan
  }
}

/// Accumulates the steps; its extensions are grouped by what they set up, in the order in which it happens.
struct Compiler {
  let spec: Spec
  let request: CreateRequest
  let host: HostFacts
  let linux: LinuxConfig
  var seccomp: SeccompProgram?
  var landlock: LandlockRules?
  /// systemd makes the cgroups, and needs the process for it.
  var hasScope = false
  var steps: [PlannedStep] = []

  init(spec: Spec, request: CreateRequest, host: HostFacts) throws(PlanError) {
    self.spec = spec
    self.request = request
    self.host = host
    linux = spec.linux ?? LinuxConfig()
    do throws(SpecError) { landlock = try spec.landlock() } catch {
      throw PlanError(error.pointer, error.problem)
    }
    steps.reserveCapacity(80)
  }

  mutating func add(_ side: Side, _ action: Step, _ origin: Origin = .runtime) {
    steps.append(PlannedStep(side, action, origin))
  }

  /// Whether the container gets a namespace of its own, as opposed to a shared or joined one.
  func isNew(_ type: NamespaceType) -> Bool {
    guard let namespace = linux.namespace(type) else { return false }
    return namespace.path == nil
  }

  func isJoined(_ type: NamespaceType) -> Bool { linux.namespace(type)?.path != nil }

  /// The process starts in a user namespace other than the runtime's.
  var hasUserNamespace: Bool { linux.namespace(.user) != nil }

  mutating func compile() throws(PlanError) {
    if linux.mountLabel != nil && !host.hasSELinux {
      throw PlanError("/linux/mountLabel", "is set, but SELinux is not enabled on this machine")
    }
    if spec.process == nil && request.operation == .run {
      throw PlanError("/process", "is missing: there is no program to run")
    }
    let mounts = try compileMounts()
    compilePreparation(mounts)
    compileBirth()
    compileSupervision()
    compileRoot(mounts)
    compileSystem(mounts)
    guard let process = spec.process else { return compileWait() }
    try compileProcess(process)
    compileStart(process)
  }

  /// Before there is a process: everything that can fail without a trace comes first, then the record, then cgroups.
  private mutating func compilePreparation(_ mounts: [PlannedMount]) {
    for (index, namespace) in linux.namespaces.enumerated() {
      guard let path = namespace.path else { continue }
      add(.runtime, .openNamespace(namespace.type, path: path), Origin("/linux/namespaces", index, "/path"))
    }
    // After the namespaces: ids on a mount may be those of a user namespace that is joined.
    if !host.isRootless { compileSources(mounts, .runtime) }
    add(.runtime, .recordIntent)
    if let rdt = linux.intelRdt {
      add(.runtime, .prepareResctrl(ResctrlGroup(rdt, id: request.id)), Origin("/linux/intelRdt"))
    }
    if !hasScope {
      add(.runtime, .createCgroups, limitsOrigin)
      if !host.isRootless { compileCgroupSources(mounts, .runtime) }
    }
    if request.operation == .create { add(.runtime, .listenForStart) }
  }

  /// What exists already is opened as detached mounts: by the runtime before it changes anything or, for an ordinary
  /// user, by the container in the user namespace that gives the right to.
  mutating func compileSources(_ mounts: [PlannedMount], _ side: Side) {
    if let root = spec.root, linux.namespace(.mount) != nil {
      add(side, .openRoot(path: absolute(root.path)), Origin("/root/path"))
    }
    for mount in mounts {
      // A process whose root directory is covered may not make the user namespace that maps ids.
      if mount.isBind || mount.idMapping != nil { add(side, .openSource(mount), mount.origin) }
    }
    if mountsNotifyDirectory { add(side, .openNotifyDirectory) }
    if !linux.maskedPaths.isEmpty { add(side, .openNullDevice, Origin("/linux/maskedPaths")) }
  }

  /// The container's own cgroups, which must exist by now, where no cgroup namespace shows them as the root.
  mutating func compileCgroupSources(_ mounts: [PlannedMount], _ side: Side) {
    for mount in mounts where mount.content == .cgroups && !isNew(.cgroup) {
      add(side, .openSource(mount), mount.origin)
    }
  }

  /// What asked for the limits.
  var limitsOrigin: Origin { linux.resources == nil ? cgroupOrigin : Origin("/linux/resources") }

  var mountsNotifyDirectory: Bool {
    request.notifies && linux.namespace(.mount) != nil && spec.process != nil
  }

  /// What asked for the cgroups' place: the configuration, or nobody, as every container has cgroups.
  var cgroupOrigin: Origin { linux.cgroupsPath == nil ? .runtime : Origin("/linux/cgroupsPath") }

  /// A path of the configuration that counts from the bundle.
  func absolute(_ path: String) -> String {
    path.utf8.first == 0x2F ? path : request.bundle + "/" + path
  }
}
