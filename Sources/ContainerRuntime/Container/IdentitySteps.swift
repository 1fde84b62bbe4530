// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import ContainerPlan
internal import Linux
internal import OCI
internal import SafePath
internal import Seccomp

// Names, parameters, limits, and who the program is.
extension ContainerSide {
  func executeIdentityStep(_ step: PlannedStep) throws(StepFailure) {
    do throws(SyscallError) {
      try perform(step.action)
    } catch {
      guard case .changeDirectory = step.action, error.errno == .accessDenied, closedDirectory == nil else {
        throw StepFailure("\(error)\(step.origin.suffix)")
      }
      // The user may be let in where root is not: root of a user namespace has no power over files of ids that it does not
      // have, and servers of files know no root.
      closedDirectory = step
      return
    }
    if case .setUser = step.action, let closedDirectory { try executeIdentityStep(closedDirectory) }
  }

  private func perform(_ action: Step) throws(SyscallError) {
    switch action {
    case .becomeNamespaceRoot: try becomeNamespaceRoot()
    case .newSession: try Linux.setsid()
    case .newSessionKeyring(let name): try newSessionKeyring(name)
    case .setSysctls(let pairs): try setSysctls(pairs)
    case .setHostname(let name): try sethostname(name)
    case .setDomainname(let name): try setdomainname(name)
    case .bringLoopbackUp: try bringInterfaceUp("lo")
    case .setPersonality(let domain):
      try setPersonality(domain == .linux32 ? Personality.linux32 : Personality.linux)
    case .setMemoryPolicy(let mode, let flags, let nodes):
      try setMemoryPolicy(mode: MemoryPolicyNumbers.value(mode, flags), nodes: nodes)
    case .setScheduler(let scheduler): try setScheduler(scheduler)
    case .setIOPriority(let priority):
      try setIOPriority(ioClass: priority.class.number, priority: priority.priority)
    case .setCPUAffinity(let mask): try schedSetAffinity(mask)
    case .setOOMScoreAdjust(let value): try setOOMScoreAdjust(value)
    case .setRlimits(let limits):
      for limit in limits { try prlimit(resource: limit.type.number, soft: limit.soft, hard: limit.hard) }
    case .setUmask(let mask): setUmask(mask)
    case .changeDirectory(let path): try changeDirectory(path)
    case .setAppArmorProfile(let profile): try setLabel("apparmor/exec", "exec \(profile)", "AppArmor")
    case .setSELinuxLabel(let label): try setLabel("exec", label, "SELinux")
    case .limitBoundingSet(let mask): try limitBoundingSet(mask)
    case .setUser(let user, let keepCapabilities, let setGroups):
      try become(user, keepCapabilities: keepCapabilities, setGroups: setGroups)
    case .setCapabilities(let sets, let ambient): try setCapabilities(sets, ambient)
    case .setNoNewPrivileges: try setNoNewPrivileges()
    case .loadSeccomp(let program):
      let listener = try program.withBytes { bytes throws(SyscallError) in
        try loadSeccompFilter(bytes, flags: program.flags)
      }
      isFiltered = true
      if let listener { seccompListener = OwnedDescriptor(Descriptor(owning: listener)) }
    default: throw SyscallError("plan", .invalidArgument, "\(action) does not belong to the container")
    }
  }

  // MARK: Namespaces and the system

  private func becomeNamespaceRoot() throws(SyscallError) {
    try setresgid(0)
    try setresuid(0)
  }

  private func setScheduler(_ scheduler: Scheduler) throws(SyscallError) {
    do throws(SyscallError) {
      try schedSetAttributes(SchedulerAttributes(scheduler))
    } catch {
      guard scheduler.policy == .deadline, error.errno == .notPermitted else { throw error }
      throw SyscallError(
        error.call, error.errno,
        "process scheduler can't be used together with AllowedCPUs: SCHED_DEADLINE needs CAP_SYS_NICE and all processors"
      )
    }
  }

