// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
public import OCI
internal import Seccomp

// The system that the program sees, and the identity that it gets.
extension Compiler {
  /// After the change of root: names, parameters, and what is hidden.
  mutating func compileSystem(_ mounts: [PlannedMount]) {
    if isNew(.network) { add(.container, .bringLoopbackUp, origin(of: .network)) }
    if let hostname = spec.hostname { add(.container, .setHostname(hostname), Origin("/hostname")) }
    if let domainname = spec.domainname { add(.container, .setDomainname(domainname), Origin("/domainname")) }
    if !linux.sysctl.isEmpty { add(.container, .setSysctls(linux.sysctl), Origin("/linux/sysctl")) }
    guard linux.namespace(.mount) != nil else { return }
    if !linux.readonlyPaths.isEmpty {
      add(.container, .readonlyPaths(linux.readonlyPaths), Origin("/linux/readonlyPaths"))
    }
    if !linux.maskedPaths.isEmpty {
      add(.container, .maskPaths(linux.maskedPaths), Origin("/linux/maskedPaths"))
    }
    for mount in mounts where mount.isFilledDevices {
      var change = PlannedMount(index: mount.index, destination: mount.destination, content: .remount)
      change.attributes = MountAttributeChange(setting: .readOnly)
      add(.container, .mount(change), mount.origin)
    }
    if spec.root?.readonly == true { add(.container, .readonlyRoot, Origin("/root/readonly")) }
  }

  mutating func compileProcess(_ process: Process) throws(PlanError) {
    try compileScheduling(process)
    add(
      .container, .setStandardStreams(terminal: process.terminal, owner: process.user.uid),
      process.terminal ? Origin("/process/terminal") : .runtime)
    // As root: a directory that only root may enter, or make, is a valid place to start in.
    add(.container, .changeDirectory(process.cwd), Origin("/process/cwd"))
    try compileLandlockRuleset()
    try compileIdentity(process)
    if let umask = process.user.umask { add(.container, .setUmask(umask), Origin("/process/user/umask")) }
    add(
      .container, .lookUpProgram(process.args[0], path: process.environmentValue("PATH")),
      Origin("/process/args"))
  }

  private mutating func compileScheduling(_ process: Process) throws(PlanError) {
    if let personality = linux.personality {
      add(.container, .setPersonality(personality.domain), Origin("/linux/personality"))
    }
    if let policy = linux.memoryPolicy {
      let nodes = try NumberList.words(policy.nodes ?? "", Origin("/linux/memoryPolicy/nodes"))
      add(
        .container,
        .setMemoryPolicy(policy.mode, flags: policy.flags, nodes: nodes.map { UInt($0) }),
        Origin("/linux/memoryPolicy"))
    }
    if let scheduler = process.scheduler {
      add(.container, .setScheduler(scheduler), Origin("/process/scheduler"))
    }
    if let priority = process.ioPriority {
      add(.container, .setIOPriority(priority), Origin("/process/ioPriority"))
    }
  }

  private mutating func compileIdentity(_ process: Process) throws(PlanError) {
    if let profile = process.apparmorProfile, !profile.isEmpty {
      add(.container, .setAppArmorProfile(profile), Origin("/process/apparmorProfile"))
    }
    if let label = process.selinuxLabel, !label.isEmpty {
      add(.container, .setSELinuxLabel(label), Origin("/process/selinuxLabel"))
    }
    if !process.rlimits.isEmpty { add(.container, .setRlimits(process.rlimits), Origin("/process/rlimits")) }
    // Without the property the program gets none.
    let capabilities = process.capabilities ?? Capabilities()
    let isSilent = process.capabilities == nil
    add(
      .container, .limitBoundingSet(mask(capabilities.bounding)),
      isSilent ? .runtime : Origin("/process/capabilities/bounding"))
    // Without no_new_privs only a privileged process may fence itself in or load a filter. As late as that allows: what
    // stands above makes system calls that the filter need not allow.
    if !process.noNewPrivileges { compileFences() }
    // Who maps one own id without help has to give up setgroups(2) for that (user_namespaces(7)).
    let gaveUpGroups = host.isRootless && IDMapping.areOwn(linux.uidMappings, linux.gidMappings)
    let setGroups = host.maySetGroups && !gaveUpGroups && !spec.annotations.isOn(.keepOriginalGroups)
    add(
      .container,
      .setUser(process.user, keepCapabilities: process.user.uid != 0, setGroups: setGroups),
      Origin("/process/user"))
    let sets = CapabilitySets(
      effective: mask(capabilities.effective), permitted: mask(capabilities.permitted),
      inheritable: mask(capabilities.inheritable))
    add(
      .container, .setCapabilities(sets, ambient: mask(capabilities.ambient)),
      isSilent ? .runtime : Origin("/process/capabilities"))
    if process.noNewPrivileges {
      add(.container, .setNoNewPrivileges, Origin("/process/noNewPrivileges"))
    }
  }

