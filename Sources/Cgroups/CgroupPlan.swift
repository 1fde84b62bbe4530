// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import OCI

/// What is done to the host's cgroups for one container: a value, made without touching the kernel.
public struct CgroupPlan: Equatable, Sendable {
  /// One per hierarchy, in the order of creation.
  public var directories: [CgroupDirectory]
  /// What the configuration asks for and this host's version of cgroups has no use for.
  public var notes: [CgroupNote]
  /// The unit that systemd makes the cgroups for; nil where the runtime makes them. The paths of ``directories`` are
  /// then what is expected of the system's manager, and ``startScope(_:pid:)`` finds out what they are.
  public var scope: ScopePlan?

  /// - Parameters:
  ///   - resources: `linux.resources`. What is not set is not written.
  ///   - cgroupsPath: `linux.cgroupsPath`: from the root of each hierarchy when absolute, otherwise below the caller's
  ///     own cgroup (beside it on version 2, whose inner cgroups may have no processes).
  ///   - id: the container's, which names the cgroup when there is no path.
  ///   - host: from ``CgroupHost/detect()``.
  /// - Throws: for values that no kernel accepts, fields whose controller is absent, and paths with `..`.
  public init(
    resources: Resources?, cgroupsPath: String?, id: String, host: CgroupHost,
    options: CgroupOptions = CgroupOptions()
  ) throws(CgroupError) {
    var planner = ResourcePlanner(host: host, purpose: .creation)
    if options.systemd != nil { planner.admitsNoTask = false }
    try planner.add(resources, options: options)
    var path: CgroupPath
    if let systemd = options.systemd {
      let name = try ScopeName(cgroupsPath, id: id, manager: systemd.manager)
      let rules = resources?.devices ?? []
      let hasRules = options.appliesDevices && !(rules.isEmpty && options.defaultDevices.isEmpty)
      scope = try ScopePlan(
        cgroupsPath, id: id, resources, systemd, isV2: host.layout == .v2,
        devices: hasRules ? try DeviceRuleList(rules, defaults: options.defaultDevices) : nil)
      path = try CgroupPath(name.path, id: id)
    } else {
      path = try CgroupPath(cgroupsPath, id: id)
    }
    directories = []
    directories.reserveCapacity(host.hierarchies.count)
    for (index, hierarchy) in host.hierarchies.enumerated() {
      var directory = CgroupDirectory(hierarchy: hierarchy, path: try path.resolved(in: hierarchy))
      directory.mayBeFrozen = path.isAbsolute && path.relative.utf8.contains(UInt8(ascii: "/"))
      planner.move(index, to: &directory)
      if hierarchy.version == .v2 && options.accounting {
        directory.accounting =
          options.isManagedInside
          ? hierarchy.controllers : hierarchy.controllers.intersection([.cpu, .io, .memory, .pids])
      }
      if host.layout == .v2 { directory.owner = options.owner }
      directories.append(directory)
    }
    notes = planner.notes
  }

  /// What the container's state records before any of this is done, so that it can be undone.
  public var records: [CgroupRecord] {
    directories.map {
      CgroupRecord(
        hierarchy: $0.hierarchy.name, mountPoint: $0.hierarchy.mountPoint, path: $0.path, createdFrom: "")
    }
  }
}

/// Choices that are the caller's, not the configuration's.
public struct CgroupOptions: Equatable, Sendable {
  /// Applied after `linux.resources.devices`: the devices that every container may use.
  public var defaultDevices: [DeviceRule] = []
  /// False where devices cannot be restricted and need not be, as in a user namespace.
  public var appliesDevices = true
  /// On version 2, enable the controllers that statistics need where that is possible, even without a limit.
  public var accounting = true
  /// The container may make cgroups below its own, for which it gets all controllers that there are.
  public var isManagedInside = false
  /// Let systemd make the cgroups; nil makes them as directories.
  public var systemd: SystemdOptions?
  /// On version 2 alone: the user of the host to whom the cgroup is given; nil: to nobody.
  public var owner: UInt32?

  public init() {}
}

