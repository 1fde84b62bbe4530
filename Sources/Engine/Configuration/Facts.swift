// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import OCI

/// What building a container's configuration has to know about the host, the root and the caller. A plain value, so
/// that the whole configuration can be computed, tested and explained without a host.
public struct Facts: Equatable, Sendable {
  /// The container's id, 64 hexadecimal digits.
  public var id: String
  /// The container's directory of state and bundle, absolute.
  public var directory: String
  /// Where relative paths of the command line count from, absolute.
  public var workingDirectory: String
  /// The caller's environment, for `--env KEY`.
  public var environment: [String: String] = [:]
  /// What the `--env-file` files say, in their order.
  public var environmentFiles: [EnvironmentEntry] = []
  /// The root file system on the host, absolute: the directory itself, or the lower layer of an overlay.
  public var rootPath: String
  /// Whether the root is shared between containers, so that this one needs a layer of its own.
  public var rootIsShared = false
  /// What the store of unpacked roots calls it; nil for a directory that is used in place.
  public var rootDigest: String?
  /// What to run when the command line names nothing.
  public var defaultCommand: [String] = []
  public var users = UserDatabase()
  /// The engine's own bounding set: bit n is capability n.
  public var capabilities: UInt64 = (1 << 41) - 1
  /// For each `--device`, the nodes that it stands for, with their paths in the container.
  public var devices: [[Device]] = []
  /// All device nodes of the host, for `--privileged`.
  public var allDevices: [Device] = []
  /// The kernel's directories of thermal throttling, which tell about the load of others.
  public var thermalThrottlePaths: [String] = []
  /// Whether the runtime knows the mount option `rro`.
  public var canReadOnlyRecursively = true
  /// Whether the kernel accounts swap, so that `--memory-swap` can be applied.
  public var accountsSwap = true
  /// The profile that `--security-opt seccomp=` chose, or the built-in one.
  public var seccomp: SeccompProfile?
  /// The host's own name.
  public var hostName = "localhost"
  public var network = NetworkFacts()
  /// `/etc/hosts` and `/etc/resolv.conf` of whose network the container sees.
  public var hostsFile = ""
  public var resolverFile = ""
  /// The size of the caller's terminal, for `--tty`.
  public var consoleSize: ConsoleSize?
  /// Our own executable, for `--init`.
  public var executable = ""
  /// The ids that containers of this caller can have; nil for the machine's root, who has all. Who has not, has neither
  /// cgroups nor device nodes of their own.
  public var ownMaps: IdentityMaps?
  /// The maps of a user namespace of the container's own; nil where it lives in the engine's.
  public var userNamespace: IdentityMaps?

  public init(id: String, directory: String, workingDirectory: String, rootPath: String) {
    self.id = id
    self.directory = directory
    self.workingDirectory = workingDirectory
    self.rootPath = rootPath
  }

  /// Whether the kernel keeps from the engine what belongs to the machine.
  public var isConfined: Bool { ownMaps != nil }

  /// The ids that exist in the container; nil for all.
  var maps: IdentityMaps? { userNamespace ?? ownMaps }

  /// Whether the container writes to a layer of its own above the root.
  public func needsOverlay(_ options: RunOptions) -> Bool { rootIsShared || options.usesOverlay }
}
