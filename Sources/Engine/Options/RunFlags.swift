// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI

/// The flags of `roost run`, spelled and behaving as Docker's; those that Docker lacks say so in their help.
public enum RunFlags {
  public static let table = FlagTable<RunOptions>(
    life + streams + process + files + RootFlags.flags + rights + NetworkFlags.flags + resources,
    unavailable: unavailable)

  private typealias Options = RunOptions

  private static let life: [FlagDefinition<RunOptions>] = {
    let group = "Container"
    return [
      FlagDefinition("name", value: "NAME", in: group, help: "Name the container; generated when not given") {
        (o: inout Options, v) throws(EngineError) in
        try ContainerName.check(v)
        o.name = v
      },
      FlagDefinition("rm", in: group, help: "Remove the container when it ends") {
        $0.removesAfterwards = $1
      },
      FlagDefinition("detach", "d", in: group, help: "Run in the background (not available yet)") {
        $0.detaches = $1
      },
      FlagDefinition(
        "settings", value: "DIR", in: group,
        help: "Run a container directory: its settings file and chroot/ (no ROOT)"
      ) {
        (o: inout Options, v) throws(EngineError) in o.settings = try path(v)
      },
      FlagDefinition("init", in: group, help: "Run a small init as process 1 that reaps and forwards signals")
      {
        $0.usesInit = $1
      },
      FlagDefinition(
        "stop-signal", value: "SIGNAL", in: group, help: "What `roost stop` sends; TERM unless given"
      ) {
        (o: inout Options, v) throws(EngineError) in o.stopSignal = try SignalName.parse(v)
      },
      FlagDefinition(
        "stop-timeout", value: "SECONDS", in: group, help: "How long `roost stop` waits; 10 unless given"
      ) {
        (o: inout Options, v) throws(EngineError) in
        o.stopTimeoutSeconds = try integer(v, in: -1...Int32.max)
      },
      FlagDefinition("sig-proxy", in: group, help: "Pass signals on to the container; on unless =false") {
        $0.forwardsSignals = $1
      },
      FlagDefinition("label", "l", value: "KEY=VALUE", in: group, help: "Attach a label") {
        (o: inout Options, v) throws(EngineError) in try set(try pair(v), in: &o.labels)
      },
      FlagDefinition(
        "annotation", value: "KEY=VALUE", in: group, help: "Add an annotation to the OCI configuration"
      ) {
        (o: inout Options, v) throws(EngineError) in try set(try pair(v), in: &o.annotations)
      },
      FlagDefinition("cidfile", value: "FILE", in: group, help: "Write the container's id to a new file") {
        (o: inout Options, v) throws(EngineError) in o.idFile = try path(v)
      },
      FlagDefinition("pidfile", value: "FILE", in: group, help: "Write the first process's id to a file") {
        (o: inout Options, v) throws(EngineError) in o.pidFile = try path(v)
      },
      FlagDefinition(
        "runtime", value: "PATH", in: group, help: "Use another OCI runtime, such as runc or crun"
      ) {
        (o: inout Options, v) throws(EngineError) in o.runtime = try path(v)
      },
      FlagDefinition("quiet", "q", in: group, help: "Show no progress") { $0.quiet = $1 },
      FlagDefinition(
        "step", in: group, help: "Stop before each group of steps, look around, go on or end it"
      ) {
        $0.steps = $1
      },
    ]
  }()

  private static let streams: [FlagDefinition<RunOptions>] = {
    let group = "Terminal"
    return [
      FlagDefinition("interactive", "i", in: group, help: "Keep standard input open") { $0.interactive = $1 },
      FlagDefinition("tty", "t", in: group, help: "Give the container a terminal") { $0.terminal = $1 },
    ]
  }()

  private static let process: [FlagDefinition<RunOptions>] = {
    let group = "Process"
    return [
      FlagDefinition(
        "env", "e", value: "KEY[=VALUE]", in: group, help: "Set a variable, or pass on the caller's"
      ) {
        (o: inout Options, v) throws(EngineError) in o.environment.append(try EnvironmentEntry.parse(v))
      },
      FlagDefinition(
        "env-file", value: "FILE", in: group, help: "Set variables from a file of KEY=VALUE lines"
      ) {
        (o: inout Options, v) throws(EngineError) in o.environmentFiles.append(try path(v))
      },
      FlagDefinition(
        "workdir", "w", value: "PATH", in: group, help: "Start in this directory of the container"
      ) {
        (o: inout Options, v) throws(EngineError) in
        guard v.utf8.first == Byte.slash else { throw EngineError("the path must be absolute") }
        o.workingDirectory = cleaned(absolutePath: try path(v))
      },
      FlagDefinition(
        "user", "u", value: "USER[:GROUP]", in: group, help: "Run as this user, by name or number"
      ) {
        (o: inout Options, v) throws(EngineError) in o.user = try UserRequest.parse(v)
      },
      FlagDefinition("group-add", value: "GROUP", in: group, help: "Join a further group, by name or number")
      {
        (o: inout Options, v) throws(EngineError) in o.additionalGroups.append(try Identity.parse(v))
      },
      FlagDefinition("umask", value: "OCTAL", in: group, help: "The file mode mask; 0022 unless given") {
        (o: inout Options, v) throws(EngineError) in
        let mask = try FileMode.parse(v)
        guard mask <= 0o777 else { throw EngineError("a mask ends at 0777") }
        o.umask = mask
      },
      FlagDefinition(
        "entrypoint", value: "PROGRAM", in: group, help: "Run this program; COMMAND becomes its arguments"
      ) {
        $0.entrypoint = $1
      },
      FlagDefinition(
        "ulimit", value: "NAME=SOFT[:HARD]", in: group, help: "Set a resource limit, as in nofile=1024:4096"
      ) {
        (o: inout Options, v) throws(EngineError) in
        let limit = try UlimitFlag.parse(v)
        o.limits.removeAll { $0.type == limit.type }
        o.limits.append(limit)
      },
      FlagDefinition(
        "oom-score-adj", value: "NUMBER", in: group, help: "Prefer (1000) or spare (-1000) when memory is out"
      ) {
        (o: inout Options, v) throws(EngineError) in
        o.outOfMemoryAdjustment = try integer(v, in: -1000...1000)
      },
    ]
  }()

