// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// One tree of cgroups: on version 1 there are several, each with its own controllers; on version 2 there is one.
public struct CgroupHierarchy: Equatable, Sendable {
  public var version: CgroupVersion
  /// How /proc/self/cgroup names it: `memory`, `cpu,cpuacct`, `name=systemd`; `unified` for version 2.
  public var name: String
  /// Of version 2: what the root of the tree offers; it may have to be enabled on the way down.
  public var controllers: CgroupControllers
  /// Where the tree is mounted, absolute, without a slash at the end.
  public var mountPoint: String
  /// The caller's own cgroup below the mount point: `/` or an absolute path. `nil` when it lies outside, as in a
  /// cgroup namespace whose root is elsewhere.
  public var ownPath: String?
  /// Where relative paths of containers start, if not at the place that follows from ``ownPath``.
  public var base: String?

  public init(
    _ version: CgroupVersion, name: String, controllers: CgroupControllers, mountPoint: String,
    ownPath: String? = "/"
  ) {
    self.version = version
    self.name = name
    self.controllers = controllers
    self.mountPoint = mountPoint
    self.ownPath = ownPath
  }

  /// The ``name`` of the tree of version 2.
  public static let unifiedName = "unified"
}

/// What a host offers: a plain value that ``detect()`` reads and tests construct.
public struct CgroupHost: Equatable, Sendable {
  /// In the order of /proc/self/cgroup.
  public var hierarchies: [CgroupHierarchy]

  public init(hierarchies: [CgroupHierarchy]) {
    self.hierarchies = hierarchies
  }

  /// The arrangement as a whole.
  public enum Layout: String, Sendable {
    /// Nothing is mounted: containers run without limits, and any limit is an error.
    case none
    case v1
    case v2
    /// Version 1 controllers and a tree of version 2 beside them, which owns whatever version 1 left.
    case hybrid
  }

  public var layout: Layout {
    let hasV2 = unified != nil
    if hierarchies.count == (hasV2 ? 1 : 0) { return hasV2 ? .v2 : .none }
    return hasV2 ? .hybrid : .v1
  }

  /// The index of the tree of version 2.
  public var unified: Int? { hierarchies.firstIndex { $0.version == .v2 } }

  /// The index of the tree that has all of these controllers. On a hybrid host a controller is in one tree only.
  public func index(of controllers: CgroupControllers) -> Int? {
    hierarchies.firstIndex { $0.controllers.isSuperset(of: controllers) }
  }
}
