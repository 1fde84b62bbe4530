// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Cgroups
internal import ContainerPlan
internal import Linux
internal import OCI

// The file system, which is complete before the root changes: afterwards the host's tools are gone.
extension Scripter {
  mutating func translateFiles(_ step: PlannedStep) throws(PlanError) {
    switch step.action {
    case .setPropagation(let propagation): inside.append("mount --make-\(Words.propagation(propagation)) /")
    case .attachRoot:
      inside += ["mount --rbind \"$ROOT\" \"$ROOT\"", "mount --make-rprivate \"$ROOT\""]
    case .mount(let mount): self.mount(mount)
    case .makeDevice(let device, let bind): makeDevice(device, bind)
    case .linkDevices: linkDevices()
    case .openConsole:
      hasTerminal = true
      differ(
        "The terminal is the caller's: it is none of the container's own devpts, there is no /dev/console, and the "
          + "session is the caller's.")
    case .setRootPropagation(let propagation):
      afterPivot.append("mount -n -c --make-\(Words.propagation(propagation)) \"/proc/$pid/root\"")
    case .maskPaths(let paths): maskPaths(paths)
    case .readonlyPaths(let paths): readonlyPaths(paths)
    case .readonlyRoot: inside.append("attributes \"$ROOT\" ro")
    default: break
    }
  }

  private func place(_ path: String) -> String { "place \(Quoting.shell(path))" }

  private mutating func mount(_ mount: PlannedMount) {
    inside.append(place(mount.destination))
    switch mount.content {
    case .fileSystem(let type, let source, let parameters): fileSystem(mount, type, source, parameters)
    case .bind(let source, let recursive):
      inside.append("like \(word(source)) \"$at\"")
      inside.append("mount --\(recursive ? "r" : "")bind \(word(source)) \"$at\"")
      inside.append(
        "mount --make-\(Words.propagation(mount.propagation ?? .init(.private, recursive: true))) \"$at\"")
      attributes(mount, mount.attributes)
    case .bindInside(let path, let recursive):
      inside += ["to=$at", place(path), "from=$at; at=$to", "like \"$from\" \"$at\""]
      inside.append("mount --\(recursive ? "r" : "")bind \"$from\" \"$at\"")
      inside.append(
        "mount --make-\(Words.propagation(mount.propagation ?? .init(.private, recursive: true))) \"$at\"")
      attributes(mount, mount.attributes)
    case .cgroups: cgroups(mount)
    case .remount:
      attributes(mount, mount.attributes)
      propagate(mount)
    }
  }

  private mutating func attributes(_ mount: PlannedMount, _ change: MountAttributeChange) {
    let options = Words.options(change)
    if !options.isEmpty { inside.append("attributes \"$at\" \(options.joined(separator: ","))") }
    let recursive = Words.options(mount.recursiveAttributes)
    if !recursive.isEmpty { inside.append("everywhere \"$at\" \(recursive.joined(separator: ","))") }
  }

  private mutating func propagate(_ mount: PlannedMount) {
    if let propagation = mount.propagation {
      inside.append("mount --make-\(Words.propagation(propagation)) \"$at\"")
    }
  }

  private mutating func fileSystem(
    _ mount: PlannedMount, _ type: String, _ source: String, _ parameters: [PlannedMount.Parameter]
  ) {
    // The attribute `ro` belongs to the mount; said to mount(8), it would become the file system's as well.
    let attributes = Words.options(mount.attributes).filter { $0 != "ro" && $0 != "rw" }
    var options = Quoting.shell((parameters.map { $0.words } + attributes).joined(separator: ","))
    if type == "tmpfs", !parameters.contains(where: { $0.key == "mode" }) {
      // A directory that the image has there keeps its permissions.
      inside.append("[ ! -d \"$at\" ] || mode=$(stat -c %a \"$at\")")
      options = "\"mode=${mode:-1777}\"" + (options == "''" ? "" : "," + options)
    }
    inside.append("mkdir -p -- \"$at\"")
    if mount.copyUp { inside.append("exec 9< \"$at\"") }
    inside.append(
      "mount -t \(Quoting.shell(type))\(options == "''" ? "" : " -o " + options) \(Quoting.shell(source)) \"$at\""
    )
    if mount.copyUp { inside.append("cp -a /proc/self/fd/9/. \"$at\"; exec 9<&-") }
    if mount.attributes.setting.contains(.readOnly) { inside.append("attributes \"$at\" ro") }
    let recursive = Words.options(mount.recursiveAttributes)
    if !recursive.isEmpty { inside.append("everywhere \"$at\" \(recursive.joined(separator: ","))") }
    propagate(mount)
  }

