// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import Linux
internal import OCI

// The process and its namespaces.
extension Explainer {
  func newTimeNamespace(_ offsets: TimeOffsets?) -> Draft {
    let clocks = [("monotonic", offsets?.monotonic), ("boottime", offsets?.boottime)]
    let lines = clocks.compactMap { name, offset in offset.map { "\(name) \($0.secs) \($0.nanosecs)" } }
    let text = lines.joined(separator: "\n")
    return Draft(
      "Make a time namespace for the next child" + (lines.isEmpty ? "" : " and set its clocks"),
      why:
        "Before the process: the offsets can be written only as long as nobody is in the namespace, and only "
        + "children of its maker enter it (Linux 5.6).",
      calls: ["unshare(CLONE_NEWTIME)"]
        + (lines.isEmpty ? [] : ["write(\"/proc/self/timens_offsets\", \(Quoting.c(text)))"]),
      manual: ["time_namespaces(7)"],
      shell: [
        (["unshare", "--time"] + clocks.compactMap { name, offset in offset.map { "--\(name)=\($0.secs)" } }
          + ["--fork", "\"$@\""]).joined(separator: " ")
      ])
  }

  func joinForChildren(_ type: NamespaceType) -> Draft {
    Draft(
      "Have the next child start in the existing \(Words.name(type)) namespace",
      why: "By the runtime, before it makes the process: "
        + (type == .pid
          ? "nobody can change his own PID namespace, as nobody's process id can change; only children are born in it."
          : "the namespace takes hold of whoever is born in it, from the first reading of a clock on."),
      calls: ["setns(ns, \(Words.flags(type.flag)))"], manual: ["setns(2)", Words.manual(type)],
      shell: ["nsenter \(Words.option(type))=\"$NS\" \"$@\""])
  }

  func cloneStage() -> Draft {
    Draft(
      "Make a short-lived process between the runtime and the container",
      why:
        "The container is to live in a user namespace and in namespaces that exist already. Whoever enters the user "
        + "namespace gives up the rights outside it, which the runtime still needs; whoever makes the container's "
        + "process must be inside, so that its new namespaces belong to that user namespace. Hence a third."
        + (hasUnifiedCgroup
          ? " It starts inside the container's cgroup, which from the user namespace it could not enter."
          : ""),
      calls: [
        hasUnifiedCgroup
          ? "clone3({flags=CLONE_PIDFD|CLONE_INTO_CGROUP, exit_signal=SIGCHLD, cgroup=cgroup}, 88)"
          : "clone3({flags=CLONE_PIDFD, exit_signal=SIGCHLD}, 88)"
      ],
      manual: ["clone3(2)", "user_namespaces(7)"])
  }

  func cloneProcess(_ flags: CloneFlags, _ intoCgroup: Bool, _ side: Side) -> Draft {
    let types = Words.types(flags)
    let names = types.map { Words.name($0) }
    let cgroup = intoCgroup && hasUnifiedCgroup
    let all = side == .stage ? flags.union(.parent) : flags
    let words = [Words.flags(all), "CLONE_PIDFD", cgroup ? "CLONE_INTO_CGROUP" : ""].filter { !$0.isEmpty }
    let fields =
      ["flags=" + words.joined(separator: "|"), "exit_signal=" + (side == .stage ? "0" : "SIGCHLD")]
      + (cgroup ? ["cgroup=cgroup"] : [])
    var why =
      types.isEmpty
      ? "The existing namespaces are open or joined: it is time for somebody to live in them."
      : "One call makes the process and all its namespaces: the kernel makes a user namespace first, so that it owns "
        + "the others. This is a copy of the runtime, which goes on from here and becomes the program at the end: no "
        + "helper program is executed that the container could get hold of."
    if cgroup { why += " It starts inside its cgroup, and need not be moved (Linux 5.7)." }
    if side == .stage {
      why += " CLONE_PARENT makes it the runtime's child, not the stage's, which ends now."
    }
    let options = types.map { Words.option($0) } + (types.contains(.pid) ? ["--fork"] : [])
    return Draft(
      "Make the container's process" + (names.isEmpty ? "" : " in new \(list(names)) namespaces"), why: why,
      calls: ["clone3({\(fields.joined(separator: ", "))}, 88)"],
      manual: ["clone3(2)", "namespaces(7)"] + types.map { Words.manual($0) },
      shell: types.isEmpty ? ["\"$@\" &"] : [(["unshare"] + options + ["\"$@\""]).joined(separator: " ")])
  }

