// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What the caller of the runtime asked for, besides the configuration.
public struct CreateRequest: Equatable, Sendable {
  /// Whether the program starts at once or waits for `start`.
  public enum Operation: Equatable, Sendable {
    case create, run
  }

  public var operation: Operation
  public var id: String
  /// Absolute path of the bundle; relative paths in the configuration count from it.
  public var bundle: String
  /// Do not use pivot_root(2), for roots on an initial ramfs.
  public var noPivot = false
  /// Keep the caller's session keyring.
  public var noNewKeyring = false
  /// Descriptors from 3 on that reach the program.
  public var preserveDescriptors: UInt32 = 0
  /// How many of them are sockets that a service manager passed (sd_listen_fds(3)).
  public var listenDescriptors: UInt32 = 0
  /// Their names, as the service manager passes them on (`LISTEN_FDNAMES`); nil for none.
  public var listenNames: String?
  /// Whether a service manager wants to hear from the program (sd_notify(3)).
  public var notifies = false
  /// Whether to stop before each group of steps; only for `run`.
  public var pausesBetweenGroups = false

  public init(_ operation: Operation, id: String, bundle: String) {
    self.operation = operation
    self.id = id
    self.bundle = bundle
  }
}

/// What compiling has to know about the machine. A plain value: tests make their own.
public struct HostFacts: Equatable, Sendable {
  /// The effective user id of the runtime.
  public var effectiveUserID: UInt32
  /// The highest capability number that the kernel knows.
  public var lastCapability: Int
  /// Whether the runtime lives in a user namespace that an engine, or an outer container, has made for it. User 0 is
  /// then somebody ordinary, who can make namespaces and mounts, but neither device nodes nor cgroups.
  public var isInUserNamespace = false
  /// Whether setgroups(2) works in the runtime's user namespace.
  public var maySetGroups = true

  /// The version of Landlock; 0 for none. Asked only where rules depend on it.
  public var landlockVersion = 0

  /// Whether SELinux is enabled, so that labels mean something.
  public var hasSELinux: Bool

  public init(effectiveUserID: UInt32 = 0, lastCapability: Int = 40, hasSELinux: Bool = false) {
    self.effectiveUserID = effectiveUserID
    self.lastCapability = lastCapability
    self.hasSELinux = hasSELinux
  }

  /// Whether the runtime acts for an ordinary user, who can do only what a user namespace permits.
  public var isRootless: Bool { effectiveUserID != 0 }

  /// Whether the kernel keeps what belongs to the machine from the runtime: device nodes, and cgroups that nobody
  /// delegated.
  public var isConfined: Bool { isRootless || isInUserNamespace }
}
