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
    var result = DefaultMounts.mounts(for: options).filter { mount in
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
    for mount in options.mounts where mount.createsSource {
      if let path = mount.hostPath(workingDirectory: facts.workingDirectory) {
        steps.append(.createBindSource(path: path, origin: mount.origin))
      }
    }
    let taken = options.mounts.map(\.destination)
    for (name, text) in ownFiles() where !taken.contains("/etc/\(name)") {
      steps.append(.writeFile(name: name, text: text))
    }
    if facts.needsOverlay(options) {
      for name in [FileName.root, FileName.upper, FileName.work] {
        steps.append(.createDirectory(name: name, mode: 0o755))
      }
      steps.append(.unshareMounts)
      steps.append(
        .mountOverlay(
          lower: facts.rootPath, upper: FileName.upper, work: FileName.work, target: FileName.root,
          volatile: options.removesAfterwards))
    }
    return steps
  }

  private func ownFiles() -> [(String, String)] {
    [
      (FileName.resolver, HostFiles.resolver(network: network, hostText: facts.resolverFile)),
      (FileName.hostname, hostname + "\n"),
      (
        FileName.hosts,
        HostFiles.hosts(name: hostname, network: network, extra: options.hosts, hostText: facts.hostsFile)
      ),
    ]
  }
}
