// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import OCI

/// Turns `linux.resources` into writes, hierarchy by hierarchy. Each controller's rules are in an extension.
struct ResourcePlanner {
  enum Purpose: Equatable {
    case creation
    /// On a live cgroup: what a partial change leaves alone counts too.
    case update(LiveLimits)
  }

  let host: CgroupHost
  let purpose: Purpose
  private(set) var notes: [CgroupNote] = []
  private var plans: [HierarchyPlan]
  /// Whether a limit of no task at all is written as such.
  var admitsNoTask = true

  private struct HierarchyPlan {
    var actions: [CgroupAction] = []
    var required: CgroupControllers = []
    var program: DeviceProgram?
  }

  init(host: CgroupHost, purpose: Purpose) {
    self.host = host
    self.purpose = purpose
    plans = Array(repeating: HierarchyPlan(), count: host.hierarchies.count)
  }

  /// Hands over what was planned for one hierarchy.
  func move(_ index: Int, to directory: inout CgroupDirectory) {
    directory.actions = plans[index].actions
    directory.required = plans[index].required
    directory.deviceProgram = plans[index].program
  }

  mutating func add(_ resources: Resources?, options: CgroupOptions) throws(CgroupError) {
    if options.appliesDevices {
      try addDevices(resources?.devices ?? [], defaults: options.defaultDevices)
    }
    try addCpuset(resources?.cpu)
    guard let resources else { return }
    if let memory = resources.memory { try addMemory(memory) }
    if let cpu = resources.cpu { try addCPU(cpu) }
    if let pids = resources.pids { try addPids(pids) }
    if let blockIO = resources.blockIO { try addBlockIO(blockIO) }
    try addHugepages(resources.hugepageLimits)
    if let network = resources.network { try addNetwork(network) }
    try addRdma(resources.rdma)
    try addUnified(resources.unified)
  }

  /// Where a field's controller is.
  struct Place {
    var index: Int
    var version: CgroupVersion
  }

  /// - Throws: when the host has no such controller.
  func place(_ controller: CgroupControllers, field: String) throws(CgroupError) -> Place {
    if let index = host.index(of: controller) {
      return Place(index: index, version: host.hierarchies[index].version)
    }
    let name = controller.names(host.layout == .v2 ? .v2 : .v1).joined(separator: ",")
    throw CgroupError(
      .controllerAbsent, field: field,
      "the cgroup controller \(name) is not available on this host (\(layoutWords)): "
        + "enable it in the kernel or leave the limit out")
  }

  private var layoutWords: String {
    switch host.layout {
    case .none: "no cgroup file system is mounted"
    case .v1: "cgroup v1"
    case .v2: "cgroup v2"
    case .hybrid: "cgroup v1 and v2"
    }
  }

  mutating func write(_ write: FileWrite, at place: Place, _ controller: CgroupControllers) {
    plans[place.index].actions.append(.write(write))
    if place.version == .v2 { plans[place.index].required.formUnion(controller) }
  }

  mutating func inherit(_ file: String, at index: Int) {
    plans[index].actions.append(.inherit(file: file))
  }

  mutating func setProgram(_ program: DeviceProgram, at index: Int) {
    plans[index].program = program
  }

  mutating func require(_ controllers: CgroupControllers, at index: Int) {
    plans[index].required.formUnion(controllers)
  }

  mutating func note(_ field: String, _ message: String) {
    notes.append(CgroupNote(field: field, message: message))
  }

  var isUpdate: Bool { purpose != .creation }

  var live: LiveLimits {
    if case .update(let limits) = purpose { return limits }
    return LiveLimits()
  }

  /// - Throws: for a value below -1, which means nothing anywhere.
  func checkLimit(_ value: Int64, field: @autoclosure () -> String) throws(CgroupError) {
    if value < -1 {
      throw CgroupError(
        .invalidValue, field: field(), "\(value) is not a limit: use a number of bytes, or -1 for no limit")
    }
  }

  func unsupported(_ field: String, _ message: String) -> CgroupError {
    CgroupError(.unsupported, field: field, message)
  }
}

/// Present values of a live cgroup that decide how a partial update is written.
struct LiveLimits: Equatable {
  /// `memory.max` of version 2: bytes; -1 unlimited; 0 unknown.
  var memory: Int64 = 0
  /// Microseconds; -1 unlimited; nil unknown.
  var cpuQuota: Int64?
  /// Microseconds; nil unknown.
  var cpuPeriod: UInt64?
}
