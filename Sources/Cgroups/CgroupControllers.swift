// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A set of the kernel's cgroup controllers. The same controller has the same bit on both versions, whatever it is
/// called there (`blkio` of v1 is `io` of v2).
public struct CgroupControllers: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let cpuset = CgroupControllers(rawValue: 1 << 0)
  public static let cpu = CgroupControllers(rawValue: 1 << 1)
  /// Version 1 only; version 2 accounts for processor time everywhere.
  public static let cpuacct = CgroupControllers(rawValue: 1 << 2)
  /// `blkio` on version 1.
  public static let io = CgroupControllers(rawValue: 1 << 3)
  public static let memory = CgroupControllers(rawValue: 1 << 4)
  /// Version 1 only; version 2 runs a BPF program instead.
  public static let devices = CgroupControllers(rawValue: 1 << 5)
  /// Version 1 only; every cgroup of version 2 can be frozen.
  public static let freezer = CgroupControllers(rawValue: 1 << 6)
  /// Version 1 only.
  public static let netCls = CgroupControllers(rawValue: 1 << 7)
  public static let perfEvent = CgroupControllers(rawValue: 1 << 8)
  /// Version 1 only.
  public static let netPrio = CgroupControllers(rawValue: 1 << 9)
  public static let hugetlb = CgroupControllers(rawValue: 1 << 10)
  public static let pids = CgroupControllers(rawValue: 1 << 11)
  public static let rdma = CgroupControllers(rawValue: 1 << 12)
  public static let misc = CgroupControllers(rawValue: 1 << 13)
  /// Version 2 only (Linux 6.14).
  public static let dmem = CgroupControllers(rawValue: 1 << 14)

  /// Every controller with its name on version 2 and, where that differs, on version 1.
  private static let table: [(CgroupControllers, String, String)] = [
    (.cpuset, "cpuset", "cpuset"), (.cpu, "cpu", "cpu"), (.cpuacct, "cpuacct", "cpuacct"),
    (.io, "io", "blkio"), (.memory, "memory", "memory"), (.devices, "devices", "devices"),
    (.freezer, "freezer", "freezer"), (.netCls, "net_cls", "net_cls"),
    (.perfEvent, "perf_event", "perf_event"), (.netPrio, "net_prio", "net_prio"),
    (.hugetlb, "hugetlb", "hugetlb"), (.pids, "pids", "pids"), (.rdma, "rdma", "rdma"),
    (.misc, "misc", "misc"), (.dmem, "dmem", "dmem"),
  ]

  /// The controller of this name on either version; empty for one that this module does not know.
  public init(name: some Sequence<UInt8>) {
    let entry = CgroupControllers.table.first {
      $0.1.utf8.elementsEqual(name) || $0.2.utf8.elementsEqual(name)
    }
    self = entry?.0 ?? []
  }

  /// The controllers named in a list such as `cpu,cpuacct` or `cpu io memory`.
  init(list: some Collection<UInt8>, separator: UInt8) {
    self = []
    for name in list.split(separator: separator) { formUnion(CgroupControllers(name: name)) }
  }

  /// The kernel's names, in the kernel's order.
  public func names(_ version: CgroupVersion) -> [String] {
    CgroupControllers.table.compactMap { entry in
      guard contains(entry.0) else { return nil }
      return version == .v1 ? entry.2 : entry.1
    }
  }
}

extension CgroupControllers: CustomStringConvertible {
  /// Names of version 2, separated by spaces.
  public var description: String { names(.v2).joined(separator: " ") }
}

/// The two interfaces of the kernel, see cgroups(7).
public enum CgroupVersion: Sendable {
  case v1
  case v2
}
