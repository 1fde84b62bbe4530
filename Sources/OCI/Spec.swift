// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A container's configuration: the content of `config.json` (runtime-spec 1.3.0, `config.md`).
///
/// An absent string, `null` and `""` mean the same for every optional string of these types: Go programs, which
/// write most of these documents, cannot tell them apart.
public struct Spec: Equatable, Sendable {
  /// The version of the runtime specification that the document follows, a SemVer 2.0 string.
  public var ociVersion: String
  public var root: Root?
  public var process: Process?
  /// At most 64 bytes; needs a UTS namespace.
  public var hostname: String?
  /// At most 64 bytes; needs a UTS namespace.
  public var domainname: String?
  /// In the order in which they are mounted.
  public var mounts: [Mount] = []
  public var hooks: Hooks?
  /// In document order, keys unique and not empty.
  public var annotations: [KeyValue] = []
  public var linux: LinuxConfig?

  public init(ociVersion: String, root: Root? = nil, process: Process? = nil, linux: LinuxConfig? = nil) {
    self.ociVersion = ociVersion
    self.root = root
    self.process = process
    self.linux = linux
  }
}

/// The container's root file system (`config.md`, "Root").
public struct Root: Equatable, Sendable {
  /// Absolute, or relative to the bundle.
  public var path: String
  public var readonly: Bool

  public init(path: String, readonly: Bool = false) {
    self.path = path
    self.readonly = readonly
  }
}

/// One file system to mount (`config.md`, "Mounts").
public struct Mount: Equatable, Sendable {
  /// Where it appears, as written; a relative path (deprecated) counts from `/`.
  public var destination: String
  public var type: String?
  /// A device, a file system's name, or for bind mounts a path, absolute or relative to the bundle.
  public var source: String?
  /// Flags and file system data in fstab's form, uninterpreted.
  public var options: [String]
  /// For idmapped mounts. Both lists are given, or neither.
  public var uidMappings: [IDMapping]
  public var gidMappings: [IDMapping]

  public init(
    destination: String, type: String? = nil, source: String? = nil, options: [String] = [],
    uidMappings: [IDMapping] = [], gidMappings: [IDMapping] = []
  ) {
    self.destination = destination
    self.type = type
    self.source = source
    self.options = options
    self.uidMappings = uidMappings
    self.gidMappings = gidMappings
  }
}

/// Programs to run at points of the container's life (`config.md`, "POSIX-platform Hooks"), each list in its order.
public struct Hooks: Equatable, Sendable {
  /// Deprecated by the specification; runs with `createRuntime`, before it.
  public var prestart: [Hook] = []
  public var createRuntime: [Hook] = []
  public var createContainer: [Hook] = []
  public var startContainer: [Hook] = []
  public var poststart: [Hook] = []
  public var poststop: [Hook] = []

  public init() {}

  public var isEmpty: Bool {
    prestart.isEmpty && createRuntime.isEmpty && createContainer.isEmpty && startContainer.isEmpty
      && poststart.isEmpty && poststop.isEmpty
  }
}

/// One program of ``Hooks``; it reads the container's ``State`` as JSON from its standard input.
public struct Hook: Equatable, Sendable {
  /// Absolute.
  public var path: String
  /// The program's arguments as in execv(3): the first is its name. Empty: the runtime uses the path.
  public var args: [String]
  /// `KEY=VALUE`; the hook gets these and nothing of the runtime's environment.
  public var env: [String]
  /// Seconds after which the hook is killed, 1 or more. `nil`: none.
  public var timeout: UInt32?

  public init(path: String, args: [String] = [], env: [String] = [], timeout: UInt32? = nil) {
    self.path = path
    self.args = args
    self.env = env
    self.timeout = timeout
  }
}
