// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import Linux
internal import OCI

// Who the program is, and what it may do.
extension Explainer {
  func changeDirectory(_ path: String) -> Draft {
    Draft(
      "Change to the working directory \(Quoting.plain(path))",
      why:
        "Before the change of user: a directory that only root may enter, or make, is a valid place to start in."
        + (path == "/"
          ? ""
          : " One that is closed to root is tried again as the user. Afterwards the kernel is asked for its name: a directory "
            + "outside the root, reached through a descriptor that was left open, has none (CVE-2024-21626)."),
      calls: ["chdir(\(Quoting.c(path)))"] + (path == "/" ? [] : ["getcwd() = \(Quoting.c(path))"]),
      manual: ["chdir(2)", "getcwd(3)"],
      shell: (path == "/" ? [] : ["mkdir -p \(Quoting.shell(path))"]) + ["cd \(Quoting.shell(path))"])
  }

  func setAppArmorProfile(_ profile: String) -> Draft {
    Draft(
      "Name the AppArmor profile \(Quoting.plain(profile))",
      why: labelReason,
      calls: ["write(\"/proc/thread-self/attr/apparmor/exec\", \(Quoting.c("exec " + profile)))"],
      manual: ["apparmor(7)", "aa_change_onexec(2)"],
      shell: ["aa-exec -p \(Quoting.shell(profile)) -- \"$@\""])
  }

  func setSELinuxLabel(_ label: String) -> Draft {
    Draft(
      "Name the SELinux context \(Quoting.plain(label))",
      why: labelReason, calls: ["write(\"/proc/thread-self/attr/exec\", \(Quoting.c(label)))"],
      manual: ["selinux(8)", "setexeccon(3)"], shell: ["runcon \(Quoting.shell(label)) \"$@\""])
  }

  private var labelReason: String {
    "It takes effect at execve(2), so what the runtime does until then is not confined by it. Written through a proc "
      + "file system of its own: a fake one would take the label, and the program would run without it "
      + "(CVE-2019-16884)."
  }

  func setRlimits(_ limits: [Rlimit]) -> Draft {
    func word(_ value: UInt64) -> String { value == .max ? "RLIM_INFINITY" : "\(value)" }
    func option(_ limit: Rlimit) -> String {
      let name = limit.type.rawValue.dropFirst("RLIMIT_".utf8.count).lowercased()
      return "--\(name)=\(Step.limit(limit.soft)):\(Step.limit(limit.hard))"
    }
    return Draft(
      "Set \(limits.count) resource limit\(limits.count == 1 ? "" : "s")",
      why:
        "After all that needs files and memory itself, and before the change of user: raising a hard limit takes "
        + "CAP_SYS_RESOURCE.",
      calls: limits.map {
        "prlimit64(0, \($0.type.rawValue), {rlim_cur=\(word($0.soft)), rlim_max=\(word($0.hard))}, NULL)"
      },
      manual: ["prlimit(2)"], shell: ["prlimit --pid \"$$\" \(limits.map(option).joined(separator: " "))"],
      details: limits.enumerated().map {
        (
          "\($1.type.rawValue) = \(Step.limit($1.soft)), at most \(Step.limit($1.hard))",
          "/process/rlimits/\($0)"
        )
      })
  }

  func limitBoundingSet(_ mask: CapabilityMask) -> Draft {
    let kept = Words.capabilities(mask)
    let names = kept.map { "+" + $0.dropFirst(4).lowercased() }
    return Draft(
      kept.isEmpty
        ? "Remove every capability from the bounding set"
        : "Remove all but \(list(kept)) from the bounding set",
      why:
        "What is not in this set cannot be had again, not even by executing a set-user-ID or file-capability program. "
        + "Before the other sets: dropping needs CAP_SETPCAP.",
      calls: ["prctl(PR_CAPBSET_DROP, cap) /* each of the others */"],
      manual: ["capabilities(7)", "PR_CAPBSET_DROP(2const)"],
      shell: ["setpriv --bounding-set=\((["-all"] + names).joined(separator: ",")) \"$@\""])
  }

