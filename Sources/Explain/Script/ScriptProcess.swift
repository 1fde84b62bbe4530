// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import Linux
internal import OCI

// Names, limits and rights: commands that change something about themselves and execute the next.
extension Scripter {
  mutating func translateProcess(_ step: Step) {
    switch step {
    case .setSysctls(let pairs):
      for pair in pairs {
        let path = String(decoding: pair.key.utf8.map { $0 == 0x2E ? 0x2F : $0 }, as: UTF8.self)
        inside.append("printf %s \(Quoting.shell(pair.value)) > \(Quoting.shell("/proc/sys/" + path))")
      }
    case .setHostname(let name): inside.append("hostname \(Quoting.shell(name))")
    case .setDomainname(let name): inside.append("domainname \(Quoting.shell(name))")
    case .bringLoopbackUp: inside.append("ip link set lo up")
    case .setPersonality(let domain): wrappers.append("setarch \(domain == .linux32 ? "linux32" : "linux64")")
    case .setIOPriority(let priority):
      let number =
        switch priority.class {
        case .realtime: 1
        case .bestEffort: 2
        case .idle: 3
        }
      wrappers.append("ionice -c \(number)" + (number == 3 ? "" : " -n \(priority.priority)"))
    case .setRlimits(let limits):
      let options = limits.map { limit in
        let name = limit.type.rawValue.utf8.dropFirst("RLIMIT_".utf8.count)
        let lower = String(decoding: name.map { $0 | 0x20 }, as: UTF8.self)
        return "--\(lower)=\(Step.limit(limit.soft)):\(Step.limit(limit.hard))"
      }
      wrappers.append("prlimit " + options.joined(separator: " "))
    case .setMemoryPolicy, .setScheduler: borrowed(step)
    case .setStandardStreams(let terminal, let owner):
      guard !terminal, owner != 0 else { return }
      inside.append(
        "for fd in 0 1 2; do [ ! -p /proc/self/fd/$fd ] || chown \(owner) /proc/self/fd/$fd; done")
    case .setUmask(let mask): finish.append("umask \(Words.octal(mask))")
    case .changeDirectory(let path):
      inside += ["place \(Quoting.shell(path == "/" ? "" : path))", "mkdir -p -- \"$at\"; cd -- \"$at\""]
    case .setAppArmorProfile(let profile): privileges.append("--apparmor-profile=\(Quoting.shell(profile))")
    case .setSELinuxLabel(let label): privileges.append("--selinux-label=\(Quoting.shell(label))")
    case .limitBoundingSet(let mask): privileges.append("--bounding-set=\(names(mask))")
    case .setUser(let user, _, let setGroups):
      let groups = user.additionalGids.map { "\($0)" }.joined(separator: ",")
      privileges += [
        "--reuid=\(user.uid)", "--regid=\(user.gid)",
        !setGroups ? "--keep-groups" : groups.isEmpty ? "--clear-groups" : "--groups=\(groups)",
      ]
    case .setCapabilities(let sets, let ambient):
      privileges.append("--inh-caps=\(names(sets.inheritable))")
      if !ambient.isEmpty { privileges.append("--ambient-caps=\(names(ambient))") }
    case .setNoNewPrivileges: privileges.append("--no-new-privs")
    case .execute(let arguments, let environment, _): program = (arguments, environment)
    default: break
    }
  }

  /// What the explanation already has a command for, up to the program that it executes.
  private mutating func borrowed(_ step: Step) {
    let draft = Explainer(plan).explain(PlannedStep(.container, step), at: 0)
    guard let command = draft.shell.first, command.utf8.reversed().starts(with: " \"$@\"".utf8.reversed())
    else { return }
    wrappers.append(String(decoding: command.utf8.dropLast(5), as: UTF8.self))
  }

  private func names(_ mask: CapabilityMask) -> String {
    let names = Words.capabilities(mask).map { name in
      name.utf8.starts(with: "CAP_".utf8)
        ? "+" + String(decoding: name.utf8.dropFirst(4).map { $0 == 0x5F ? 0x5F : $0 | 0x20 }, as: UTF8.self)
        : "+cap_\(name)"
    }
    return (["-all"] + names).joined(separator: ",")
  }
}
