// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Cgroups
internal import ContainerPlan
internal import Linux

// Cgroups: made by the runtime, entered by the container.
extension Explainer {
  func createCgroups() -> Draft {
    let directories = plan.cgroups?.directories ?? []
    if directories.isEmpty {
      return Draft(
        "Make no cgroups", why: "No cgroup file system is mounted here: the container runs without limits.")
    }
    let programs = directories.compactMap { $0.deviceProgram }
    return Draft(
      "Make the container's cgroup\(directories.count == 1 ? "" : "s") and set the limits",
      why:
        "After the record, which names them, and before the process, which is under its limits before it does anything "
        + "of its own. A cpuset gets its processors before anyone enters, as the kernel admits nobody to one that "
        + "has none."
        + (programs.isEmpty
          ? "" : " Version 2 has no file for devices: a BPF program decides on every use of one."),
      calls: directories.flatMap { calls($0) },
      manual: ["cgroups(7)"] + (programs.isEmpty ? [] : ["bpf(2)"])
        + (needsCpuset(directories) ? ["cpuset(7)"] : []),
      shell: directories.flatMap { shell($0) }, details: directories.flatMap { details($0) })
  }

  private func needsCpuset(_ directories: [CgroupDirectory]) -> Bool {
    directories.contains { directory in
      directory.actions.contains { if case .inherit = $0 { true } else { false } }
    }
  }

  private func controllers(_ directory: CgroupDirectory) -> [String] {
    guard directory.hierarchy.version == .v2 else { return [] }
    return directory.required.union(directory.accounting).names(.v2)
  }

  private func calls(_ directory: CgroupDirectory) -> [String] {
    let path = directory.hostPath
    var calls = ["mkdirat(base, \(Quoting.c(path)), 0755)"]
    let controllers = controllers(directory)
    if !controllers.isEmpty {
      let words = controllers.map { "+" + $0 }.joined(separator: " ")
      calls.append(
        "write(\(Quoting.c(directory.hierarchy.mountPoint + "/…/cgroup.subtree_control")), \"\(words)\")")
    }
    for action in directory.actions {
      switch action {
      case .inherit(let file): calls.append("read(\"../\(file)\"), write(\(Quoting.c(path + "/" + file)))")
      case .write(let write):
        calls.append("write(\(Quoting.c(path + "/" + write.file)), \(Quoting.c(write.value)))")
      }
    }
    if let program = directory.deviceProgram {
      let count = program.instructions.count
      calls.append("bpf(BPF_PROG_LOAD, {prog_type=BPF_PROG_TYPE_CGROUP_DEVICE, insn_cnt=\(count)})")
      calls.append(
        "bpf(BPF_PROG_ATTACH, {target_fd=cgroup, attach_type=BPF_CGROUP_DEVICE, attach_flags=BPF_F_ALLOW_MULTI})"
      )
    }
    if let owner = directory.owner {
      calls.append("fchownat(cgroup, each of /sys/kernel/cgroup/delegate, \(owner), -1)")
      calls.append("fchown(cgroup, \(owner), -1)")
    }
    return calls
  }

  private func shell(_ directory: CgroupDirectory) -> [String] {
    let path = Quoting.shell(directory.hostPath)
    var lines = ["mkdir -p \(path)"]
    let controllers = controllers(directory)
    if !controllers.isEmpty {
      let words = controllers.map { "+" + $0 }.joined(separator: " ")
      lines.append("echo '\(words)' > \(Quoting.shell(parent(directory.hostPath)))/cgroup.subtree_control")
    }
    for action in directory.actions {
      switch action {
      case .inherit(let file):
        lines.append("cat \(Quoting.shell(parent(directory.hostPath)))/\(file) > \(path)/\(file)")
      case .write(let write): lines.append("echo \(Quoting.shell(write.value)) > \(path)/\(write.file)")
      }
    }
    if directory.deviceProgram != nil {
      lines.append("bpftool cgroup attach \(path) cgroup_device pinned \"$PROGRAM\" multi")
    }
    if let owner = directory.owner {
      lines.append("(cd \(path) && chown \(owner) . $(cat /sys/kernel/cgroup/delegate))")
    }
    return lines
  }

