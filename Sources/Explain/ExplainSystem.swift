// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import Linux
internal import OCI

// Names, kernel parameters, and how the process is scheduled.
extension Explainer {
  func setSysctls(_ pairs: [KeyValue]) -> Draft {
    func path(_ key: String) -> String {
      "sys/" + String(decoding: key.utf8.map { $0 == 0x2E ? 0x2F : $0 }, as: UTF8.self)
    }
    return Draft(
      "Set \(pairs.count) kernel parameter\(pairs.count == 1 ? "" : "s")",
      why:
        "Inside the namespaces that they belong to, and before /proc/sys becomes read-only. Through a proc file system "
        + "that was mounted for this and that nobody else can reach: in the container's /proc a write can be led to "
        + "another file, such as /proc/sysrq-trigger (CVE-2025-52881).",
      calls: [
        "fsopen(\"proc\", FSOPEN_CLOEXEC)",
        "fsmount(context, FSMOUNT_CLOEXEC, "
          + "MOUNT_ATTR_NOSUID|MOUNT_ATTR_NODEV|MOUNT_ATTR_NOEXEC)",
      ]
        + pairs.flatMap {
          [
            "openat2(proc, \(Quoting.c(path($0.key))), {flags=O_WRONLY|O_CLOEXEC, "
              + "resolve=RESOLVE_BENEATH|RESOLVE_NO_MAGICLINKS|RESOLVE_NO_XDEV}, 24)",
            "write(file, \(Quoting.c($0.value)))",
          ]
        },
      manual: ["proc_sys(5)", "sysctl(8)"],
      shell: pairs.map { "sysctl -w \(Quoting.shell("\($0.key)=\($0.value)"))" },
      details: pairs.map {
        (Quoting.plain("\($0.key) = \($0.value)"), "/linux/sysctl/\(pointerToken($0.key))")
      })
  }

  /// RFC 6901: `~` and `/` are escaped.
  private func pointerToken(_ key: String) -> String {
    var token = ""
    for scalar in key.unicodeScalars {
      switch scalar {
      case "~": token += "~0"
      case "/": token += "~1"
      default: token.unicodeScalars.append(scalar)
      }
    }
    return token
  }

  func setHostname(_ name: String) -> Draft {
    Draft(
      "Set the host name to \(Quoting.plain(name))",
      why:
        "In the container's own UTS namespace; without one this would rename the host, and the configuration is "
        + "refused. While the process still has CAP_SYS_ADMIN there.",
      calls: ["sethostname(\(Quoting.c(name)), \(name.utf8.count))"],
      manual: ["sethostname(2)", "uts_namespaces(7)"],
      shell: ["hostname \(Quoting.shell(name))"])
  }

  func setDomainname(_ name: String) -> Draft {
    Draft(
      "Set the NIS domain name to \(Quoting.plain(name))",
      why:
        "With the host name, and for the same reasons. It is not the domain of DNS, which is in /etc/resolv.conf.",
      calls: ["setdomainname(\(Quoting.c(name)), \(name.utf8.count))"],
      manual: ["setdomainname(2)", "uts_namespaces(7)"],
      shell: ["domainname \(Quoting.shell(name))"])
  }

  func bringLoopbackUp() -> Draft {
    Draft(
      "Bring the loopback interface up",
      why:
        "A new network namespace has one interface, lo, and it is down: without this the container cannot even reach "
        + "itself. The kernel gives it 127.0.0.1 when it comes up.",
      calls: [
        "socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, 0)",
        "ioctl(socket, SIOCSIFFLAGS, {ifr_name=\"lo\", IFF_UP})",
      ],
      manual: ["netdevice(7)", "network_namespaces(7)"], shell: ["ip link set lo up"])
  }

  func setPersonality(_ domain: PersonalityDomain) -> Draft {
    Draft(
      "Set the execution domain \(domain.rawValue)",
      why:
        "Before a system call filter could forbid it; execve(2) keeps it. With LINUX32, uname(2) reports a 32-bit "
        + "machine, which is what old build scripts look at.",
      calls: ["personality(\(domain == .linux32 ? "PER_LINUX32" : "PER_LINUX"))"], manual: ["personality(2)"],
      shell: ["setarch \(domain == .linux32 ? "linux32" : "linux64") \"$@\""])
  }

