// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Limits and rules of the container's cgroup (`config-linux.md`, "Control groups"). `nil` leaves a value alone.
public struct Resources: Equatable, Sendable {
  /// Applied in order; a later rule overrules an earlier one.
  public var devices: [DeviceRule] = []
  public var memory: MemoryResources?
  public var cpu: CPUResources?
  public var pids: PidsResources?
  public var blockIO: BlockIOResources?
  public var hugepageLimits: [HugepageLimit] = []
  public var network: NetworkResources?
  /// In document order, one per device.
  public var rdma: [RdmaLimit] = []
  /// File names and contents of cgroup v2, in document order.
  public var unified: [KeyValue] = []

  public init() {}
}

/// One line of the list of devices that the container may use.
public struct DeviceRule: Equatable, Sendable {
  public var allow: Bool
  public var type: DeviceRuleType
  /// `nil`: every number.
  public var major: UInt32?
  /// `nil`: every number.
  public var minor: UInt32?
  public var access: DeviceAccess

  public init(
    allow: Bool, type: DeviceRuleType = .all, major: UInt32? = nil, minor: UInt32? = nil,
    access: DeviceAccess = .all
  ) {
    self.allow = allow
    self.type = type
    self.major = major
    self.minor = minor
    self.access = access
  }
}

/// What a ``DeviceRule`` applies to.
public enum DeviceRuleType: String, CaseIterable, Sendable {
  /// Both kinds and, as the kernel has it, every number.
  case all = "a"
  case block = "b"
  case character = "c"
}

/// What a ``DeviceRule`` allows or forbids.
public struct DeviceAccess: OptionSet, Sendable, CustomStringConvertible {
  public let rawValue: UInt8

  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  public static let read = DeviceAccess(rawValue: 1)
  public static let write = DeviceAccess(rawValue: 2)
  public static let mknod = DeviceAccess(rawValue: 4)
  public static let all: DeviceAccess = [.read, .write, .mknod]

  /// The kernel's letters: a part of `rwm`, in that order.
  public var description: String {
    (contains(.read) ? "r" : "") + (contains(.write) ? "w" : "") + (contains(.mknod) ? "m" : "")
  }
}

/// Memory in bytes; -1 is "no limit".
public struct MemoryResources: Equatable, Sendable {
  public var limit: Int64?
  public var reservation: Int64?
  /// Memory and swap together.
  public var swap: Int64?
  /// Deprecated, cgroup v1 only.
  public var kernel: Int64?
  /// Cgroup v1 only.
  public var kernelTCP: Int64?
  /// 0 to 100, cgroup v1 only.
  public var swappiness: UInt64?
  public var disableOOMKiller: Bool?
  public var useHierarchy: Bool?
  /// Refuse a limit below the present use instead of killing for it.
  public var checkBeforeUpdate: Bool?

  public init() {}
}

/// Processor time and placement. Times are microseconds.
public struct CPUResources: Equatable, Sendable {
  /// A relative weight. The kernel's range is 2 to 262144, values outside it are clamped; 0 leaves it alone.
  public var shares: UInt64?
  /// Time per period; -1 is "no limit".
  public var quota: Int64?
  public var burst: UInt64?
  public var period: UInt64?
  /// Cgroup v1 only.
  public var realtimeRuntime: Int64?
  /// Cgroup v1 only.
  public var realtimePeriod: UInt64?
  /// A list of processors like `0-3,7`.
  public var cpus: String?
  /// A list of memory nodes.
  public var mems: String?
  /// 1: run only when nothing else does (`SCHED_IDLE`); 0: normal.
  public var idle: Int64?

  public init() {}
}

/// The number of tasks.
public struct PidsResources: Equatable, Sendable {
  /// -1 is "no limit"; 0 is a limit like any other since runtime-spec 1.3.0.
  public var limit: Int64?

  public init(limit: Int64? = nil) {
    self.limit = limit
  }
}

/// Block device bandwidth.
public struct BlockIOResources: Equatable, Sendable {
  /// 10 to 1000; 0 leaves it alone.
  public var weight: UInt16?
  /// 10 to 1000, cgroup v1 only.
  public var leafWeight: UInt16?
  public var weightDevice: [WeightDevice] = []
  /// Bytes per second.
  public var throttleReadBpsDevice: [ThrottleDevice] = []
  /// Bytes per second.
  public var throttleWriteBpsDevice: [ThrottleDevice] = []
  /// Operations per second.
  public var throttleReadIOPSDevice: [ThrottleDevice] = []
  /// Operations per second.
  public var throttleWriteIOPSDevice: [ThrottleDevice] = []

  public init() {}
}

/// A device's own weight.
public struct WeightDevice: Equatable, Sendable {
  public var major: UInt32
  public var minor: UInt32
  /// 10 to 1000.
  public var weight: UInt16?
  /// 10 to 1000, cgroup v1 only.
  public var leafWeight: UInt16?

  public init(major: UInt32, minor: UInt32, weight: UInt16? = nil, leafWeight: UInt16? = nil) {
    self.major = major
    self.minor = minor
    self.weight = weight
    self.leafWeight = leafWeight
  }
}

/// A device's limit, in the unit of the list that it stands in.
public struct ThrottleDevice: Equatable, Sendable {
  public var major: UInt32
  public var minor: UInt32
  public var rate: UInt64

  public init(major: UInt32, minor: UInt32, rate: UInt64) {
    self.major = major
    self.minor = minor
    self.rate = rate
  }
}

/// The use of huge pages of one size.
public struct HugepageLimit: Equatable, Sendable {
  /// As in the names of the cgroup files: `2MB`, `64KB`, `1GB`.
  public var pageSize: String
  /// Bytes.
  public var limit: UInt64

  public init(pageSize: String, limit: UInt64) {
    self.pageSize = pageSize
    self.limit = limit
  }
}

/// Marks and priorities of network packets, cgroup v1 only.
public struct NetworkResources: Equatable, Sendable {
  public var classID: UInt32?
  public var priorities: [InterfacePriority] = []

  public init() {}
}

/// The priority of what is sent over one interface.
public struct InterfacePriority: Equatable, Sendable {
  public var name: String
  public var priority: UInt32

  public init(name: String, priority: UInt32) {
    self.name = name
    self.priority = priority
  }
}

/// The use of one RDMA device; at least one number is given.
public struct RdmaLimit: Equatable, Sendable {
  /// The key in `linux.resources.rdma`.
  public var device: String
  public var hcaHandles: UInt32?
  public var hcaObjects: UInt32?

  public init(device: String, hcaHandles: UInt32? = nil, hcaObjects: UInt32? = nil) {
    self.device = device
    self.hcaHandles = hcaHandles
    self.hcaObjects = hcaObjects
  }
}
