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
    var compiler = Compiler(spec: spec, request: request, host: host)
    compiler.seccomp = seccomp
    compiler.hasScope = cgroups.scope != nil
    try compiler.compile()
    return Plan(steps: compiler.steps, cgroups: cgroups)
  }
}

/// Accumulates the steps; its extensions are grouped by what they set up, in the order in which it happens.
struct Compiler {
  let spec: Spec
  let request: CreateRequest
  let host: HostFacts
  let linux: LinuxConfig
  var seccomp: SeccompProgram?
  /// systemd makes the cgroups, and needs the process for it.
  var hasScope = false
  var steps: [PlannedStep] = []

  init(spec: Spec, request: CreateRequest, host: HostFacts) {
    self.spec = spec
    self.request = request
    self.host = host
    linux = spec.linux ?? LinuxConfig()
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
    try refuseUnsupported()
    guard let process = spec.process else {
      throw PlanError("/process", "is missing: there is no program to run")
    }
    let mounts = try compileMounts()
    compilePreparation(mounts)
    compileBirth()
    compileSupervision()
    compileRoot(mounts, process)
    compileSystem(mounts)
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
      if case .bind = mount.content { add(side, .openSource(mount), mount.origin) }
    }
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

  /// What asked for the cgroups' place: the configuration, or nobody, as every container has cgroups.
  var cgroupOrigin: Origin { linux.cgroupsPath == nil ? .runtime : Origin("/linux/cgroupsPath") }

  /// A path of the configuration that counts from the bundle.
  func absolute(_ path: String) -> String {
    path.utf8.first == 0x2F ? path : request.bundle + "/" + path
  }

  /// Properties that the specification has and this version cannot apply: silence would be a lie.
  private func refuseUnsupported() throws(PlanError) {
    if linux.intelRdt != nil {
      throw PlanError("/linux/intelRdt", "is not supported: cache and bandwidth allocation need resctrl")
    }
    if !linux.netDevices.isEmpty {
      throw PlanError(
        "/linux/netDevices", "is not supported: move the device with ip(8) in a createRuntime hook")
    }
    if linux.mountLabel != nil {
      throw PlanError("/linux/mountLabel", "is not supported: label the files with chcon(1) beforehand")
    }
  }
}