  private func parent(_ path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: 0x2F), slash != path.utf8.startIndex else { return "/" }
    return String(decoding: path.utf8[..<slash], as: UTF8.self)
  }

  private func details(_ directory: CgroupDirectory) -> [Draft.Detail] {
    let path = Quoting.plain(directory.hostPath)
    let place = plan.steps.first { $0.action == .enterCgroups }?.origin.pointer ?? ""
    var details: [Draft.Detail] = [(path, place)]
    for action in directory.actions {
      switch action {
      case .inherit(let file): details.append(("\(path)/\(file) = as in the parent", ""))
      case .write(let write):
        details.append(("\(path)/\(write.file) = \(Quoting.plain(write.value))", write.field))
        for other in write.alternatives {
          details.append(
            ("  or, where that file is absent, \(other.file) = \(Quoting.plain(other.value))", write.field))
        }
      }
    }
    if let program = directory.deviceProgram {
      details.append(
        ("device program of \(program.instructions.count) instructions", "/linux/resources/devices"))
    }
    if let owner = directory.owner { details.append(("given to user \(owner) of the host", "/mounts")) }
    return details
  }

  func startScope() -> Draft {
    guard let scope = plan.cgroups?.scope else {
      return Draft("Make no scope", why: "There is none to make.")
    }
    let directories = plan.cgroups?.directories ?? []
    let manager = scope.manager == .system ? "" : " --user"
    let properties = scope.properties.map { "-p \(Quoting.shell($0.assignment))" }
    return Draft(
      "Have systemd make \(Quoting.plain(scope.unit)) and set the limits",
      why:
        "systemd owns the tree above, and hands this part over (Delegate=). A scope is made around a process that "
        + "exists, so this comes after clone3(2), and the process waits. What systemd has no property for, or "
        + "would round, is written to the files afterwards.",
      calls: [
        "connect(socket, {AF_UNIX, \"/run/systemd/private\"})",
        "StartTransientUnit(\(Quoting.c(scope.unit)), \"fail\", \(scope.properties.count + 1) properties)",
        "JobRemoved(…, \(Quoting.c(scope.unit)), \"done\")",
      ] + directories.flatMap { calls($0) },
      manual: [
        "systemd.scope(5)", "systemd.resource-control(5)", "org.freedesktop.systemd1(5)", "cgroups(7)",
      ],
      shell: [
        "systemd-run\(manager) --scope --unit=\(Quoting.shell(scope.unit)) "
          + properties.joined(separator: " ") + " \"$@\""
      ],
      details: scope.properties.map { (Quoting.plain($0.assignment), "") }
        + directories.flatMap { details($0) })
  }

  func openCgroups() -> Draft {
    Draft(
      "Open the cgroups of the running container",
      why:
        "Before the new process exists: it shall count against the container's limits from its first page on.",
      calls: [
        "openat(hierarchy, \"…/tasks\", O_WRONLY|O_CLOEXEC)",
        "openat(unified, \"…\", O_RDONLY|O_DIRECTORY|O_CLOEXEC)",
      ],
      manual: ["cgroups(7)"], shell: ["cat /proc/\"$PID\"/cgroup"])
  }

  func enterCgroups() -> Draft {
    let first = (plan.cgroups?.directories ?? []).filter { $0.entrance == .tasks }
    if makesContainer && first.isEmpty {
      return Draft(
        hasUnifiedCgroup ? "Be in the container's cgroup already" : "Enter no cgroup",
        why: hasUnifiedCgroup
          ? "Nothing is left to do: clone3(2) made the process inside its cgroup. On version 1 it would move itself."
          : "There is none.",
        manual: ["cgroups(7)"])
    }
    return Draft(
      "Move into the container's cgroups of version 1",
      why:
        "As early as can be, so that all memory counts where it should, and before a cgroup namespace, whose root "
        + "becomes the place where the process is. The file is `tasks`, not `cgroup.procs`: moving one thread takes "
        + "no lock over all processes and waits for no RCU grace period. The files were opened by the runtime, which "
        + "had the rights to; `0` means the writer.",
      calls: makesContainer
        ? first.map { "write(\(Quoting.c($0.hostPath + "/tasks")), \"0\")" }
        : ["write(tasks, \"0\") /* each hierarchy */"],
      manual: ["cgroups(7)"],
      shell: makesContainer
        ? first.map { "echo 0 > \(Quoting.shell($0.hostPath))/tasks" }
        : ["echo 0 > \"/sys/fs/cgroup/$HIERARCHY/$CGROUP/tasks\""])
  }

  func newCgroupNamespace() -> Draft {
    Draft(
      "Make a cgroup namespace",
      why:
        "Not with clone3(2), as the other namespaces: the root of a cgroup namespace is where its maker is at that "
        + "moment, so the process must be in its cgroups first (Linux 4.6).",
      calls: ["unshare(CLONE_NEWCGROUP)"], manual: ["cgroup_namespaces(7)"],
      shell: ["unshare --cgroup \"$@\""])
  }
}
