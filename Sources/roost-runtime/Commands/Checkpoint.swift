// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerRuntime
internal import Linux
internal import OCI

extension Command {
  static let checkpoint = Command(
    name: "checkpoint", usage: "[options] ID",
    summary: "dump a running container into files, with the criu program",
    options: CriuArguments.common + [
      .value("parent-path", nil, "image of an earlier --pre-dump, relative to this one"),
      .flag("leave-running", nil, "let the container go on"),
      .flag("pre-dump", nil, "dump only the memory, and let the container go on"),
      .value("page-server", nil, "ADDRESS:PORT that gets the memory"),
      .value("status-fd", nil, "descriptor that gets a zero byte when lazy pages can be asked for"),
      .flag("tcp-skip-in-flight", nil, "without connections that are being made"),
    ]
  ) { (context) throws(CommandFailure) in
    try context.expect(positional: 1...1)
    let id = try context.containerID()
    var options = try CriuArguments.options(context)
    options.leaveRunning = try context.arguments.flag("leave-running")
    options.preDump = try context.arguments.flag("pre-dump")
    options.parentPath = context.arguments.value("parent-path")
    if let path = options.parentPath, path.utf8.first == 0x2F {
      throw CommandFailure("--parent-path \(path): expected a path relative to --image-path")
    }
    if let server = context.arguments.value("page-server") {
      let port = server.split(separator: ":").last.flatMap { UInt16($0) }
      guard server.contains(":"), port != nil else {
        throw CommandFailure("--page-server: expected ADDRESS:PORT, found \"\(server)\"")
      }
      options.pageServer = server
    }
    let containers = try context.containers()
    let warnings = try attempt { () throws(RuntimeError) in try containers.checkpoint(id, options) }
    warnings.forEach(context.log.warning)
    return 0
  }

  static let restore = Command(
    name: "restore", usage: "[options] ID",
    summary: "make a container from a checkpoint, with the criu program",
    options: CriuArguments.common + [
      .value("bundle", "b", "directory with config.json (default: the working directory)"),
      .value("config", "f", "configuration to use instead of the bundle's config.json"),
      .flag("detach", "d", "return when the container runs"),
      .value("pid-file", nil, "file that gets the process id"),
      .value("console-socket", nil, "refused: a terminal cannot be restored"),
      .flag("no-pivot", nil, "accepted for compatibility"),
      .flag("no-subreaper", nil, "accepted for compatibility"),
      .flag("tcp-close", nil, "close TCP connections instead of restoring them"),
      .value("lsm-profile", nil, "TYPE:NAME of another security profile"),
      .value("lsm-mount-context", nil, "another SELinux context for mounts"),
    ]
  ) { (context) throws(CommandFailure) in
    try context.expect(positional: 1...1)
    let id = try context.containerID()
    let bundle = try Bundle(path: context.arguments.value("bundle"), context)
    if context.arguments.value("console-socket") != nil || bundle.spec.process?.terminal == true {
      throw CommandFailure("a container with a terminal cannot be restored (config.json: /process/terminal)")
    }
    if try CgroupManager(context) == .systemd {
      throw CommandFailure(
        "--systemd-cgroup: a container is restored into cgroups of the runtime's own; leave it out")
    }
    let criu = try CriuArguments.options(context)
    var options = Restoration.Options()
    options.detach = try context.arguments.flag("detach")
    options.pidFile = context.arguments.value("pid-file")
    options.warn = { $0.forEach(context.log.warning) }
    let planner = Planner(context)
    let restoration = Restoration(
      id, bundle: bundle.path, bundle.spec, configuration: bundle.configuration,
      cgroups: try planner.cgroupPlan(bundle.spec, id: id, planner.host()), options: options)
    let containers = try context.containers()
    let status = try attempt { () throws(RuntimeError) in try restoration.run(criu, in: containers.store) }
    return status?.shellStatus ?? 0
  }
}
