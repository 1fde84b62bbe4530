// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The parts of a container's making, in the order in which they begin. Limits are set at two moments, and so have two
/// places: those of the cgroups before there is a process, those of the process after all that needs files and memory.
public enum StepGroup: String, CaseIterable, Sendable {
  case beforeProcess, limits, namespaces, fileSystem, network, system, identity, lastFence, start

  /// A heading.
  public var title: String {
    switch self {
    case .beforeProcess: "Before the process"
    case .limits: "The limits"
    case .namespaces: "The process and its namespaces"
    case .fileSystem: "The file system"
    case .network: "The network"
    case .system: "The system that the program sees"
    case .identity: "Who the program is"
    case .lastFence: "The last fence"
    case .start: "The start"
    }
  }
}

extension Plan {
  /// The group that a step belongs to.
  public func group(at index: Int) -> StepGroup {
    let step = steps[index]
    return switch step.action {
    case .openSource(let mount) where mount.content == .cgroups && step.side == .runtime: .limits
    case .openRoot, .openSource, .openNullDevice, .openNotifyDirectory:
      step.side == .runtime ? .beforeProcess : .fileSystem
    case .openNamespace, .recordIntent, .openCgroups, .openContainer: .beforeProcess
    case .createCgroups, .startScope, .prepareResctrl, .setRlimits, .setScheduler, .setIOPriority,
      .setMemoryPolicy:
      .limits
    case .listenForStart, .newTimeNamespace, .joinForChildren, .cloneStage, .cloneProcess, .writeIDMappings,
      .recordProcess,
      .dieWithRuntime, .enterCgroups, .joinNamespace, .joinContainer, .newCgroupNamespace,
      .becomeNamespaceRoot,
      .newSession, .newSessionKeyring, .setCPUAffinity, .setOOMScoreAdjust, .enterResctrl, .moveNetDevices:
      .namespaces
    case .openInside, .mapSource: .fileSystem
    case .setPropagation, .attachRoot, .mount, .makeDevice, .linkDevices, .openConsole, .pivotRoot, .moveRoot,
      .setRootPropagation, .changeRoot, .mountNotifyDirectory:
      makesContainer ? .fileSystem : .namespaces
    case .bringLoopbackUp: .network
    case .maskPaths, .readonlyPaths, .readonlyRoot, .setSysctls, .setHostname, .setDomainname,
      .setPersonality:
      .system
    case .setStandardStreams, .setUmask, .changeDirectory, .setAppArmorProfile, .setSELinuxLabel,
      .limitBoundingSet, .setUser, .setCapabilities, .setNoNewPrivileges, .lookUpProgram:
      .identity
    case .makeLandlockRuleset: .identity
    case .enforceLandlock, .loadSeccomp: isBeforeUser(index) ? .identity : .lastFence
    case .outliveRuntime, .waitForStart: .lastFence
    case .notify(let milestone), .await(let milestone): group(of: milestone, step.side, index)
    case .pause(let next): next
    case .runHooks(let point, _): group(of: point)
    case .execute: .start
    }
  }

  private func group(of milestone: Milestone, _ side: Side, _ index: Int) -> StepGroup {
    switch milestone {
    case .identityMapped, .processMade, .cgroupReady, .devicesMoved: .namespaces
    case .namespacesReady, .hooksDone, .sourceOpened, .sourceMapped: .fileSystem
    case .committed: side == .container ? .lastFence : isBehindHooks(index) ? .fileSystem : .namespaces
    case .console: makesContainer ? .fileSystem : .namespaces
    case .seccompListener: isBeforeUser(index) ? .identity : .lastFence
    case .ready: .lastFence
    case .stopped, .resumed: groupOfStop(around: index)
    }
  }

  private func group(of point: HookPoint) -> StepGroup {
    switch point {
    case .prestart, .createRuntime, .createContainer: .fileSystem
    case .startContainer: .lastFence
    case .poststart, .poststop: .start
    }
  }

  private var makesContainer: Bool { cgroups != nil }

  /// The group that begins at the stop whose messages these are.
  private func groupOfStop(around index: Int) -> StepGroup {
    for step in steps[max(0, index - 2)...] {
      if case .pause(let next) = step.action { return next }
    }
    return .start
  }

  private func isBehindHooks(_ index: Int) -> Bool {
    steps[..<index].contains { $0.action == .notify(.hooksDone) }
  }

  /// A fence that closes while the process still has its privileges, because it may not close it afterwards.
  public func isBeforeUser(_ index: Int) -> Bool {
    steps[index...].contains {
      if case .setUser = $0.action { true } else { false }
    }
  }
}
