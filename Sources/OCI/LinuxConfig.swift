// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What is particular to Linux (`config-linux.md`).
public struct LinuxConfig: Equatable, Sendable {
  /// No type twice. A type that is absent is inherited from the runtime.
  public var namespaces: [Namespace] = []
  public var uidMappings: [IDMapping] = []
  public var gidMappings: [IDMapping] = []
  public var timeOffsets: TimeOffsets?
  public var devices: [Device] = []
  public var netDevices: [NetDevice] = []
  /// A path below the cgroup mount points, or systemd's `slice:prefix:name`.
  public var cgroupsPath: String?
  public var resources: Resources?
  public var seccomp: SeccompProfile?
  public var rootfsPropagation: Propagation?
  /// Absolute paths inside the container that become unreadable.
  public var maskedPaths: [String] = []
  /// Absolute paths inside the container that become read-only.
  public var readonlyPaths: [String] = []
  /// Keys with dots or slashes, as written, in document order.
  public var sysctl: [KeyValue] = []
  /// The SELinux context of the container's mounts.
  public var mountLabel: String?
  public var personality: Personality?
  public var intelRdt: IntelRdt?
  public var memoryPolicy: MemoryPolicy?

  public init(namespaces: [Namespace] = []) {
    self.namespaces = namespaces
  }

  /// The entry for a type of namespace, `nil` where the container shares the runtime's.
  public func namespace(_ type: NamespaceType) -> Namespace? {
    namespaces.first { $0.type == type }
  }
}

/// A namespace to create or to join.
public struct Namespace: Equatable, Sendable {
  public var type: NamespaceType
  /// An absolute path of an existing namespace to join. `nil`: a new one.
  public var path: String?

  public init(_ type: NamespaceType, path: String? = nil) {
    self.type = type
    self.path = path
  }
}

/// Types of namespaces(7), in the specification's words.
public enum NamespaceType: String, CaseIterable, Sendable {
  case pid, network, mount, ipc, uts, user, cgroup, time
}

/// A range of ids of a user namespace, see user_namespaces(7).
public struct IDMapping: Equatable, Sendable {
  public var containerID: UInt32
  public var hostID: UInt32
  /// At least 1.
  public var size: UInt32

  public init(containerID: UInt32, hostID: UInt32, size: UInt32) {
    self.containerID = containerID
    self.hostID = hostID
    self.size = size
  }

  /// Whether these maps show one user and one group, which anybody may do with their own ids; all others need
  /// privileges, or newuidmap(1) and newgidmap(1).
  public static func areOwn(_ users: [IDMapping], _ groups: [IDMapping]) -> Bool {
    func isOne(_ mappings: [IDMapping]) -> Bool {
      mappings.count <= 1 && mappings.allSatisfy { $0.size == 1 }
    }
    return isOne(users) && isOne(groups)
  }
}

/// The clocks of a new time namespace, see time_namespaces(7).
public struct TimeOffsets: Equatable, Sendable {
  public var monotonic: TimeOffset?
  public var boottime: TimeOffset?

  public init(monotonic: TimeOffset? = nil, boottime: TimeOffset? = nil) {
    self.monotonic = monotonic
    self.boottime = boottime
  }
}

/// What is added to a clock: `secs` may be negative, `nanosecs` is 0 to 999999999.
public struct TimeOffset: Equatable, Sendable {
  public var secs: Int64
  public var nanosecs: UInt32

  public init(secs: Int64 = 0, nanosecs: UInt32 = 0) {
    self.secs = secs
    self.nanosecs = nanosecs
  }
}

/// A device node that the container must have.
public struct Device: Equatable, Sendable {
  public var type: DeviceType
  /// Absolute, inside the container, anywhere.
  public var path: String
  /// 0 to 4095; 0 for a FIFO.
  public var major: UInt32
  /// 0 to 1048575; 0 for a FIFO.
  public var minor: UInt32
  /// Permission bits, 0 to 0o7777.
  public var fileMode: UInt32?
  public var uid: UInt32?
  public var gid: UInt32?

  public init(
    type: DeviceType, path: String, major: UInt32 = 0, minor: UInt32 = 0, fileMode: UInt32? = nil,
    uid: UInt32? = nil, gid: UInt32? = nil
  ) {
    self.type = type
    self.path = path
    self.major = major
    self.minor = minor
    self.fileMode = fileMode
    self.uid = uid
    self.gid = gid
  }
}

/// Types of mknod(1).
public enum DeviceType: String, CaseIterable, Sendable {
  case block = "b"
  case character = "c"
  /// The same as `character` on Linux.
  case unbuffered = "u"
  case fifo = "p"
}

/// A network device to move from the runtime's network namespace to the container's.
public struct NetDevice: Equatable, Sendable {
  /// The key in `linux.netDevices`.
  public var hostName: String
  /// The name in the container, possibly with one `%d`. `nil`: the same.
  public var name: String?

  public init(hostName: String, name: String? = nil) {
    self.hostName = hostName
    self.name = name
  }
}

/// How mounts and unmounts travel between the container's root and the host, see mount_namespaces(7).
public enum Propagation: String, CaseIterable, Sendable {
  case `private`, rprivate, shared, rshared, slave, rslave, unbindable, runbindable
}

/// The execution domain, see personality(2).
public struct Personality: Equatable, Sendable {
  public var domain: PersonalityDomain
  /// The specification defines none yet.
  public var flags: [String]

  public init(domain: PersonalityDomain, flags: [String] = []) {
    self.domain = domain
    self.flags = flags
  }
}

/// The specification's execution domains.
public enum PersonalityDomain: String, CaseIterable, Sendable {
  case linux = "LINUX"
  case linux32 = "LINUX32"
}

/// Cache and memory bandwidth of Intel's Resource Director Technology, see the kernel's `resctrl` documentation.
public struct IntelRdt: Equatable, Sendable {
  /// The name of the control group; `/` is the default group. `nil`: the container's id.
  public var closID: String?
  /// Lines for the `schemata` file, written after the two below.
  public var schemata: [String] = []
  public var l3CacheSchema: String?
  public var memBwSchema: String?
  public var enableMonitoring = false

  public init() {}
}

/// The NUMA policy of the process, see set_mempolicy(2).
public struct MemoryPolicy: Equatable, Sendable {
  public var mode: MemoryPolicyMode
  /// A list of nodes like `0-1,3`.
  public var nodes: String?
  public var flags: [MemoryPolicyFlag]

  public init(mode: MemoryPolicyMode, nodes: String? = nil, flags: [MemoryPolicyFlag] = []) {
    self.mode = mode
    self.nodes = nodes
    self.flags = flags
  }
}

/// Modes of set_mempolicy(2).
public enum MemoryPolicyMode: String, CaseIterable, Sendable {
  case `default` = "MPOL_DEFAULT"
  case bind = "MPOL_BIND"
  case interleave = "MPOL_INTERLEAVE"
  case weightedInterleave = "MPOL_WEIGHTED_INTERLEAVE"
  case preferred = "MPOL_PREFERRED"
  case preferredMany = "MPOL_PREFERRED_MANY"
  case local = "MPOL_LOCAL"
}

/// Flags of set_mempolicy(2).
public enum MemoryPolicyFlag: String, CaseIterable, Sendable {
  case numaBalancing = "MPOL_F_NUMA_BALANCING"
  case relativeNodes = "MPOL_F_RELATIVE_NODES"
  case staticNodes = "MPOL_F_STATIC_NODES"
}
