// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Cgroups
internal import ContainerPlan
internal import Linux
internal import OCI

// What is mounted inside the root.
extension Explainer {
  /// Said once, where it first matters.
  private func verifiedTarget(_ mount: PlannedMount) -> String {
    let first = plan.steps.first { if case .mount = $0.action { true } else { false } }
    if first?.action != .mount(mount) { return "Its destination is opened inside the root, as before. " }
    return
      "The destination is opened as the container would resolve it, inside the root, and the mount goes onto that "
      + "descriptor: a link in the image, exchanged at the right moment, leads nowhere else (CVE-2021-30465). "
      + "Mounts come in the configuration's order, as later ones lie inside earlier ones. "
  }

  func mount(_ mount: PlannedMount) -> Draft {
    switch mount.content {
    case .fileSystem(let type, let source, let parameters): fileSystem(mount, type, source, parameters)
    case .bind(let source, let recursive): bind(mount, source, recursive)
    case .bindInside(let path, let recursive): bindInside(mount, path, recursive)
    case .cgroups: cgroupMount(mount)
    case .remount: remount(mount)
    }
  }

  private func fileSystem(
    _ mount: PlannedMount, _ type: String, _ source: String, _ parameters: [PlannedMount.Parameter]
  ) -> Draft {
    let settings = [PlannedMount.Parameter("source", source)] + parameters
    let configured = settings.map { parameter in
      parameter.value.map {
        "fsconfig(context, FSCONFIG_SET_STRING, \(Quoting.c(parameter.key)), \(Quoting.c($0)), 0)"
      } ?? "fsconfig(context, FSCONFIG_SET_FLAG, \(Quoting.c(parameter.key)), NULL, 0)"
    }
    let first = mount.copyUp ? mount.attributes.setting.subtracting(.readOnly) : mount.attributes.setting
    var calls =
      [Calls.openInRoot(mount.destination), "fsopen(\(Quoting.c(type)), FSOPEN_CLOEXEC)"] + configured
    calls.append("fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0)")
    calls.append("fsmount(context, FSMOUNT_CLOEXEC, \(Words.kernelNames(first)))")
    if mount.copyUp {
      calls.append("openat(target, …), openat(mount, …), copy /* what the image has there */")
      if mount.attributes.setting.contains(.readOnly) {
        calls.append(Calls.setattr("mount", .init(setting: .readOnly), recursive: false))
      }
    }
    if let mapping = mount.idMapping { calls += Calls.idMapping(mapping, recursive: false) }
    calls.append(Calls.attach)
    let options =
      parameters.map { $0.words } + Words.options(mount.attributes).filter { $0 != "ro" || !mount.copyUp }
    let target = shellPath(mount.destination)
    return Draft(
      "Mount a \(Quoting.plain(type)) at \(Quoting.plain(mount.destination))",
      why: reason(type) + verifiedTarget(mount) + "It is attached when it is complete, with its attributes"
        + (mount.copyUp ? " and with a copy of what the image has there" : "")
        + ", and never seen without them.",
      calls: calls + Calls.afterAttaching(mount),
      manual: ["fsopen(2)", "fsconfig(2)", "fsmount(2)", "move_mount(2)"] + manual(type),
      shell: ["mkdir -p \(target)"] + (mount.copyUp ? ["cp -a \(target) \"$COPY\""] : [])
        + ["mount -t \(Quoting.shell(type))\(flag(options)) \(Quoting.shell(source)) \(target)"]
        + (mount.copyUp ? ["cp -a \"$COPY\"/. \(target)"] : [])
        + (mount.copyUp && mount.attributes.setting.contains(.readOnly)
          ? ["mount -o remount,bind,ro \(target)"] : []) + propagationCommands(mount, target))
  }

  private func flag(_ options: [String]) -> String {
    options.isEmpty ? "" : " -o " + Quoting.shell(options.joined(separator: ","))
  }

  private static let ordinaryDirectory =
    "An image that has a link there is refused: it could show another container's (CVE-2019-19921). "

  private func reason(_ type: String) -> String {
    switch type {
    case "proc":
      "It shows the processes of the PID namespace that the process is in. " + Explainer.ordinaryDirectory
    case "sysfs":
      "It shows the devices of the network namespace that the process is in. " + Explainer.ordinaryDirectory
    case "devpts": "Every instance has its own terminals since Linux 4.7: the host's are not among them. "
    case "mqueue": "It shows the message queues of the IPC namespace that the process is in. "
    default: ""
    }
  }