  private mutating func cgroups(_ mount: PlannedMount) {
    let directories = Calls.visibleCgroups(plan)
    let isCopied = plan.steps.contains {
      if case .openSource(let source) = $0.action { source.content == .cgroups } else { false }
    }
    let options = Words.options(mount.attributes).filter { $0 != "ro" && $0 != "rw" }
    let flags = options.isEmpty ? "" : " -o " + options.joined(separator: ",")
    inside.append("mkdir -p -- \"$at\"")
    guard let first = directories.first else {
      inside.append("mount -t tmpfs -o nosuid,nodev,noexec,nr_blocks=1,nr_inodes=1 none \"$at\"")
      return inside.append("attributes \"$at\" ro")
    }
    if first.hierarchy.version == .v2 {
      inside.append(
        isCopied
          ? "mount --bind \(Quoting.shell(first.hostPath)) \"$at\""
          : "mount -t cgroup2\(flags) cgroup \"$at\"")
    } else {
      inside.append("mount -t tmpfs -o \((["mode=755"] + options).joined(separator: ",")) tmpfs \"$at\"")
      for directory in directories { attach(directory, isCopied) }
    }
    let all = Words.options(mount.attributes)
    if !all.isEmpty { inside.append("everywhere \"$at\" \(all.joined(separator: ","))") }
    propagate(mount)
  }

  private mutating func attach(_ directory: CgroupDirectory, _ isCopied: Bool) {
    let last = directory.hierarchy.mountPoint.utf8.split(separator: 0x2F).last ?? [][...]
    let name = String(decoding: last, as: UTF8.self)
    let target = "\"$at\"/\(Quoting.shell(name))"
    let hierarchy = directory.hierarchy.name
    let options = hierarchy.utf8.starts(with: "name=".utf8) ? "none,\(hierarchy)" : hierarchy
    let how =
      isCopied ? "--bind \(Quoting.shell(directory.hostPath))" : "-t cgroup -o \(Quoting.shell(options)) none"
    inside.append("mkdir \(target); mount \(how) \(target)")
    let controllers = name.utf8.split(separator: 0x2C)
    guard controllers.count > 1 else { return }
    for controller in controllers {
      inside.append("ln -s \(Quoting.shell(name)) \"$at\"/\(String(decoding: controller, as: UTF8.self))")
    }
  }

  // MARK: Devices

  private mutating func makeDevice(_ device: Device, _ bind: Bool) {
    inside.append(place(device.path))
    if bind {
      return inside.append(
        "like \(Quoting.shell(device.path)) \"$at\"; mount --bind \(Quoting.shell(device.path)) \"$at\"")
    }
    let kind = device.type == .fifo ? "p" : "\(device.type.rawValue) \(device.major) \(device.minor)"
    let mode = Words.octal(device.fileMode ?? 0o666)
    inside.append(
      "[ -d \"${at%/*}\" ] || mkdir -p -- \"${at%/*}\"; [ -e \"$at\" ] || mknod -m \(mode) \"$at\" \(kind)")
    let (uid, gid) = (device.uid ?? 0, device.gid ?? 0)
    if uid != 0 || gid != 0 { inside.append("chown \(uid):\(gid) \"$at\"") }
  }

  private mutating func linkDevices() {
    inside.append("place /dev")
    inside.append(
      "for link in fd=/proc/self/fd stdin=/proc/self/fd/0 stdout=/proc/self/fd/1 stderr=/proc/self/fd/2 "
        + "core=/proc/kcore ptmx=pts/ptmx; do")
    inside.append(
      "  [ -e \"$at/${link%%=*}\" ] || [ -L \"$at/${link%%=*}\" ] || ln -s \"${link#*=}\" \"$at/${link%%=*}\""
    )
    inside.append("done")
  }

  // MARK: What must not be seen or written

  private mutating func maskPaths(_ paths: [String]) {
    inside += [
      "empty=", "for path in \(Quoting.shell(paths)); do", "  place \"$path\"",
      "  if [ -d \"$at\" ] && [ -z \"$empty\" ]; then",
      "    mount -t tmpfs -o nosuid,nodev,noexec,nr_blocks=1,nr_inodes=1 none \"$at\"",
      "    attributes \"$at\" ro; empty=$at",
      "  elif [ -d \"$at\" ]; then mount --bind \"$empty\" \"$at\"",
      "  elif [ -e \"$at\" ]; then mount --bind /dev/null \"$at\"; fi", "done",
    ]
  }

  private mutating func readonlyPaths(_ paths: [String]) {
    inside += [
      "for path in \(Quoting.shell(paths)); do", "  place \"$path\"",
      "  [ ! -e \"$at\" ] || { mount --rbind \"$at\" \"$at\"; everywhere \"$at\" ro; }", "done",
    ]
  }
}