  /// Words as a person lists them.
  func list(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " and " + last
  }

  func joinNamespace(_ type: NamespaceType, _ side: Side) -> Draft {
    let reason =
      switch type {
      case .user: "First among those to join: it gives the rights that entering the others takes."
      case .mount: "Last: with the mount namespace all paths of the host are gone."
      case .pid: "It takes effect for children only: the stage makes the container's process in it."
      case .network, .ipc, .uts, .cgroup, .time:
        plan.steps.contains { $0.action == .joinNamespace(.user) }
          ? "After the user namespace, which gives the right to."
          : "While the process still has its rights on the host, which entering takes."
      }
    let who = side == .stage ? " By the stage, so that the runtime stays outside." : ""
    return Draft(
      "Enter the existing \(Words.name(type)) namespace", why: reason + who,
      calls: ["setns(ns, \(Words.flags(type.flag)))"], manual: ["setns(2)", Words.manual(type)],
      shell: ["nsenter \(Words.option(type))=\"$NS\" \"$@\""])
  }

  func joinContainer(_ flags: CloneFlags) -> Draft {
    let types = Words.types(flags)
    return Draft(
      "Enter the container's \(list(types.map { Words.name($0) })) namespace\(types.count == 1 ? "" : "s") at once",
      why:
        "All together or none (setns(2) with a pidfd, Linux 5.8): the kernel orders them itself, and the process is "
        + "never half inside, where the container could trace it while it still holds what belongs to the host.",
      calls: ["setns(pidfd, \(Words.flags(flags)))"], manual: ["setns(2)", "pidfd_open(2)"],
      shell: ["nsenter --target=\"$PID\" \(types.map { Words.option($0) }.joined(separator: " ")) \"$@\""])
  }

  func writeIDMappings(_ uid: [IDMapping], _ gid: [IDMapping]) -> Draft {
    let (uids, gids) = (Words.mappings(uid, separator: "\n"), Words.mappings(gid, separator: "\n"))
    let isOrdinary = plan.steps.contains {
      if case .openRoot = $0.action { $0.side == .container } else { false }
    }
    return Draft(
      "Write the id maps of the new user namespace",
      why:
        "By the runtime, from outside: only somebody with rights in the parent namespace may map more than his own "
        + "id. A map can be written once."
        + (isOrdinary
          ? " An ordinary user must give up setgroups(2) first, since dropping a group can open a file that the group "
            + "is kept from (CVE-2014-8989, Linux 3.19)." : ""),
      calls: (isOrdinary ? ["write(\"/proc/PID/setgroups\", \"deny\")"] : []) + [
        "write(\"/proc/PID/uid_map\", \(Quoting.c(uids)))",
        "write(\"/proc/PID/gid_map\", \(Quoting.c(gids)))",
      ],
      manual: ["user_namespaces(7)"],
      shell: (isOrdinary ? ["echo deny > /proc/\"$PID\"/setgroups"] : []) + [
        "printf '%s\\n' \(Quoting.shell(lines(uid))) > /proc/\"$PID\"/uid_map",
        "printf '%s\\n' \(Quoting.shell(lines(gid))) > /proc/\"$PID\"/gid_map",
      ],
      details: uid.map {
        ("uid \($0.containerID) inside is \($0.hostID) outside, \($0.size) in a row", "/linux/uidMappings")
      }
        + gid.map {
          ("gid \($0.containerID) inside is \($0.hostID) outside, \($0.size) in a row", "/linux/gidMappings")
        })
  }

  private func lines(_ mappings: [IDMapping]) -> [String] { mappings.map { Words.mappings([$0]) } }

  func becomeNamespaceRoot() -> Draft {
    Draft(
      "Take the ids 0 of the user namespace",
      why:
        "Not before the maps are there: until then every id reads as 65534, nobody. From here on the process is "
        + "root inside, and files that it makes belong to that root.",
      calls: ["setresgid(0, 0, 0)", "setresuid(0, 0, 0)"], manual: ["user_namespaces(7)", "setresuid(2)"],
      shell: ["setpriv --regid=0 --reuid=0 --keep-groups \"$@\""])
  }
}