  func setUser(_ user: User, _ keep: Bool, _ setGroups: Bool) -> Draft {
    let groups = user.additionalGids.map { "\($0)" }
    let groupOption =
      !setGroups
      ? "--keep-groups" : groups.isEmpty ? "--clear-groups" : "--groups=\(groups.joined(separator: ","))"
    return Draft(
      "Become uid \(user.uid), gid \(user.gid)",
      why: "Groups first, then the user: afterwards there is no right to change groups. "
        + (setGroups
          ? "The caller's supplementary groups go, since each would open its files to the program."
          : "The supplementary groups stay: setgroups(2) is denied in an ordinary user's user namespace.")
        + (keep
          ? " The kernel clears the capabilities of who leaves uid 0; PR_SET_KEEPCAPS keeps the permitted ones."
          : ""),
      calls: (keep ? ["prctl(PR_SET_KEEPCAPS, 1)"] : [])
        + (setGroups ? ["setgroups(\(groups.count), [\(groups.joined(separator: ", "))])"] : [])
        + [
          "setresgid(\(user.gid), \(user.gid), \(user.gid))",
          "setresuid(\(user.uid), \(user.uid), \(user.uid))",
        ],
      manual: ["credentials(7)", "setresuid(2)", "setgroups(2)"],
      shell: ["setpriv --reuid=\(user.uid) --regid=\(user.gid) \(groupOption) \"$@\""])
  }

  func setCapabilities(_ sets: CapabilitySets, _ ambient: CapabilityMask) -> Draft {
    let masks = [
      ("effective", sets.effective), ("permitted", sets.permitted), ("inheritable", sets.inheritable),
    ]
    func words(_ mask: CapabilityMask) -> String {
      mask.isEmpty ? "0" : Words.capabilities(mask).joined(separator: "|")
    }
    let fields = masks.map { "\($0)=\(words($1))" }.joined(separator: ", ")
    let raised = Words.capabilities(ambient)
    let added = raised.isEmpty ? "" : " --addamb=" + raised.map { $0.lowercased() }.joined(separator: ",")
    return Draft(
      sets.permitted.isEmpty ? "Give up all capabilities" : "Keep exactly the configured capabilities",
      why:
        "After the change of user, which would have cleared them, and after the last step that needs one which is not "
        + "kept. What the runtime itself lacks is left out."
        + (raised.isEmpty
          ? ""
          : " Ambient ones survive the execve(2) of an ordinary program (Linux 4.3); they must be "
            + "permitted and inheritable already."),
      calls: [
        "capget({_LINUX_CAPABILITY_VERSION_3, 0})", "capset({_LINUX_CAPABILITY_VERSION_3, 0}, {\(fields)})",
      ]
        + raised.map { "prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, \($0))" },
      manual: ["capabilities(7)", "capset(2)"],
      shell: ["capsh --caps=\(Quoting.shell(text(sets)))\(added) -- -c 'exec \"$@\"' sh \"$@\""],
      details: (masks + [("ambient", ambient)]).filter { !$0.1.isEmpty }.map {
        ("\($0.0): \(Words.capabilities($0.1).joined(separator: " "))", "/process/capabilities/\($0.0)")
      })
  }

  /// The form of cap_from_text(3).
  private func text(_ sets: CapabilitySets) -> String {
    var clauses: [String] = ["="]
    for (index, name) in CapabilityName.all.enumerated() {
      let bit = CapabilityMask(number: index)
      let flags =
        (sets.effective.contains(bit) ? "e" : "") + (sets.inheritable.contains(bit) ? "i" : "")
        + (sets.permitted.contains(bit) ? "p" : "")
      if !flags.isEmpty { clauses.append("\(name.lowercased())+\(flags)") }
    }
    return clauses.joined(separator: " ")
  }

  func setNoNewPrivileges() -> Draft {
    Draft(
      "Promise never to gain privileges again",
      why:
        "The kernel holds the process and all its children to it: set-user-ID bits and file capabilities have no "
        + "effect at any later execve(2) (Linux 3.5). Once promised, a process without CAP_SYS_ADMIN may load a filter, "
        + "so that can wait until the very end.",
      calls: ["prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)"], manual: ["PR_SET_NO_NEW_PRIVS(2const)", "prctl(2)"],
      shell: ["setpriv --no-new-privs \"$@\""])
  }

  func setUmask(_ mask: UInt32) -> Draft {
    Draft(
      "Set the file mode creation mask \(Words.octal(mask))",
      why: "After the last file that the runtime makes: until here modes are meant as they are given.",
      calls: ["umask(\(Words.octal(mask)))"], manual: ["umask(2)"], shell: ["umask \(Words.octal(mask))"])
  }
}