  private func manual(_ type: String) -> [String] {
    switch type {
    case "proc": ["proc(5)"]
    case "sysfs": ["sysfs(5)"]
    case "tmpfs": ["tmpfs(5)"]
    case "devpts": ["pts(4)"]
    case "mqueue": ["mq_overview(7)"]
    default: []
    }
  }

  private func propagationCommands(_ mount: PlannedMount, _ target: String) -> [String] {
    let recursive = Words.options(mount.recursiveAttributes)
    return
      (recursive.isEmpty
      ? []
      : ["mount -o remount,bind,\(recursive.map { $0 + "=recursive" }.joined(separator: ",")) \(target)"])
      + (mount.propagation.map { ["mount --make-\(Words.propagation($0)) \(target)"] } ?? [])
  }

  private func bind(_ mount: PlannedMount, _ source: String, _ recursive: Bool) -> Draft {
    let target = shellPath(mount.destination)
    let options = Words.options(mount.attributes)
    let map = mount.idMapping.map { mapping in
      let maps =
        mapping.uidMappings.map { "u:\($0.containerID):\($0.hostID):\($0.size)" }
        + mapping.gidMappings.map { "g:\($0.containerID):\($0.hostID):\($0.size)" }
      return " -o X-mount.idmap=" + Quoting.shell(maps.joined(separator: " "))
    }
    return Draft(
      "Attach \(Quoting.plain(source)) at \(Quoting.plain(mount.destination))",
      why: "The copy that was opened earlier, with its attributes set. " + verifiedTarget(mount)
        + "A missing destination is made, as a file or a directory like the source.",
      calls: [Calls.openInRoot(mount.destination), Calls.attach], manual: ["move_mount(2)", "openat2(2)"],
      shell: ["mount --\(recursive ? "r" : "")bind\(map ?? "") \(Quoting.shell(source)) \(target)"]
        + (options.isEmpty ? [] : ["mount -o remount,bind,\(options.joined(separator: ",")) \(target)"])
        + propagationCommands(mount, target))
  }

  func openInside(_ mount: PlannedMount) -> Draft {
    guard case .bindInside(let path, let recursive) = mount.content else {
      return Draft("Open nothing", why: "")
    }
    var unmapped = mount
    unmapped.idMapping = nil
    return Draft(
      "Open \(Quoting.plain(path)) of the container, which will appear at \(Quoting.plain(mount.destination))",
      why:
        "An earlier entry has put it into the root, hence only now, and by the container, whose mounts nobody else can "
        + "copy. No symbolic link is followed: what the ids of the host's files are mapped for is said by the configuration, "
        + "not by the image.",
      calls: [Calls.openInRoot(path), Calls.copyOfSource(recursive: recursive)]
        + Calls.attributesOfSource(unmapped),
      manual: ["open_tree(2)", "openat2(2)"])
  }

  func mapSource(_ mount: PlannedMount) -> Draft {
    Draft(
      "Map the ids of what will appear at \(Quoting.plain(mount.destination))",
      why:
        "By the runtime: it takes the right over the user namespace that the file system was mounted in, which for those "
        + "of the host the container has not.",
      calls: [
        "mount_setattr(source, \"\", AT_EMPTY_PATH\(mount.idMapping?.recursive == true ? "|AT_RECURSIVE" : ""), "
          + "{attr_set=MOUNT_ATTR_IDMAP, userns_fd=…}, 32)"
      ], manual: ["mount_setattr(2)", "user_namespaces(7)"])
  }

