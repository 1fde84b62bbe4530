// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Cgroups
internal import Linux
internal import OCI
internal import Seccomp

extension Plan: CustomStringConvertible {
  /// One line per step and per write to a cgroup: the stable form that golden files hold.
  public var description: String {
    var text = ""
    if let scope = cgroups?.scope {
      text += "scope     \(scope.unit) of the \(scope.manager.rawValue)'s systemd\n"
      for property in scope.properties { text += "scope     \(property)\n" }
    }
    for directory in cgroups?.directories ?? [] {
      for line in CgroupWords.description(directory) { text += "cgroup    " + line + "\n" }
    }
    for step in steps { text += "\(step)\n" }
    return text
  }
}

extension PlannedStep: CustomStringConvertible {
  /// The side, the step, and in brackets what asked for it.
  public var description: String {
    let side = side.rawValue
    let padding = String(repeating: " ", count: max(1, 10 - side.utf8.count))
    return side + padding + action.description
      + (origin == .runtime ? "" : " [\(Quoting.plain(origin.pointer))]")
  }
}

extension Step: CustomStringConvertible {
  /// The step on one line, without control characters.
  public var description: String {
    switch self {
    case .openRoot(let path): "openRoot \(word(path))"
    case .openSource(let mount): "openSource \(mount.description)"
    case .openNullDevice: "openNullDevice"
    case .openNamespace(let type, let path): "openNamespace \(type.rawValue) \(word(path))"
    case .recordIntent: "recordIntent"
    case .createCgroups: "createCgroups"
    case .startScope: "startScope"
    case .prepareResctrl(let group): "prepareResctrl " + Step.words(group)
    case .openNotifyDirectory: "openNotifyDirectory"
    case .enterResctrl: "enterResctrl"
    case .moveNetDevices(let devices): "moveNetDevices" + Step.words(devices)
    case .mountNotifyDirectory: "mountNotifyDirectory"
    case .openCgroups: "openCgroups"
    case .openContainer: "openContainer"
    case .newTimeNamespace(let offsets): "newTimeNamespace" + Step.words(offsets)
    case .joinForChildren(let type): "joinForChildren \(type.rawValue)"
    case .listenForStart: "listenForStart"
    case .cloneStage: "cloneStage intoCgroup"
    case .cloneProcess(let flags, let cgroup): "cloneProcess" + Step.words(flags, cgroup)
    case .notify(let milestone): "notify \(milestone)"
    case .await(let milestone): "await \(milestone)"
    case .pause(let group): "pause before \(group.rawValue)"
    case .writeIDMappings(let uid, let gid): "writeIDMappings " + Step.words(uid, gid)
    case .recordProcess: "recordProcess"
    case .runHooks(let point, let hooks): "runHooks \(point.rawValue)" + Step.words(hooks)
    case .dieWithRuntime: "dieWithRuntime"
    case .outliveRuntime: "outliveRuntime"
    case .enterCgroups: "enterCgroups"
    case .joinNamespace(let type): "joinNamespace \(type.rawValue)"
    case .joinContainer(let flags): "joinContainer" + Step.words(flags)
    case .newCgroupNamespace: "newCgroupNamespace"
    case .becomeNamespaceRoot: "becomeNamespaceRoot"
    case .newSession: "newSession"
    case .newSessionKeyring(let name): "newSessionKeyring \(word(name))"
    case .setPropagation(let propagation): "setPropagation \(Words.propagation(propagation))"
    case .attachRoot(let path): "attachRoot" + (path.map { " \(word($0))" } ?? "")
    case .openInside(let mount): "openInside \(mount.description)"
    case .mapSource(let mount): "mapSource \(mount.description)"
    case .mount(let mount): "mount \(mount.description)"
    case .makeDevice(let device, let bind): "makeDevice " + Step.words(device) + (bind ? " bind" : "")
    case .linkDevices: "linkDevices"
    case .openConsole(let size, let bind): "openConsole" + Step.words(size) + (bind ? " bind" : "")
    case .pivotRoot: "pivotRoot"
    case .moveRoot: "moveRoot"
    case .setRootPropagation(let propagation): "setRootPropagation \(Words.propagation(propagation))"
    case .changeRoot: "changeRoot"
    case .maskPaths(let paths): "maskPaths " + Quoting.shell(paths)
    case .readonlyPaths(let paths): "readonlyPaths " + Quoting.shell(paths)
    case .readonlyRoot: "readonlyRoot"
    case .setSysctls(let pairs): "setSysctls " + Quoting.shell(pairs.map { "\($0.key)=\($0.value)" })
    case .setHostname(let name): "setHostname \(word(name))"
    case .setDomainname(let name): "setDomainname \(word(name))"
    case .bringLoopbackUp: "bringLoopbackUp"
    case .setPersonality(let domain): "setPersonality \(domain.rawValue)"
    case .setMemoryPolicy(let mode, let flags, let nodes): "setMemoryPolicy " + Step.words(mode, flags, nodes)
    case .setScheduler(let scheduler): "setScheduler " + Step.words(scheduler)
    case .setIOPriority(let priority): "setIOPriority \(priority.class.rawValue) \(priority.priority)"
    case .setCPUAffinity(let mask): "setCPUAffinity \(Words.list(mask))"
    case .setOOMScoreAdjust(let value): "setOOMScoreAdjust \(value)"
    case .setRlimits(let limits): "setRlimits" + Step.words(limits)
    case .setStandardStreams(let terminal, let owner): "setStandardStreams" + Step.words(terminal, owner)
    case .setUmask(let mask): "setUmask \(Words.octal(mask))"
    case .changeDirectory(let path): "changeDirectory \(word(path))"
    case .setAppArmorProfile(let profile): "setAppArmorProfile \(word(profile))"
    case .setSELinuxLabel(let label): "setSELinuxLabel \(word(label))"
    case .limitBoundingSet(let mask): "limitBoundingSet" + Step.words(mask)
    case .setUser(let user, let keep, let groups): "setUser" + Step.words(user, keep, groups)
    case .setCapabilities(let sets, let ambient): "setCapabilities" + Step.words(sets, ambient)
    case .setNoNewPrivileges: "setNoNewPrivileges"
    case .lookUpProgram(let name, let path): "lookUpProgram \(word(name)) path=\(word(path ?? "default"))"
    case .waitForStart: "waitForStart"
    case .makeLandlockRuleset(let rules): "makeLandlockRuleset \(Step.words(rules))"
    case .enforceLandlock: "enforceLandlock"
    case .loadSeccomp(let p): "loadSeccomp \(p.instructions.count) instructions flags=\(p.flags)"
    case .execute(let words, let env, let kept): "execute" + Step.words(words, env, kept)
    }
  }

  private func word(_ text: String) -> String { Quoting.shell(text) }
}
