// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Cgroups
internal import ContainerPlan
internal import Linux
internal import OCI

/// Puts the steps of one plan into words; its extensions are grouped as the steps are.
struct Explainer {
  let plan: Plan
  /// The root file system's path on the host; a shell variable where the plan opens none.
  let root: String
  /// The place of the step that changes the root directory; paths of the container are valid after it.
  private let rootChange: Int

  init(_ plan: Plan) {
    self.plan = plan
    var root = "$ROOT"
    var rootChange = plan.cgroups == nil ? -1 : plan.steps.count
    for (index, step) in plan.steps.enumerated() {
      switch step.action {
      case .openRoot(let path): root = path
      case .pivotRoot, .moveRoot, .changeRoot: rootChange = index
      default: break
      }
    }
    self.root = root
    self.rootChange = rootChange
  }

  /// A path of the container in a shell command that runs at this place of the plan.
  func shellPath(_ path: String, at index: Int = 0) -> String {
    if index > rootChange { return Quoting.shell(path) }
    return root == "$ROOT" ? "\"$ROOT\"" + Quoting.shell(path) : Quoting.shell(root + path)
  }

  /// Whether the plan makes a container, as opposed to joining one.
  var makesContainer: Bool { plan.cgroups != nil }

  var hasUnifiedCgroup: Bool { plan.cgroups?.directories.contains { $0.entrance == .clone } ?? false }

  func explain(_ step: PlannedStep, at index: Int) -> Draft {
    switch step.action {
    case .openRoot(let path): openRoot(path, step.side)
    case .openSource(let mount): openSource(mount, step.side)
    case .openNullDevice: openNullDevice()
    case .openNamespace(let type, let path): openNamespace(type, path)
    case .recordIntent: recordIntent()
    case .createCgroups: createCgroups()
    case .startScope: startScope()
    case .prepareResctrl(let group): prepareResctrl(group)
    case .openNotifyDirectory: openNotifyDirectory()
    case .enterResctrl: enterResctrl()
    case .moveNetDevices(let devices): moveNetDevices(devices)
    case .mountNotifyDirectory: mountNotifyDirectory()
    case .openCgroups: openCgroups()
    case .openContainer: openContainer()
    case .newTimeNamespace(let offsets): newTimeNamespace(offsets)
    case .joinForChildren(let type): joinForChildren(type)
    case .listenForStart: listenForStart()
    case .cloneStage: cloneStage()
    case .cloneProcess(let flags, let intoCgroup): cloneProcess(flags, intoCgroup, step.side)
    case .notify(let milestone): notify(milestone)
    case .await(let milestone): wait(milestone)
    case .pause(let group): pause(group)
    case .writeIDMappings(let uid, let gid): writeIDMappings(uid, gid)
    case .recordProcess: recordProcess()
    case .runHooks(let point, let hooks): runHooks(point, hooks)
    case .dieWithRuntime: dieWithRuntime()
    case .outliveRuntime: outliveRuntime()
    case .enterCgroups: enterCgroups()
    case .joinNamespace(let type): joinNamespace(type, step.side)
    case .joinContainer(let flags): joinContainer(flags)
    case .newCgroupNamespace: newCgroupNamespace()
    case .becomeNamespaceRoot: becomeNamespaceRoot()
    case .newSession: newSession()
    case .newSessionKeyring(let name): newSessionKeyring(name)
    case .setPropagation(let propagation): setPropagation(propagation)
    case .attachRoot(let path): attachRoot(path)
    case .openInside(let mount): openInside(mount)
    case .mapSource(let mount): mapSource(mount)
    case .mount(let mount): self.mount(mount)
    case .makeDevice(let device, let bind): makeDevice(device, bind)
    case .linkDevices: linkDevices()
    case .openConsole(let size, let bind): openConsole(size, bind)
    case .pivotRoot: pivotRoot()
    case .moveRoot: moveRoot()
    case .setRootPropagation(let propagation): setRootPropagation(propagation)
    case .changeRoot: changeRoot()
    case .maskPaths(let paths): maskPaths(paths, index)
    case .readonlyPaths(let paths): readonlyPaths(paths, index)
    case .readonlyRoot: readonlyRoot()
    case .setSysctls(let pairs): setSysctls(pairs)
    case .setHostname(let name): setHostname(name)
    case .setDomainname(let name): setDomainname(name)
    case .bringLoopbackUp: bringLoopbackUp()
    case .setPersonality(let domain): setPersonality(domain)
    case .setMemoryPolicy(let mode, let flags, let nodes): setMemoryPolicy(mode, flags, nodes)
    case .setScheduler(let scheduler): setScheduler(scheduler)
    case .setIOPriority(let priority): setIOPriority(priority)
    case .setCPUAffinity(let mask): setCPUAffinity(mask)
    case .setOOMScoreAdjust(let value): setOOMScoreAdjust(value)
    case .setRlimits(let limits): setRlimits(limits)
    case .setStandardStreams(let terminal, let owner): setStandardStreams(terminal, owner)
    case .setUmask(let mask): setUmask(mask)
    case .changeDirectory(let path): changeDirectory(path)
    case .setAppArmorProfile(let profile): setAppArmorProfile(profile)
    case .setSELinuxLabel(let label): setSELinuxLabel(label)
    case .limitBoundingSet(let mask): limitBoundingSet(mask)
    case .setUser(let user, let keep, let setGroups): setUser(user, keep, setGroups)
    case .setCapabilities(let sets, let ambient): setCapabilities(sets, ambient)
    case .setNoNewPrivileges: setNoNewPrivileges()
    case .lookUpProgram(let name, let path): lookUpProgram(name, path)
    case .waitForStart: waitForStart()
    case .makeLandlockRuleset(let rules): makeLandlockRuleset(rules)
    case .enforceLandlock: enforceLandlock()
    case .loadSeccomp(let program): loadSeccomp(program, index)
    case .execute(let arguments, let environment, let kept): execute(arguments, environment, kept)
    }
  }
}