  private func bindInside(_ mount: PlannedMount, _ path: String, _ recursive: Bool) -> Draft {
    let target = shellPath(mount.destination)
    let options = Words.options(mount.attributes)
    if mount.isMappedByRuntime {
      return Draft(
        "Attach \(Quoting.plain(path)) of the container at \(Quoting.plain(mount.destination))",
        why: verifiedTarget(mount) + "The copy that was opened above, with its ids mapped.",
        calls: [Calls.openInRoot(mount.destination), Calls.attach], manual: ["move_mount(2)", "openat2(2)"],
        shell: ["mount --\(recursive ? "r" : "")bind \(shellPath(path)) \(target)"])
    }
    return Draft(
      "Attach \(Quoting.plain(path)) of the container at \(Quoting.plain(mount.destination))",
      why: verifiedTarget(mount)
        + "The source is what an earlier entry has put into the root, hence opened only now, and inside the root.",
      calls: [
        Calls.openInRoot(path), Calls.copyOfSource(recursive: recursive),
      ] + Calls.attributesOfSource(mount) + [Calls.openInRoot(mount.destination), Calls.attach],
      manual: ["open_tree(2)", "mount_setattr(2)", "move_mount(2)", "openat2(2)"],
      shell: ["mount --\(recursive ? "r" : "")bind \(shellPath(path)) \(target)"]
        + (options.isEmpty ? [] : ["mount -o remount,bind,\(options.joined(separator: ",")) \(target)"])
        + propagationCommands(mount, target))
  }

  private func remount(_ mount: PlannedMount) -> Draft {
    let target = shellPath(mount.destination)
    let options = Words.options(mount.attributes)
    return Draft(
      "Change the attributes of the mount at \(Quoting.plain(mount.destination))",
      why:
        "Nothing is mounted: what an earlier entry has put there gets other attributes, hence in this order.",
      calls: [Calls.openInRoot(mount.destination)]
        + (mount.attributes.isEmpty ? [] : [Calls.setattr("mount", mount.attributes, recursive: false)])
        + Calls.afterAttaching(mount),
      manual: ["mount_setattr(2)"],
      shell: (options.isEmpty ? [] : ["mount -o remount,bind,\(options.joined(separator: ",")) \(target)"])
        + propagationCommands(mount, target))
  }

  private func cgroupMount(_ mount: PlannedMount) -> Draft {
    let directories = Calls.visibleCgroups(plan)
    let isUnified = directories.first?.hierarchy.version == .v2
    let isCopied = plan.steps.contains {
      if case .openSource(let source) = $0.action { source.content == .cgroups } else { false }
    }
    let target = shellPath(mount.destination)
    let options = Words.options(mount.attributes)
    var calls = [Calls.openInRoot(mount.destination)]
    var shell = ["mkdir -p \(target)"]
    if isUnified {
      if !isCopied {
        calls.append("fsopen(\"cgroup2\", FSOPEN_CLOEXEC)")
        calls.append("fsconfig(context, FSCONFIG_SET_STRING, \"source\", \"cgroup\", 0)")
        calls.append("fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0)")
        calls.append("fsmount(context, FSMOUNT_CLOEXEC, \(Words.kernelNames(mount.attributes.setting)))")
      } else if !mount.attributes.isEmpty {
        calls.append(Calls.setattr("mount", mount.attributes, recursive: false))
      }
      calls.append(Calls.attach)
      shell.append(
        isCopied
          ? "mount --bind \(Quoting.shell(directories[0].hostPath)) \(target)"
          : "mount -t cgroup2\(flag(options)) cgroup \(target)")
    } else {
      calls += ["fsopen(\"tmpfs\", FSOPEN_CLOEXEC)", Calls.attach]
      shell.append("mount -t tmpfs -o mode=755 tmpfs \(target)")
      for directory in directories {
        let name = directory.hierarchy.mountPoint.split(separator: "/").last.map { String($0) } ?? ""
        calls.append("mkdirat(base, \(Quoting.c(name)), 0755)")
        let place = shellPath(mount.destination + "/" + name)
        let how =
          isCopied
          ? "--bind \(Quoting.shell(directory.hostPath))"
          : "-t cgroup -o \(Quoting.shell(directory.hierarchy.name)) cgroup"
        shell.append("mkdir \(place) && mount \(how) \(place)")
      }
      calls.append(Calls.setattr("base", mount.attributes, recursive: true))
      shell.append("mount -o remount,bind,\(options.joined(separator: ",")) \(target)")
    }
    return Draft(
      "Mount the container's own cgroups at \(Quoting.plain(mount.destination))",
      why: (isCopied
        ? "Without a cgroup namespace a new mount would show the host's whole tree: the container's directories are bound. "
        : "The cgroup namespace makes the container's cgroup the root of what is seen. ")
        + "Other containers' limits stay out of sight and reach (CVE-2023-25809).",
      calls: calls + Calls.afterAttaching(mount), manual: ["cgroups(7)", "cgroup_namespaces(7)"], shell: shell
    )
  }
}
