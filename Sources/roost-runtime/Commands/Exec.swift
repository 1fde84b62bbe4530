// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import ContainerRuntime
internal import Linux
internal import OCI
internal import SafePath

extension Command {
  static let exec = Command(
    name: "exec", usage: "[options] ID COMMAND [arguments]", summary: "start another process in a container",
    options: [
      .value("process", "p", "file with the process as in config.json"),
      .flag("detach", "d", "return when the process runs"),
      .flag("tty", "t", "give it a terminal"),
      .value("user", "u", "UID[:GID]"),
      .value("additional-gids", "g", "additional group, may be repeated"),
      .value("env", "e", "NAME=VALUE, may be repeated"),
      .value("cwd", nil, "working directory"),
      .value("cap", "c", "additional capability, may be repeated"),
      .flag("no-new-privs", nil, "set no_new_privs"),
      .value("process-label", nil, "SELinux label"),
      .value("apparmor", nil, "AppArmor profile"),
      .value("console-socket", nil, "socket that gets the terminal"),
      .value("pidfd-socket", nil, "socket that gets a descriptor of the process"),
      .value("pid-file", nil, "file that gets the process id"),
      .value("preserve-fds", nil, "pass so many descriptors after the standard streams"),
      .value("cgroup", nil, "[CONTROLLERS:]PATH below the container's cgroup, may be repeated"),
      .flag("ignore-paused", nil, "also in a paused container"),
      .flag("trace", nil, "print the time of each step"),
    ], interspersed: false, failureStatus: RuntimeError.execFailureStatus
  ) { (context) throws(CommandFailure) in
    let id = try context.containerID()
    // The new process is in the container's PID namespace before it is the container's program.
    try OwnBinary.protect()
    _ = try context.preservedDescriptors()
    let containers = try context.containers()
    var options = Joining.Options()
    options.detach = try context.arguments.flag("detach")
    options.pidFile = context.arguments.value("pid-file")
    options.pidfdSocket = context.arguments.value("pidfd-socket")
    options.cgroups = context.arguments.all("cgroup")
    options.ignoresPaused = try context.arguments.flag("ignore-paused")
    options.trace = try context.trace()
    let joining = try attempt { () throws(RuntimeError) in try containers.join(id, options: options) }
    let process = try ExecProcess(context).process(in: joining.spec)
    let plan = try context.plan(process, in: joining.spec, id: id)
    let console = try context.console(terminal: process.terminal, detached: options.detach)
    return try attempt { () throws(RuntimeError) in try joining.run(plan, console: console)?.shellStatus ?? 0
    }
  }
}
