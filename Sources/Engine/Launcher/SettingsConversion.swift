// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import Explain
import JSON
import OCI

/// What a container directory is in other words.
public struct SettingsConversion: Sendable {
  /// The command line of `roost run` that makes the same container.
  public var command: String
  /// The OCI configuration, for every runtime, as JSON with a line feed at the end.
  public var configuration: String
  /// What the configuration lacks, one line each.
  public var omissions: [String]
}

extension ContainerEngine {
  /// Says what a container directory is in other words. Makes nothing, and needs no privileges.
  ///
  /// - Parameter directory: With a `settings` file and `chroot/`.
  /// - Throws: ``EngineError`` naming the file and the line.
  public func convert(settings directory: String) throws(EngineError) -> SettingsConversion {
    let settings = try LauncherSettings.read(directory)
    let flags = settings.flags + (settings.hasNetwork ? [] : ["--network", "none"])
    let words = ["roost", "run"] + flags + [settings.root] + settings.command
    var options = try RunOptions.parse([], behind: settings)
    // The engine would call it by its id, which it does not have yet.
    options.hostname = "container"
    let blueprint = try blueprint(options, root: try describeRoot(options.root))
    return SettingsConversion(
      command: words.map(shellQuoted).joined(separator: " "),
      configuration: String(decoding: try portable(blueprint.spec).encoded(.pretty), as: UTF8.self) + "\n",
      omissions: blueprint.network.isEmpty
        ? []
        : ["the configuration has a network namespace with nothing in it: bridge, ip and gw are roost's work"]
    )
  }

  /// A configuration without what is the engine's own: files of the container's directory, a network that it made, and a
  /// place in its part of the cgroups.
  private func portable(_ spec: Spec) throws(EngineError) -> Spec {
    var spec = spec
    let own = Store.path(of: Self.unnamed, location) + "/"
    spec.mounts.removeAll { $0.source?.utf8.starts(with: own.utf8) ?? false }
    guard var linux = spec.linux else { return spec }
    linux.cgroupsPath = nil
    for index in linux.namespaces.indices { linux.namespaces[index].path = nil }
    // An ordinary user's runtime makes the user namespace that the engine would have made.
    if let maps = try caller.identityMaps() {
      linux.namespaces.append(Namespace(.user))
      linux.uidMappings = maps.users
      linux.gidMappings = maps.groups
    }
    spec.linux = linux
    return spec
  }
}
