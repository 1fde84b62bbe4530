// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import Linux
internal import OCI

// What comes from outside and is neither a file nor a namespace: caches, network devices, a service manager's socket.
extension Explainer {
  func prepareResctrl(_ group: ResctrlGroup) -> Draft {
    let path = "/sys/fs/resctrl" + (group.name.isEmpty ? "" : "/" + group.name)
    let file = path + "/schemata"
    let what =
      group.isOwn
      ? "Make the control group \(Quoting.plain(path))" : "Use the control group \(Quoting.plain(path))"
    return Draft(
      what + " of cache and memory bandwidth",
      why:
        "Before the process, so that a value that the processor does not have is refused while there is nothing to take "
        + "back. A group that others use as well is not changed: it must have what the configuration says.",
      calls: (group.isOwn ? ["mkdirat(resctrl, \(Quoting.c(group.name)), 0755)"] : [])
        + group.schemata.map { "write(\(Quoting.c(file)), \(Quoting.c($0 + "\n")))" },
      manual: ["mkdir(2)"],
      shell: (group.isOwn ? ["mkdir \(Quoting.shell(path))"] : [])
        + group.schemata.map { "echo \(Quoting.shell($0)) > \(Quoting.shell(file))" })
  }

  func enterResctrl() -> Draft {
    Draft(
      "Put the process into its control group of cache and memory bandwidth",
      why: "As soon as its id is on record; all that it starts is in the group, too.",
      calls: ["write(tasks, \"PID\\n\")"], manual: ["write(2)"], shell: ["echo \"$PID\" > \"$GROUP/tasks\""])
  }

  func moveNetDevices(_ devices: [NetDevice]) -> Draft {
    Draft(
      "Move \(devices.count) network device\(devices.count == 1 ? "" : "s") into the container's network namespace",
      why:
        "By the runtime, which sees both namespaces, and before anything in the container could look for them. A device "
        + "loses its addresses and goes down when it moves: the permanent global ones are given back, and it is brought "
        + "up. All devices are looked for first, so that a missing one leaves the others where they are.",
      calls: devices.map {
        "sendto(rtnetlink, RTM_NEWLINK {\(Quoting.c($0.hostName)), IFLA_NET_NS_FD, IFLA_IFNAME=\(Quoting.c($0.name ?? $0.hostName))})"
      } + ["sendto(rtnetlink, RTM_NEWADDR {…})", "sendto(rtnetlink, RTM_NEWLINK {IFF_UP})"],
      manual: ["rtnetlink(7)", "network_namespaces(7)"],
      shell: devices.map {
        let name = $0.name.map { " name \(Quoting.shell($0))" } ?? ""
        return "ip link set \(Quoting.shell($0.hostName)) netns \"$PID\"\(name)"
      })
  }

  func openNotifyDirectory() -> Draft {
    Draft(
      "Open the directory for the service manager's socket as a detached mount",
      why:
        "The caller was started by a service manager that wants to hear when the program is ready. The manager's own "
        + "socket stays outside: the runtime listens on one of the container's and passes on what it understands.",
      calls: [
        "mkdirat(state, \"notify\", 0755)", "open_tree(state, \"notify\", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC)",
      ],
      manual: ["sd_notify(3)", "open_tree(2)"], shell: ["mkdir -p notify"])
  }

  func mountNotifyDirectory() -> Draft {
    Draft(
      "Attach the directory of the service manager's socket at \(NotifyDirectory.destination)",
      why:
        "After the configuration's mounts, which could cover it. The socket itself is made by `start` or `run`, when "
        + "somebody listens.",
      calls: [Calls.openInRoot(NotifyDirectory.destination), Calls.attach], manual: ["move_mount(2)"],
      shell: ["mount --bind notify \(shellPath(NotifyDirectory.destination))"])
  }
}