/// The container's cgroup in one hierarchy.
public struct CgroupDirectory: Equatable, Sendable {
  public var hierarchy: CgroupHierarchy
  /// Below the mount point, starting with `/`.
  public var path: String
  /// On version 2: without these controllers a write below cannot be done.
  public var required: CgroupControllers = []
  /// On version 2: enabled where possible.
  public var accounting: CgroupControllers = []
  /// In order, after the directory is there and before a process enters.
  public var actions: [CgroupAction] = []
  /// On version 2: the program that decides on every use of a device.
  public var deviceProgram: DeviceProgram?
  /// On version 2: the user of the host who gets the cgroup, see ``delegate(_:_:to:)``.
  public var owner: UInt32?
  /// Whether a parent may be frozen; the caller's own cgroup is not, as the caller runs.
  var mayBeFrozen = false

  public init(hierarchy: CgroupHierarchy, path: String) {
    self.hierarchy = hierarchy
    self.path = path
  }

  /// How a process enters.
  public enum Entrance: Sendable {
    /// The single-threaded process writes `0` to `tasks`: that takes no global lock and waits for no RCU grace
    /// period, as writing to `cgroup.procs` does.
    case tasks
    /// The process is cloned into the directory (`CLONE_INTO_CGROUP`, Linux 5.7).
    case clone
  }

  public var entrance: Entrance { hierarchy.version == .v1 ? .tasks : .clone }

  /// The directory's path on the host.
  public var hostPath: String { hierarchy.mountPoint + path }
}

/// One step inside a new cgroup.
public enum CgroupAction: Equatable, Sendable {
  /// Copies the parent's value when the cgroup's own is empty: no task may enter a cpuset without processors.
  case inherit(file: String)
  case write(FileWrite)

  var isLate: Bool {
    if case .write(let write) = self { return write.isLate }
    return false
  }
}

/// One value for one file of a cgroup.
public struct FileWrite: Equatable, Sendable {
  /// A name without slashes.
  public var file: String
  public var value: String
  /// The JSON pointer of the field that asks for it.
  public var field: String
  /// Tried in order where ``file`` does not exist: schedulers and kernels name some files differently.
  public var alternatives: [Alternative] = []
  /// Whether nothing is lost where no such file exists.
  public var isOptional = false
  /// The kernel checks this value against others. Where it answers `EINVAL`, the write is repeated after those that
  /// follow, so that both rising and falling limits find an order that works.
  public var isOrdered = false
  /// Written only when the container's process is in the cgroup.
  public var isLate = false

  public init(_ file: String, _ value: String, field: String) {
    self.file = file
    self.value = value
    self.field = field
  }

  /// Another name for the same setting, with the value in that file's terms.
  public struct Alternative: Equatable, Sendable {
    public var file: String
    public var value: String

    public init(_ file: String, _ value: String) {
      self.file = file
      self.value = value
    }
  }
}

/// A field that has no effect on this host, and why.
public struct CgroupNote: Equatable, Sendable {
  public var field: String
  public var message: String
}

/// What the container's state keeps of one cgroup.
public struct CgroupRecord: Equatable, Sendable {
  /// ``CgroupHierarchy/name``.
  public var hierarchy: String
  public var mountPoint: String
  /// Below the mount point, starting with `/`.
  public var path: String
  /// The topmost directory that was made for the container, at or above ``path``: removal goes up to here.
  /// Empty: only ``path`` itself is the container's.
  public var createdFrom: String

  public init(hierarchy: String, mountPoint: String, path: String, createdFrom: String = "") {
    self.hierarchy = hierarchy
    self.mountPoint = mountPoint
    self.path = path
    self.createdFrom = createdFrom
  }

  public var version: CgroupVersion { hierarchy == CgroupHierarchy.unifiedName ? .v2 : .v1 }

  /// The directory's path on the host.
  public var hostPath: String { mountPoint + path }

  /// The controllers of a hierarchy of version 1; empty for version 2, where they are the directory's own matter.
  public var controllers: CgroupControllers {
    if version == .v2 || hierarchy.utf8.starts(with: "name=".utf8) { return [] }
    return CgroupControllers(list: hierarchy.utf8, separator: UInt8(ascii: ","))
  }
}
