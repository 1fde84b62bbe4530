// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI

// Mounts, and what the engine prepares on the host.
extension SpecBuilder {
  /// Kernel file systems, the container's own files below `/etc`, then what the command line asks for, outer mounts
  /// before the ones inside them. A destination that the command line takes replaces what would be there otherwise.
  func mounts() -> [Mount] {
    let taken = options.mounts.map(\.destination)
    let ownDevices = taken.contains("/dev")
    var result = DefaultMounts.mounts(for: options, facts).filter { mount in
      !taken.contains(mount.destination) && !(ownDevices && mount.destination.hasPrefix("/dev/"))
    }
    let fileOptions =
      ["rbind", "rprivate", "nosuid", "nodev", "noexec"] + (options.readOnlyRoot ? ["ro"] : [])
    for name in [FileName.resolver, FileName.hostname, FileName.hosts] where !taken.contains("/etc/\(name)") {
      result.append(
        Mount(
          destination: "/etc/\(name)", type: "bind", source: "\(facts.directory)/\(name)",
          options: fileOptions))
    }
    if options.usesInit {
      result.append(
        Mount(
          destination: Self.initPath, type: "bind", source: facts.executable,
          options: ["bind", "rprivate", "ro", "nosuid", "nodev"]))
    }
    return result + requestedMounts()
  }

  private func requestedMounts() -> [Mount] {
    func depth(_ mount: MountRequest) -> Int { mount.destination.utf8.count { $0 == Byte.slash } }
    let ordered = options.mounts.enumerated().sorted {
      (depth($0.element), $0.offset) < (depth($1.element), $1.offset)
    }
    return ordered.map { _, request in
      request.mount(
        workingDirectory: facts.workingDirectory, canReadOnlyRecursively: facts.canReadOnlyRecursively)
    }
  }

  func preparations() throws(EngineError) -> [Preparation] {
    var steps: [Preparation] = []
    if let maps = facts.ownMaps { steps.append(.enterUserNamespace(maps)) }
    for mount in options.mounts where mount.createsSource {
      if let path = mount.hostPath(workingDirectory: facts.workingDirectory) {
        steps.append(.createBindSource(path: path, origin: mount.origin))
      }
    }
    let taken = options.mounts.map(\.destination)
    for (name, text) in ownFiles() {
      // What the name server knows, the container need not see.
      let isNeeded = name == FileName.hosts && facts.network.hasNameServer
      if isNeeded || !taken.contains("/etc/\(name)") { steps.append(.writeFile(name: name, text: text)) }
    }
    return steps + rootPreparations()
  }

  /// What the engine mounts for the root: its files with the ids of the container's user namespace, and a layer above.
  private func rootPreparations() -> [Preparation] {
    let hasLayer = facts.needsOverlay(options)
    if !hasLayer && facts.userNamespace == nil { return [] }
    var names = [FileName.root]
    if hasLayer { names += [FileName.upper, FileName.work] }
    if hasLayer && facts.userNamespace != nil { names.append(FileName.lower) }
    var steps = names.map { Preparation.createDirectory(name: $0, mode: 0o755) }
    steps.append(.unshareMounts)
    if let maps = facts.userNamespace {
      steps.append(
        .mountMapped(source: facts.rootPath, target: hasLayer ? FileName.lower : FileName.root, maps))
    }
    if hasLayer {
      let lower = facts.userNamespace == nil ? facts.rootPath : "\(facts.directory)/\(FileName.lower)"
      steps.append(
        .mountOverlay(
          lower: lower, upper: FileName.upper, work: FileName.work, target: FileName.root,
          volatile: options.removesAfterwards))
    }
    return steps
  }

  private func ownFiles() -> [(String, String)] {
    [
      (
        FileName.resolver,
        HostFiles.resolver(
          mode: network, network: facts.network, options: options.interface, hostText: facts.resolverFile)
      ),
      (FileName.hostname, hostname + "\n"),
      (
        FileName.hosts,
        HostFiles.hosts(
          name: hostname, mode: network, network: facts.network, extra: options.hosts,
          hostText: facts.hostsFile)
      ),
    ]
  }
}