  private static let files: [FlagDefinition<RunOptions>] = {
    let group = "File systems"
    return [
      FlagDefinition(
        "volume", "v", value: "HOST:PATH[:OPTIONS]", in: group, help: "Show a file or directory of the host"
      ) {
        (o: inout Options, v) throws(EngineError) in o.mounts.append(try MountRequest.volume(v))
      },
      FlagDefinition("mount", value: "type=…,KEY=VALUE…", in: group, help: "Mount: type=bind or type=tmpfs") {
        (o: inout Options, v) throws(EngineError) in o.mounts.append(try MountRequest.mount(v))
      },
      FlagDefinition("tmpfs", value: "PATH[:OPTIONS]", in: group, help: "Mount a file system in memory") {
        (o: inout Options, v) throws(EngineError) in o.mounts.append(try MountRequest.tmpfs(v))
      },
      FlagDefinition("read-only", in: group, help: "Make the root file system read-only") {
        $0.readOnlyRoot = $1
      },
      FlagDefinition(
        "overlay", in: group, help: "Leave a root directory untouched: write to a layer of its own"
      ) {
        $0.usesOverlay = $1
      },
      FlagDefinition("shm-size", value: "SIZE", in: group, help: "Size of /dev/shm; 64m unless given") {
        (o: inout Options, v) throws(EngineError) in
        o.sharedMemoryBytes = try SizeText.parse(v)
        if o.sharedMemoryBytes == 0 { throw EngineError("the size must be above zero") }
      },
    ]
  }()

  private static let rights: [FlagDefinition<RunOptions>] = {
    let group = "Rights"
    return [
      FlagDefinition("cap-add", value: "NAME", in: group, help: "Add a capability, or ALL") {
        (o: inout Options, v) throws(EngineError) in o.capabilitiesToAdd += try capabilities(v)
      },
      FlagDefinition("cap-drop", value: "NAME", in: group, help: "Drop a capability, or ALL") {
        (o: inout Options, v) throws(EngineError) in o.capabilitiesToDrop += try capabilities(v)
      },
      FlagDefinition(
        "privileged", in: group, help: "All capabilities and devices, no seccomp, nothing masked"
      ) {
        $0.privileged = $1
      },
      FlagDefinition(
        "security-opt", value: "OPTION", in: group, help: "no-new-privileges, seccomp, systempaths, mask, …"
      ) {
        (o: inout Options, v) throws(EngineError) in try o.security.apply(v)
      },
      FlagDefinition(
        "userns", value: "MODE", in: group, help: "host, or auto for ids that nobody else on the machine has"
      ) {
        (o: inout Options, v) throws(EngineError) in o.userNamespace.mode = try UserNamespaceOptions.mode(v)
      },
      FlagDefinition(
        "uidmap", value: "CONTAINER:HOST[:COUNT]", in: group,
        help: "Show users of the host under other numbers"
      ) {
        (o: inout Options, v) throws(EngineError) in
        o.userNamespace.users.append(try UserNamespaceOptions.mapping(v))
      },
      FlagDefinition(
        "gidmap", value: "CONTAINER:HOST[:COUNT]", in: group, help: "The same for groups"
      ) {
        (o: inout Options, v) throws(EngineError) in
        o.userNamespace.groups.append(try UserNamespaceOptions.mapping(v))
      },
      FlagDefinition(
        "seccomp-trace", nil, aliases: [], .toggle, "", in: group,
        help: "Tell which calls the seccomp profile refuses; =FILE: there"
      ) {
        (o: inout Options, v) throws(EngineError) in
        o.seccompTrace =
          switch boolean(v) {
          case true?: .standardError
          case false?: nil
          case nil: .file(try path(v))
          }
      },
      FlagDefinition(
        "allow-path", value: "PATH[:ro|rx|rw|rwx]", in: group,
        help: "Close all files but these, rx unless given (Landlock)"
      ) {
        (o: inout Options, v) throws(EngineError) in try o.allowPath(v)
      },
      FlagDefinition(
        "allow-tcp", value: "[connect:|bind:]PORT", in: group,
        help: "Close all TCP ports but these, or with none every one (Landlock)"
      ) {
        (o: inout Options, v) throws(EngineError) in try o.allowPort(v)
      },
      FlagDefinition("device", value: "HOST[:PATH[:rwm]]", in: group, help: "Add a device of the host") {
        (o: inout Options, v) throws(EngineError) in o.devices.append(try DeviceRequest.parse(v))
      },
      FlagDefinition(
        "sysctl", value: "KEY=VALUE", in: group, help: "Set a kernel parameter of the container's own"
      ) {
        (o: inout Options, v) throws(EngineError) in try set(try SysctlFlag.parse(v), in: &o.sysctls)
      },
    ]
  }()
}
