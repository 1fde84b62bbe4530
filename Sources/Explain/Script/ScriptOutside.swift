// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Cgroups
internal import ContainerPlan
internal import Linux
internal import OCI

// What happens outside the container: cgroups, namespaces, what is handed in.
extension Scripter {
  mutating func openSource(_ mount: PlannedMount, _ origin: Origin) throws(PlanError) {
    if mount.idMapping != nil {
      throw PlanError(
        origin, "a script cannot map ids on a mount: mount(8) has learnt it with util-linux 2.39 only")
    }
    guard case .bind(let source, _) = mount.content else { return }
    outside.append("[ -e \(word(source)) ] || die \(Quoting.shell(source + ": no such file or directory"))")
  }

  // MARK: Cgroups

  mutating func createCgroups() {
    for directory in plan.cgroups?.directories ?? [] {
      let path = Quoting.shell(directory.hostPath)
      outside.append("cgroup \(path)")
      let controllers = directory.required.union(directory.accounting).names(.v2)
      if directory.hierarchy.version == .v2, !controllers.isEmpty {
        outside.append(
          "enable \(Quoting.shell(directory.hierarchy.mountPoint)) \(path) \(controllers.joined(separator: " "))"
        )
      }
      if directory.hierarchy.version == .v1 { fillParents(of: directory) }
      write(directory.actions, path)
      if directory.deviceProgram != nil {
        differ(
          "Every device may be used: on version 2 a BPF program decides about them, which no shell tool loads."
        )
      }
      if let owner = directory.owner {
        outside.append("(cd \(path) && chown \(owner) . $(cat /sys/kernel/cgroup/delegate))")
      }
    }
  }

  /// Version 1 takes processors and memory nodes for a cpuset only if its parent has them, and a new one has none.
  private mutating func fillParents(of directory: CgroupDirectory) {
    for file in ["cpuset.cpus", "cpuset.mems"] where directory.actions.contains(where: { $0.writes(file) }) {
      outside.append("inherit \"$(dirname \(Quoting.shell(directory.hostPath)))\" \(file)")
    }
  }

  private mutating func write(_ actions: [CgroupAction], _ path: String) {
    var rules: (file: String, values: [String]) = ("", [])
    for action in actions {
      switch action {
      case .inherit(let file):
        flush(&rules, path)
        outside.append("inherit \(path) \(file)")
      case .write(let write):
        if write.alternatives.isEmpty && !write.isOptional && !write.isLate {
          if rules.file != write.file { flush(&rules, path) }
          rules.file = write.file
          rules.values.append(write.value)
          continue
        }
        flush(&rules, path)
        let pairs =
          ["\(write.file) \(Quoting.shell(write.value))"]
          + write.alternatives.map { "\($0.file) \(Quoting.shell($0.value))" }
        let line = "put \(path) \(pairs.joined(separator: " "))" + (write.isOptional ? " - ''" : "")
        if write.isLate { late.append(line) } else { outside.append(line) }
      }
    }
    flush(&rules, path)
  }

  /// Several values for one file, such as rules for devices, become a loop.
  private mutating func flush(_ rules: inout (file: String, values: [String]), _ path: String) {
    switch rules.values.count {
    case 0: break
    case 1: outside.append("put \(path) \(rules.file) \(Quoting.shell(rules.values[0]))")
    default:
      outside.append(
        "for value in \(Quoting.shell(rules.values)); do put \(path) \(rules.file) \"$value\"; done")
    }
    rules = ("", [])
  }

  mutating func enterCgroups() {
    for directory in plan.cgroups?.directories ?? [] {
      let file = directory.entrance == .tasks ? "tasks" : "cgroup.procs"
      birth.append("echo 0 > \(Quoting.shell(directory.hostPath))/\(file)")
    }
  }

  // MARK: Namespaces

  mutating func join(_ type: NamespaceType) {
    for step in plan.steps {
      guard case .openNamespace(type, let path) = step.action else { continue }
      let word = frame.namespaces.first { $0.path == path }?.word ?? Quoting.shell(path)
      enter.append("\(Words.option(type))=\(word)")
      return
    }
  }

  mutating func clone(_ flags: CloneFlags) {
    let types = Words.types(flags)
    unshare = types.map { Words.option($0) }
    // Who makes the capabilities of a user namespace loses them at the next execve(2), unless they are ambient.
    if types.contains(.user) { unshare.append("--keep-caps") }
    if types.contains(.pid) { unshare += ["--fork", "--kill-child"] }
    if types.contains(.mount) { unshare += ["--propagation", "unchanged"] }
  }

  mutating func newTimeNamespace(_ offsets: TimeOffsets?) {
    time = ["--time"]
    if let offset = offsets?.monotonic { time.append("--monotonic=\(offset.secs)") }
    if let offset = offsets?.boottime { time.append("--boottime=\(offset.secs)") }
    if offsets?.monotonic?.nanosecs ?? 0 != 0 || offsets?.boottime?.nanosecs ?? 0 != 0 {
      differ("The clocks are set to whole seconds.")
    }
  }

  mutating func prepareResctrl(_ group: ResctrlGroup) {
    let path = Quoting.shell("/sys/fs/resctrl" + (group.name.isEmpty ? "" : "/" + group.name))
    if group.isOwn { outside.append("cgroup \(path)") }
    for line in group.schemata { outside.append("put \(path) schemata \(Quoting.shell(line + "\n"))") }
  }

  mutating func moveInto(_ step: Step) {
    switch step {
    case .enterResctrl:
      for case .prepareResctrl(let group) in plan.steps.map({ $0.action }) {
        let path = Quoting.shell("/sys/fs/resctrl" + (group.name.isEmpty ? "" : "/" + group.name))
        late.append("echo \"$pid\" > \(path)/tasks")
      }
    case .moveNetDevices(let devices):
      for device in devices {
        let name = device.name.map { " name \(Quoting.shell($0))" } ?? ""
        late.append("ip link set \(Quoting.shell(device.hostName)) netns \"$pid\"\(name)")
        late.append(
          "nsenter --net=\"/proc/$pid/ns/net\" ip link set \(Quoting.shell(device.name ?? device.hostName)) up"
        )
      }
      differ("Network devices that move in lose their addresses.")
    default: break
    }
  }
}

extension CgroupAction {
  fileprivate func writes(_ file: String) -> Bool {
    if case .write(let write) = self { return write.file == file }
    return false
  }
}