  func setMemoryPolicy(_ mode: MemoryPolicyMode, _ flags: [MemoryPolicyFlag], _ nodes: [UInt]) -> Draft {
    let list = Words.list(nodes.map { UInt64($0) })
    let words = ([mode.rawValue] + flags.map { $0.rawValue }).joined(separator: "|")
    let option: String? =
      switch mode {
      case .default: nil
      case .local: "--localalloc"
      case .bind: "--membind=\(list)"
      case .interleave: "--interleave=\(list)"
      case .weightedInterleave: "--weighted-interleave=\(list)"
      case .preferred: "--preferred=\(list)"
      case .preferredMany: "--preferred-many=\(list)"
      }
    return Draft(
      "Set the NUMA memory policy",
      why:
        "Inside the cpuset, whose nodes it chooses from. It holds for the process and what it starts; memory that is "
        + "in use already stays where it is.",
      calls: ["set_mempolicy(\(words), {\(list)}, \(nodes.count * UInt.bitWidth))"],
      manual: ["set_mempolicy(2)", "numa(7)"], shell: option.map { ["numactl \($0) \"$@\""] } ?? [])
  }

  func setScheduler(_ scheduler: Scheduler) -> Draft {
    var fields = ["size=\(56)", "sched_policy=\(scheduler.policy.rawValue)"]
    if !scheduler.flags.isEmpty {
      fields.append("sched_flags=\(scheduler.flags.map { $0.rawValue }.joined(separator: "|"))")
    }
    fields += ["sched_nice=\(scheduler.nice)", "sched_priority=\(scheduler.priority)"]
    if scheduler.policy == .deadline {
      fields.append("sched_runtime=\(scheduler.runtime), sched_deadline=\(scheduler.deadline)")
      fields.append("sched_period=\(scheduler.period)")
    }
    let reset = scheduler.flags.contains(.resetOnFork) ? " --reset-on-fork" : ""
    let command =
      switch scheduler.policy {
      case .other: "nice -n \(scheduler.nice) chrt\(reset) --other 0 \"$@\""
      case .batch: "nice -n \(scheduler.nice) chrt\(reset) --batch 0 \"$@\""
      case .fifo: "chrt\(reset) --fifo \(scheduler.priority) \"$@\""
      case .roundRobin: "chrt\(reset) --rr \(scheduler.priority) \"$@\""
      case .idle: "chrt\(reset) --idle 0 \"$@\""
      case .iso: "chrt --help"
      case .deadline:
        "chrt\(reset) --deadline --sched-runtime \(scheduler.runtime) --sched-deadline \(scheduler.deadline) "
          + "--sched-period \(scheduler.period) 0 \"$@\""
      }
    return Draft(
      "Set the scheduling policy \(scheduler.policy.rawValue)",
      why:
        "As late as possible, so that setting up does not run at the program's priority, and before CAP_SYS_NICE is "
        + "given up, which real-time policies need. The cgroup decides how much time there is, this how it is shared.",
      calls: ["sched_setattr(0, {\(fields.joined(separator: ", "))}, 0)"],
      manual: ["sched(7)", "sched_setattr(2)"],
      shell: [command])
  }

  func setIOPriority(_ priority: IOPriority) -> Draft {
    let number =
      switch priority.class {
      case .realtime: 1
      case .bestEffort: 2
      case .idle: 3
      }
    return Draft(
      "Set the I/O priority \(priority.class.rawValue), \(priority.priority)",
      why:
        "With the scheduling, and before the real-time class would be refused for lack of CAP_SYS_ADMIN or CAP_SYS_NICE.",
      calls: [
        "ioprio_set(IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(\(priority.class.rawValue), \(priority.priority)))"
      ],
      manual: ["ioprio_set(2)"], shell: ["ionice -c \(number) -n \(priority.priority) \"$@\""])
  }

  func setCPUAffinity(_ mask: [UInt64]) -> Draft {
    let list = Words.list(mask)
    return Draft(
      "Run on the processors \(list)",
      why:
        "Once before and once after entering the cgroups, where the configuration says both: the first keeps joining "
        + "off processors that must not be disturbed, the second is checked against the container's cpuset.",
      calls: ["sched_setaffinity(0, \(mask.count * 8), {\(list)})"],
      manual: ["sched_setaffinity(2)", "cpuset(7)"],
      shell: ["taskset --pid --cpu-list \(list) \"$$\""])
  }

  func setOOMScoreAdjust(_ value: Int32) -> Draft {
    Draft(
      "Set oom_score_adj to \(value)",
      why:
        "Through the host's /proc, which is still the real one, and while the process has CAP_SYS_RESOURCE, which "
        + "lowering needs. It tells the kernel whom to end first when memory runs out.",
      calls: ["write(\"/proc/self/oom_score_adj\", \"\(value)\")"], manual: ["proc_pid_oom_score_adj(5)"],
      shell: ["echo \(value) > /proc/self/oom_score_adj"])
  }
}
