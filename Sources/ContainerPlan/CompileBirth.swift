// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
internal import OCI

// How the container's process comes to be: its namespaces, and the meeting points with the runtime.
extension Compiler {
  private static let cloneFlags: [(NamespaceType, CloneFlags)] = [
    (.mount, .newMount), (.uts, .newUTS), (.ipc, .newIPC), (.network, .newNetwork), (.pid, .newPID),
    (.user, .newUser),
  ]

  /// A user namespace together with joined namespaces needs a process between: the runtime must keep its own
  /// privileges, and only a process inside the right user namespace may make what that namespace shall own.
  var needsStage: Bool {
    guard hasUserNamespace else { return false }
    return linux.namespaces.contains { $0.path != nil }
  }

  mutating func compileBirth() {
    if isNew(.time) {
      let origin = linux.timeOffsets == nil ? origin(of: .time) : Origin("/linux/timeOffsets")
      add(.runtime, .newTimeNamespace(linux.timeOffsets), origin)
    }
    var flags: CloneFlags = []
    for (type, flag) in Compiler.cloneFlags where isNew(type) { flags.insert(flag) }
    if needsStage {
      add(.runtime, .cloneStage, Origin("/linux/namespaces"))
      if let process = spec.process { compileOOMScoreAdjust(process, .stage) }
      for namespace in joinOrder() { add(.stage, .joinNamespace(namespace), origin(of: namespace)) }
      // The stage makes the process as the runtime's own child, then ends. It is in the cgroup already: inside the user
      // namespace it has no right to move anybody there.
      add(.stage, .cloneProcess(flags, intoCgroup: false), Origin("/linux/namespaces"))
      add(.runtime, .await(.processMade))
    } else {
      for type in [NamespaceType.pid, .time] where isJoined(type) {
        add(.runtime, .joinForChildren(type), origin(of: type))
      }
      add(.runtime, .cloneProcess(flags, intoCgroup: !hasScope), Origin("/linux/namespaces"))
    }
    add(.container, .dieWithRuntime)
    if hasScope {
      // Before all else: what the process does and allocates counts where it should, and a cgroup namespace made later
      // has its root there.
      add(.runtime, .startScope, limitsOrigin)
      add(.runtime, .notify(.cgroupReady))
      add(.container, .await(.cgroupReady))
    } else {
      add(.container, .enterCgroups, cgroupOrigin)
    }
    if !needsStage, let process = spec.process { compileOOMScoreAdjust(process, .container) }
    if !needsStage {
      for type in joinOrder() where type != .pid && type != .time {
        add(.container, .joinNamespace(type), origin(of: type))
      }
    }
    if isNew(.user) {
      add(
        .runtime, .writeIDMappings(uid: linux.uidMappings, gid: linux.gidMappings),
        Origin("/linux/uidMappings"))
      add(.runtime, .notify(.identityMapped))
      add(.container, .await(.identityMapped))
    }
    if hasUserNamespace { add(.container, .becomeNamespaceRoot, origin(of: .user)) }
    if isNew(.cgroup) { add(.container, .newCgroupNamespace, origin(of: .cgroup)) }
    add(.container, .newSession)
    if !request.noNewKeyring { add(.container, .newSessionKeyring(name: "_ses.\(request.id)")) }
  }

  /// Through the host's proc, which is still the real one; hence before any namespace is entered.
  mutating func compileOOMScoreAdjust(_ process: Process, _ side: Side) {
    guard let value = process.oomScoreAdj else { return }
    add(side, .setOOMScoreAdjust(value), Origin("/process/oomScoreAdj"))
  }

  /// Joined namespaces in the order in which they can be entered. An ordinary user gets the rights for the others from
  /// the user namespace. Root has them already, and would lose those for namespaces that belong to another one.
  private func joinOrder() -> [NamespaceType] {
    let others: [NamespaceType] = [.ipc, .uts, .network, .pid, .cgroup, .time, .mount]
    return (host.isRootless ? [.user] + others : others + [.user]).filter { isJoined($0) }
  }

  func origin(of type: NamespaceType) -> Origin {
    guard let index = linux.namespaces.firstIndex(where: { $0.type == type }) else { return .runtime }
    return Origin("/linux/namespaces", index)
  }

  /// While the container sets itself up, the runtime writes down its process id and runs its hooks; the container waits
  /// for the end of that only at its own very end, when it usually has long been done.
  mutating func compileSupervision() {
    add(.runtime, .recordProcess)
    if linux.intelRdt != nil { add(.runtime, .enterResctrl, Origin("/linux/intelRdt")) }
    if !linux.netDevices.isEmpty {
      let origin = Origin("/linux/netDevices")
      add(.runtime, .moveNetDevices(linux.netDevices), origin)
      // Hooks and kernel parameters may be about the devices.
      add(.runtime, .notify(.devicesMoved), origin)
      add(.container, .await(.devicesMoved), origin)
    }
    if !hasHooksBeforeStart { add(.runtime, .notify(.committed)) }
  }
}