  /// Names that this kernel does not know are left out; the command line warns about them, as the specification wants.
  private func mask(_ names: [String]) -> CapabilityMask {
    var mask: CapabilityMask = []
    for name in names {
      guard let number = CapabilityName.number(of: name), Int(number) <= host.lastCapability else { continue }
      mask.insert(CapabilityMask(number: Int(number)))
    }
    return mask
  }

  mutating func compileSeccomp() {
    guard let seccomp else { return }
    add(.container, .loadSeccomp(seccomp), Origin("/linux/seccomp"))
    if seccomp.needsListener {
      add(.container, .notify(.seccompListener), Origin("/linux/seccomp/listenerPath"))
      add(.runtime, .await(.seccompListener), Origin("/linux/seccomp/listenerPath"))
    }
  }

  /// A service manager's sockets are announced by variables that name the process they are meant for.
  private func environment(of process: Process) -> [String] {
    var entries = process.env
    if request.listenDescriptors > 0 {
      entries.append("LISTEN_FDS=\(request.listenDescriptors)")
      if let names = request.listenNames { entries.append("LISTEN_FDNAMES=\(names)") }
      // In a shared PID namespace the process knows its number only when it is there.
      if isNew(.pid) { entries.append("LISTEN_PID=1") }
    }
    if mountsNotifyDirectory {
      let name = NotifyDirectory.variable + "="
      entries.removeAll { $0.utf8.starts(with: name.utf8) }
      entries.append("\(name)\(NotifyDirectory.destination)/\(NotifyDirectory.socketName)")
    }
    return EnvironmentList.withoutRepetitions(entries)
  }

  /// The end of a container without a program: it can be created, looked at and deleted, and `start` refuses.
  mutating func compileWait() {
    add(.container, .await(.committed))
    add(.container, .outliveRuntime)
    add(.container, .notify(.ready))
    add(.runtime, .await(.ready))
    add(.container, .waitForStart)
  }

  /// The end: the runtime commits, the caller is told, and the program takes over.
  mutating func compileStart(_ process: Process) {
    // An agent can take the listener only while the runtime is there to pass it on.
    let filterBeforeReady = process.noNewPrivileges && seccomp?.needsListener == true
    if filterBeforeReady { compileFences() }
    add(.container, .await(.committed))
    add(.container, .outliveRuntime)
    if request.operation == .create {
      add(.container, .notify(.ready))
      add(.runtime, .await(.ready))
      add(.container, .waitForStart)
    }
    if process.noNewPrivileges && !filterBeforeReady { compileFences() }
    // Programs of the image, which are not to do what the filter forbids.
    if let hooks = spec.hooks?.startContainer, !hooks.isEmpty {
      add(.container, .runHooks(.startContainer, hooks), Origin("/hooks/startContainer"))
    }
    add(
      .container,
      .execute(
        arguments: process.args, environment: environment(of: process),
        preserveDescriptors: request.preserveDescriptors + request.listenDescriptors),
      Origin("/process/args"))
  }
}

extension Process {
  /// The value of a variable in `env`; the last entry counts, as it does for the program.
  public func environmentValue(_ name: String) -> String? {
    let prefix = name + "="
    guard let entry = env.last(where: { $0.utf8.starts(with: prefix.utf8) }) else { return nil }
    return String(decoding: entry.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
  }
}

/// The program's variables.
enum EnvironmentList {
  /// Each variable once, with the value given last: callers append what overrules, and programs that find a variable
  /// twice do not agree on which one counts. An empty `HOME` is none: that of the container's user takes its place.
  static func withoutRepetitions(_ entries: [String]) -> [String] {
    var seen: Set<String> = []
    var kept: [String] = []
    kept.reserveCapacity(entries.count)
    for entry in entries.reversed() {
      let name = String(decoding: entry.utf8.prefix { $0 != 0x3D }, as: UTF8.self)
      if seen.insert(name).inserted && entry != "HOME=" { kept.append(entry) }
    }
    kept.reverse()
    return kept
  }
}

/// Lists such as `0-3,7`.
enum NumberList {
  /// More than the largest kernel has of processors and memory nodes; the rules for values say the same.
  private static let limit: UInt32 = 1 << 16

  /// A bit mask in 64-bit words, lowest first.
  static func words(_ list: String, _ origin: Origin) throws(PlanError) -> [UInt64] {
    var words: [UInt64] = []
    for part in list.utf8.split(separator: 0x2C) {
      let ends = part.split(separator: 0x2D, omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
      }
      // The initialiser of integers takes a sign, which has no place here.
      guard ends.count <= 2, !part.contains(0x2B), let first = UInt32(ends[0]),
        let last = UInt32(ends[ends.count - 1]), first <= last, last < limit
      else { throw PlanError(origin, "\"\(list)\" is not a list of numbers like 0-3,7") }
      for number in first...last {
        while words.count <= Int(number / 64) { words.append(0) }
        words[Int(number / 64)] |= 1 << UInt64(number % 64)
      }
    }
    return words
  }
}
