// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI

// Namespaces, limits, devices and hidden paths.
extension SpecBuilder {
  func linux() throws(EngineError) -> LinuxConfig {
    var types: [NamespaceType] = [.mount, .pid, .ipc, .uts, .cgroup]
    if facts.userNamespace != nil { types.append(.user) }
    var namespaces = types.map { Namespace($0) }
    // The engine's own namespace for interfaces that it has made, another's, or a new one.
    if network != .host { namespaces.append(Namespace(.network, path: facts.network.namespacePath)) }
    var linux = LinuxConfig(namespaces: namespaces)
    if let maps = facts.userNamespace {
      linux.uidMappings = maps.users
      linux.gidMappings = maps.groups
    }
    // Below the caller's own cgroup where the top of the tree is not ours.
    linux.cgroupsPath = facts.isConfined ? nil : "/roost/\(facts.id)"
    linux.devices = devices()
    linux.resources = try resources()
    let isMadeAlready = !options.networkSettings(facts).isEmpty
    linux.sysctl = options.sysctls.filter { !isMadeAlready || SysctlFlag.owner(of: $0.key) != .network }
    linux.seccomp = seccomp()
    try hidePaths(&linux)
    linux.rootfsPropagation = try rootPropagation()
    return linux
  }

  private func seccomp() -> SeccompProfile? {
    switch options.security.seccomp {
    case .unconfined: nil
    case .builtin, .file: facts.seccomp
    case nil: options.privileged ? nil : facts.seccomp
    }
  }

  /// The nodes of `--device`; privileged containers see every node of the host as well.
  private func devices() -> [Device] {
    var result: [Device] = []
    for device in facts.devices.joined() + (options.privileged ? facts.allDevices : [])
    where !result.contains(where: { $0.path == device.path }) {
      result.append(device)
    }
    return result
  }

  private func resources() throws(EngineError) -> Resources {
    var resources = Resources()
    // In a user namespace there are no nodes but those that are bound, and the runtime cannot restrict them further.
    if !facts.isConfined { resources.devices = deviceRules() }
    if options.memory != MemoryResources() {
      resources.memory = options.memory
      resources.memory?.swap = try swap()
    }
    if options.cpu != CPUResources() {
      resources.cpu = options.cpu
      if options.cpu.quota != nil, options.cpu.period == nil {
        resources.cpu?.period = CPUText.periodMicroseconds
      }
    }
    // Who has no cgroups shall not need one for a limit that nobody asked for.
    if let limit = options.pidsLimit ?? (facts.isConfined ? nil : Self.defaultPidsLimit) {
      resources.pids = PidsResources(limit: limit)
    }
    if let weight = options.blockIOWeight {
      resources.blockIO = BlockIOResources()
      resources.blockIO?.weight = weight
    }
    return resources
  }

  /// Memory and swap together. Docker's rule: without --memory-swap, as much swap as memory.
  private func swap() throws(EngineError) -> Int64? {
    guard facts.accountsSwap else {
      // Any amount of swap is what the kernel gives anyway.
      guard options.memory.swap ?? -1 == -1 else {
        throw EngineError(
          "--memory-swap: this kernel does not account swap; boot it with swapaccount=1, or leave it out")
      }
      return nil
    }
    if let asked = options.memory.swap { return asked }
    guard let limit = options.memory.limit else { return nil }
    let (double, overflow) = limit.multipliedReportingOverflow(by: 2)
    return overflow ? -1 : double
  }

  /// Enough for any service, too few to take the host down.
  static let defaultPidsLimit: Int64 = 2048

  private func deviceRules() -> [DeviceRule] {
    if options.privileged { return [DeviceRule(allow: true, type: .all, access: .all)] }
    var rules = DefaultMounts.deviceRules
    for (request, nodes) in zip(options.devices, facts.devices) {
      for node in nodes {
        rules.append(
          DeviceRule(
            allow: true, type: node.type == .block ? .block : .character, major: node.major,
            minor: node.minor,
            access: request.access))
      }
    }
    return rules
  }

  /// Masks and read-only paths, as `systempaths`, `mask` and `unmask` change them.
  private func hidePaths(_ linux: inout LinuxConfig) throws(EngineError) {
    let security = options.security
    let showsAll = options.privileged || security.systemPathsUnconfined || security.unmask.contains("ALL")
    if !showsAll {
      linux.maskedPaths = DefaultMounts.maskedPaths + facts.thermalThrottlePaths
      linux.readonlyPaths = DefaultMounts.readOnlyPaths
    }
    for path in security.unmask where path != "ALL" && !showsAll {
      let wasHidden = linux.maskedPaths.contains(path) || linux.readonlyPaths.contains(path)
      guard wasHidden else {
        throw EngineError("--security-opt unmask=\(path): this path is neither masked nor read-only")
      }
      linux.maskedPaths.removeAll { $0 == path }
      linux.readonlyPaths.removeAll { $0 == path }
    }
    for path in security.mask where !linux.maskedPaths.contains(path) { linux.maskedPaths.append(path) }
  }

  /// The root must pass on what its mounts exchange with the host.
  private func rootPropagation() throws(EngineError) -> Propagation? {
    var result: Propagation?
    for mount in options.mounts {
      switch mount.propagation {
      case .shared, .rshared:
        if facts.needsOverlay(options) {
          throw EngineError(
            "\(mount.origin): a shared mount needs a root directory that is used in place, because a layered root "
              + "lives in a mount namespace of its own")
        }
        result = .shared
      case .slave, .rslave: result = result ?? .rslave
      default: break
      }
    }
    return result
  }
}
