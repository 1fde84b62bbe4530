// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Cgroups
internal import Linux
package import OCI

// The parts of steps in the one-line form. Those that may be empty start with a space.
extension Step {
  static func words(_ flags: CloneFlags) -> String {
    Words.types(flags).map { " " + $0.rawValue }.joined()
  }

  static func words(_ flags: CloneFlags, _ intoCgroup: Bool) -> String {
    words(flags) + (intoCgroup ? " intoCgroup" : "")
  }

  static func words(_ terminal: Bool, _ owner: UInt32) -> String {
    (terminal ? " terminal" : " inherited") + " owner=\(owner)"
  }

  static func words(_ arguments: [String], _ environment: [String], _ preserved: UInt32) -> String {
    " \(Quoting.shell(arguments)) env=(\(Quoting.shell(environment))) descriptors=\(preserved)"
  }

  static func words(_ offsets: TimeOffsets?) -> String {
    let clocks = [("monotonic", offsets?.monotonic), ("boottime", offsets?.boottime)]
    return clocks.compactMap { name, offset in
      offset.map { " \(name)=\($0.secs)s+\($0.nanosecs)ns" }
    }.joined()
  }

  static func words(_ uid: [IDMapping], _ gid: [IDMapping]) -> String {
    "uid=(\(Words.mappings(uid))) gid=(\(Words.mappings(gid)))"
  }

  static func words(_ hooks: [Hook]) -> String { hooks.map { " " + Quoting.shell($0.path) }.joined() }

  static func words(_ devices: [NetDevice]) -> String {
    devices.map { " " + Quoting.shell($0.hostName) + ($0.name.map { "=" + Quoting.shell($0) } ?? "") }
      .joined()
  }

  static func words(_ group: ResctrlGroup) -> String {
    let name = group.name.isEmpty ? "/" : group.name
    return Quoting.shell([name] + group.schemata) + (group.isOwn ? " own" : "")
      + (group.monitoring.map { " monitoring=" + Quoting.shell($0) } ?? "")
  }

  static func words(_ device: Device) -> String {
    let number = device.type == .fifo ? "" : " \(device.major):\(device.minor)"
    return
      "\(device.type.rawValue) \(Quoting.shell(device.path))\(number) mode=\(Words.octal(device.fileMode ?? 0o666))"
      + " owner=\(device.uid ?? 0):\(device.gid ?? 0)"
  }

  static func words(_ size: ConsoleSize?) -> String { size.map { " \($0.width)x\($0.height)" } ?? "" }

  static func words(_ mode: MemoryPolicyMode, _ flags: [MemoryPolicyFlag], _ nodes: [UInt]) -> String {
    ([mode.rawValue] + flags.map { $0.rawValue }).joined(separator: "|")
      + " nodes=\(Words.list(nodes.map { UInt64($0) }))"
  }

  static func words(_ scheduler: Scheduler) -> String {
    var parts = [scheduler.policy.rawValue] + scheduler.flags.map { $0.rawValue }
    if scheduler.nice != 0 { parts.append("nice=\(scheduler.nice)") }
    if scheduler.priority != 0 { parts.append("priority=\(scheduler.priority)") }
    if scheduler.policy == .deadline {
      parts.append("runtime=\(scheduler.runtime) deadline=\(scheduler.deadline) period=\(scheduler.period)")
    }
    return parts.joined(separator: " ")
  }

  static func words(_ limits: [Rlimit]) -> String {
    limits.map { " \($0.type.rawValue)=\(limit($0.soft)):\(limit($0.hard))" }.joined()
  }

  package static func limit(_ value: UInt64) -> String { value == UInt64.max ? "unlimited" : "\(value)" }

  /// The rules as the annotations spell them.
  package static func words(_ rules: LandlockRules) -> String {
    let paths = (rules.paths ?? []).map { Quoting.shell("\($0.path):\($0.access.rawValue)") }
    let ports = (rules.ports ?? []).map {
      "tcp:" + ($0.connects == $0.binds ? "" : $0.connects ? "connect:" : "bind:") + "\($0.port)"
    }
    let none = rules.ports?.isEmpty == true ? ["tcp:" + LandlockRules.noPort] : []
    return (paths + ports + none).joined(separator: " ")
  }

  static func words(_ mask: CapabilityMask) -> String {
    mask.isEmpty ? " none" : Words.capabilities(mask).map { " " + $0 }.joined()
  }

  static func words(_ user: User, _ keepCapabilities: Bool, _ setGroups: Bool) -> String {
    let groups = user.additionalGids.map { "\($0)" }.joined(separator: ",")
    return " \(user.uid):\(user.gid) groups=" + (setGroups ? "(\(groups))" : "kept")
      + (keepCapabilities ? " keepCapabilities" : "")
  }

  static func words(_ sets: CapabilitySets, _ ambient: CapabilityMask) -> String {
    " effective=(\(list(sets.effective))) permitted=(\(list(sets.permitted)))"
      + " inheritable=(\(list(sets.inheritable))) ambient=(\(list(ambient)))"
  }

  private static func list(_ mask: CapabilityMask) -> String {
    Words.capabilities(mask).joined(separator: " ")
  }
}

extension PlannedMount: CustomStringConvertible {
  /// The mount on one line.
  public var description: String {
    var parts: [String]
    switch content {
    case .fileSystem(let type, let source, let parameters):
      parts =
        [Quoting.shell(type), "source=" + Quoting.shell(source)] + parameters.map { Quoting.shell($0.words) }
    case .bind(let source, let recursive):
      parts = [recursive ? "rbind" : "bind", "source=" + Quoting.shell(source)]
    case .bindInside(let path, let recursive):
      parts = [recursive ? "rbind" : "bind", "inside=" + Quoting.shell(path)]
    case .cgroups: parts = ["cgroups"]
    case .remount: parts = ["remount"]
    }
    parts += Words.options(attributes)
    parts += Words.options(recursiveAttributes).map { "r" + $0 }
    if let propagation { parts.append(Words.propagation(propagation)) }
    if copyUp { parts.append("tmpcopyup") }
    if !followSourceLink { parts.append("src-nofollow") }
    if !followDestinationLink { parts.append("dest-nofollow") }
    if let idMapping {
      let maps = Step.words(idMapping.uidMappings, idMapping.gidMappings)
      parts.append((idMapping.recursive ? "ridmap " : "idmap ") + maps)
    }
    return Quoting.shell(destination) + " " + parts.joined(separator: " ")
  }
}

extension PlannedMount.Parameter {
  /// As mount(8) spells it.
  package var words: String { value.map { "\(key)=\($0)" } ?? key }
}

/// What is done in one hierarchy of cgroups.
enum CgroupWords {
  /// A line for the directory and one for every action in it.
  static func description(_ directory: CgroupDirectory) -> [String] {
    let path = Quoting.shell(directory.hostPath)
    var lines = ["mkdir \(path)"]
    let controllers = directory.required.union(directory.accounting).names(.v2)
    if directory.hierarchy.version == .v2 && !controllers.isEmpty {
      lines.append("controllers \(controllers.joined(separator: " "))")
    }
    for action in directory.actions {
      switch action {
      case .inherit(let file): lines.append("inherit \(path)/\(file)")
      case .write(let write):
        lines.append("write \(path)/\(write.file) \(Quoting.shell(write.value)) [\(write.field)]")
      }
    }
    if let program = directory.deviceProgram {
      lines.append("device program of \(program.instructions.count) instructions")
    }
    return lines
  }
}