  private func newSessionKeyring(_ name: String) throws(SyscallError) {
    do throws(SyscallError) {
      _ = try joinSessionKeyring(name)
    } catch {
      // Kernels without keyrings have none to protect; the quota is the host's, and the old keyring is gone anyway.
      if error.errno != .noSystemCall && error.errno != .quotaExceeded { throw error }
    }
  }

  /// Kernel parameters go through a proc file system of our own: the container's may be covered or fake.
  private func setSysctls(_ pairs: [KeyValue]) throws(SyscallError) {
    let proc = try ProcHandle()
    for pair in pairs {
      let path = String(decoding: pair.key.utf8.map { $0 == 0x2E ? 0x2F : $0 }, as: UTF8.self)
      try proc.write("sys/\(path)", pair.value)
    }
  }

  /// Security labels are written before the program exists in a file that takes effect at execve(2). A kernel without
  /// the module cannot apply them, and then the container must not start.
  private func setLabel(_ file: String, _ value: String, _ module: String) throws(SyscallError) {
    let proc = try ProcHandle()
    do throws(SyscallError) {
      try proc.write("thread-self/attr/\(file)", value)
    } catch {
      throw SyscallError(error.call, error.errno, "\(value): \(module) is not enabled or refused the label")
    }
  }

  // MARK: Identity

  /// After the change, the kernel's own name for the directory shows whether it is inside the root: a descriptor
  /// inherited from the caller can be outside (CVE-2024-21626).
  private func changeDirectory(_ path: String) throws(SyscallError) {
    if path == "/" { return try chdir("/") }
    do throws(SyscallError) {
      // path: in the container; where it led is verified below
      try chdir(path)
    } catch {
      guard error.errno == .noEntry, let root else { throw SyscallError("chdir", error.errno, path) }
      let made = try root.makeDirectory(path)
      try fchdir(made.fd)
    }
    let name: String
    do throws(SyscallError) { name = try getcwd() } catch {
      throw SyscallError("chdir", .notPermitted, "\(path) is outside the root file system")
    }
    if name.utf8.first != 0x2F {
      throw SyscallError("chdir", .notPermitted, "\(path) is outside the root file system")
    }
  }

  private func limitBoundingSet(_ mask: CapabilityMask) throws(SyscallError) {
    for number in 0..<64 where !mask.contains(CapabilityMask(number: number)) {
      if try !dropBoundingCapability(number) { return }
    }
  }

  private func become(_ user: User, keepCapabilities: Bool, setGroups: Bool) throws(SyscallError) {
    if keepCapabilities { try setKeepCapabilities(true) }
    if setGroups { try setgroups(user.additionalGids) }
    try setresgid(user.gid)
    try setresuid(user.uid)
  }

  /// What the runtime itself does not hold cannot be granted; the specification wants the container to start all the
  /// same, and the command line warns.
  private func setCapabilities(_ sets: CapabilitySets, _ ambient: CapabilityMask) throws(SyscallError) {
    let held = try capget().permitted
    let granted = CapabilitySets(
      effective: sets.effective.intersection(held), permitted: sets.permitted.intersection(held),
      inheritable: sets.inheritable.intersection(held))
    try capset(granted)
    if ambient.isEmpty { return }
    let possible = ambient.intersection(granted.permitted).intersection(granted.inheritable)
    for number in 0..<64 where possible.contains(CapabilityMask(number: number)) {
      try raiseAmbientCapability(number)
    }
  }
}

/// Writes the caller's own value (proc_pid_oom_score_adj(5)); its children inherit it. To be called while `/proc` is the
/// host's: a container's may lead elsewhere.
func setOOMScoreAdjust(_ value: Int32) throws(SyscallError) {
  let proc = try Verified.procDirectory("/proc/self")
  do throws(SyscallError) {
    try writeFile(proc.fd, "oom_score_adj", "\(value)")
  } catch {
    let remedy = "lowering oom_score_adj to \(value) needs CAP_SYS_RESOURCE"
    throw SyscallError(error.call, error.errno, error.errno == .accessDenied ? remedy : "oom_score_adj")
  }
}
