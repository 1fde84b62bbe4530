// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
public import OCI

// The root file system: mounts, devices, and the change of root.
extension Compiler {
  /// Understands all entries of `mounts`.
  func compileMounts() throws(PlanError) -> [PlannedMount] {
    var planned: [PlannedMount] = []
    planned.reserveCapacity(spec.mounts.count)
    for (index, mount) in spec.mounts.enumerated() {
      let next = try compileMount(mount, index)
      planned.append(takingSourceInside(next, after: planned))
    }
    return planned
  }

  /// A source that an earlier entry puts into the root is not there yet when sources are opened.
  private func takingSourceInside(_ mount: PlannedMount, after earlier: [PlannedMount]) -> PlannedMount {
    guard case .bind(let source, let recursive) = mount.content, let path = pathInRoot(source) else {
      return mount
    }
    let isMade = earlier.contains { $0.destination.isPath(in: path) || path.isPath(in: $0.destination) }
    var mount = mount
    if isMade {
      mount.content = .bindInside(path: path, recursive: recursive)
      mount.isMappedByRuntime = mount.idMapping != nil && hasUserNamespace && !host.isRootless
    }
    return mount
  }

  /// What a path of the host below the root is called in the container; nil for others.
  private func pathInRoot(_ path: String) -> String? {
    guard let root = spec.root else { return nil }
    var prefix = absolute(root.path)
    while prefix.utf8.last == 0x2F { prefix = String(decoding: prefix.utf8.dropLast(), as: UTF8.self) }
    guard !prefix.isEmpty, path != prefix, path.isPath(in: prefix) else { return nil }
    return String(decoding: path.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
  }

  private func compileMount(_ mount: Mount, _ index: Int) throws(PlanError) -> PlannedMount {
    let options = ParsedMountOptions(mount.options)
    if let place = options.contradiction {
      throw PlanError(
        "/mounts/\(index)/options/\(place)", "\"\(mount.options[place])\" contradicts an option before it")
    }
    var destination = try normalized(mount.destination, Origin("/mounts", index, "/destination"))
    // Some callers count from the host; runc understands them, too.
    if let inner = pathInRoot(destination) { destination = inner }
    var planned = PlannedMount(
      index: index, destination: destination, content: try content(of: mount, index, options))
    planned.attributes = options.attributes
    if planned.isBind { clearUnnamed(&planned) }
    planned.recursiveAttributes = options.recursiveAttributes
    planned.propagation = options.propagation
    planned.copyUp = options.copyUp
    planned.followSourceLink = options.followSourceLink
    planned.followDestinationLink = options.followDestinationLink
    planned.idMapping = try idMapping(of: mount, index, options)
    applyLabel(to: &planned)
    if options.copyUp, mount.type != "tmpfs" {
      throw PlanError(Origin("/mounts", index, "/options"), "tmpcopyup works only on a tmpfs")
    }
    if !options.followDestinationLink, !planned.isBind {
      throw PlanError(Origin("/mounts", index, "/options"), "dest-nofollow works only on a bind mount")
    }
    try refuseHiddenProc(planned)
    return planned
  }

  /// With any of these options a bind mount has those that are given and no others of its source's, as with mount(8) and
  /// other runtimes. In a user namespace the source's restrictions bind the container, and only words can lift them.
  private func clearUnnamed(_ mount: inout PlannedMount) {
    guard !mount.attributes.isEmpty else { return }
    var unnamed = ParsedMountOptions.switches.subtracting(mount.attributes.setting)
    unnamed.subtract(mount.attributes.clearing)
    if hasUserNamespace { unnamed.formIntersection(.noSymlinkFollow) }
    mount.unnamed = unnamed
    mount.attributes.clearing.formUnion(unnamed)
  }

  private func content(
    of mount: Mount, _ index: Int, _ options: ParsedMountOptions
  ) throws(PlanError) -> PlannedMount.Content {
    if options.remount { return .remount }
    if options.bind || mount.type == "bind" {
      guard let source = mount.source, !source.isEmpty else {
        throw PlanError(Origin("/mounts", index, "/source"), "is missing: a bind mount needs one")
      }
      // Values such as `mode=755` are a new file system's; other runtimes hand them to a kernel that ignores them. A
      // single word could be a misspelt restriction.
      if let unknown = options.parameters.first(where: { $0.value == nil }) {
        throw PlanError(
          Origin("/mounts", index, "/options"), "\"\(unknown.key)\" is no option of a bind mount")
      }
      return .bind(source: absolute(source), recursive: options.recursiveBind)
    }
    guard let type = mount.type, !type.isEmpty else {
      throw PlanError(
        Origin("/mounts", index, "/type"), "is missing: only bind mounts (option \"bind\") do without")
    }
    if type == "cgroup" || type == "cgroup2" { return .cgroups }
    return .fileSystem(type: type, source: mount.source ?? type, parameters: options.parameters)
  }

  /// The SELinux context of what is mounted, as a parameter of the file system.
  var mountContext: PlannedMount.Parameter? {
    linux.mountLabel.map { .init(spec.annotations.value(of: .mountContextType) ?? "context", $0) }
  }

  /// File systems that the kernel fills have labels of their own; those of files that are bound are the files'.
  private func applyLabel(to mount: inout PlannedMount) {
    guard let context = mountContext, case .fileSystem(let type, let source, var parameters) = mount.content,
      !["proc", "sysfs", "cgroup", "cgroup2"].contains(type),
      !parameters.contains(where: { $0.key.utf8.reversed().starts(with: "context".utf8.reversed()) })
    else { return }
    parameters.append(context)
    mount.content = .fileSystem(type: type, source: source, parameters: parameters)
  }

  private func idMapping(
    of mount: Mount, _ index: Int, _ options: ParsedMountOptions
  ) throws(PlanError) -> IDMappedMount? {
    if options.idmap == nil && mount.uidMappings.isEmpty { return nil }
    if options.remount || mount.type == "cgroup" || mount.type == "cgroup2" {
      throw PlanError(
        Origin("/mounts", index, "/options"),
        options.remount
          ? "a mount that is there already cannot be idmapped" : "a cgroup mount cannot be idmapped")
    }
    // Without maps of its own the mount shows ids as the container's user namespace has them.
    let isOwn = !mount.uidMappings.isEmpty
    let uidMappings = isOwn ? mount.uidMappings : linux.uidMappings
    let gidMappings = isOwn ? mount.gidMappings : linux.gidMappings
    if !isJoined(.user), uidMappings.isEmpty || gidMappings.isEmpty {
      throw PlanError(
        Origin("/mounts", index, "/options"),
        "idmap needs uidMappings and gidMappings, of the mount or of a user namespace")
    }
    return IDMappedMount(
      uidMappings: uidMappings, gidMappings: gidMappings, recursive: options.idmap ?? false)
  }

  /// The destination without empty, `.` and `..` components. `..` stops at the root, as it does for a process in it.
  private func normalized(_ path: String, _ origin: Origin) throws(PlanError) -> String {
    if path.isEmpty { throw PlanError(origin, "is empty") }
    // Nearly every destination is in this form already.
    if path.utf8.first == 0x2F && !path.utf8.contains(0x2E) && path.utf8.last != 0x2F { return path }
    var parts: [Substring.UTF8View] = []
    for part in path.utf8.split(separator: 0x2F) {
      if part.elementsEqual([0x2E]) { continue }
      if part.elementsEqual([0x2E, 0x2E]) { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
  }

  /// Security labels and kernel parameters are written through proc: something else in its place would take them. What
  /// the destination means when the image has links in its way is checked again at the mount itself.
  private func refuseHiddenProc(_ mount: PlannedMount) throws(PlanError) {
    let destination = mount.destination
    if destination == "/" {
      throw PlanError(mount.origin, "the destination is the root itself: use root.path")
    }
    if destination == "/proc" {
      switch mount.content {
      case .fileSystem(type: "proc", source: _, parameters: _), .bind, .remount: return
      default: throw PlanError(mount.origin, "only a proc file system can be mounted on /proc")
      }
    }
    guard destination.utf8.starts(with: "/proc/".utf8), mount.content != .remount else { return }
    if case .bind = mount.content, ProcOverlays.allowed.contains(destination) { return }
    throw PlanError(
      mount.origin, "\"\(destination)\" cannot be mounted because it is inside /proc")
  }

  mutating func compileRoot(_ mounts: [PlannedMount]) {
    let root = Origin("/root")
    guard linux.namespace(.mount) != nil else {
      compileHooksBeforeRoot()
      add(.container, .changeRoot, root)
      return
    }
    let propagation = linux.rootfsPropagation?.planned
    // The parent of a root that pivot_root moves must not be shared; slave keeps what the host mounts later visible
    // to mounts that ask for it.
    let view = PlannedPropagation(propagation?.type == .private ? .private : .slave, recursive: true)
    let origin = propagation == nil ? .runtime : Origin("/linux/rootfsPropagation")
    add(.container, .setPropagation(view), origin)
    if host.isRootless { compileSources(mounts, .container) }
    // A scope's cgroup did not exist when the runtime opened the other sources.
    if host.isRootless || hasScope { compileCgroupSources(mounts, .container) }
    add(.container, .attachRoot(path: rootPathForHooks), Origin("/root/path"))
    for mount in mounts {
      if mount.isMappedByRuntime { compileMapping(mount) }
      add(.container, .mount(mount.isFilledDevices ? mount.writable : mount), mount.origin)
    }
    if mountsNotifyDirectory { add(.container, .mountNotifyDirectory) }
    if ownsDevices(mounts) { compileDevices() }
    if let process = spec.process, process.terminal {
      add(.container, .openConsole(process.consoleSize, bind: true), Origin("/process/terminal"))
      add(.container, .notify(.console), Origin("/process/terminal"))
      add(.runtime, .await(.console), Origin("/process/terminal"))
    }
    compileHooksBeforeRoot()
    add(.container, request.noPivot ? .moveRoot : .pivotRoot, root)
    if let propagation { add(.container, .setRootPropagation(propagation), origin) }
  }

  /// Only the container can open what is mounted in its mount namespace, and only the runtime may map the ids of the host's
  /// file systems: the source goes there and back before it is attached.
  private mutating func compileMapping(_ mount: PlannedMount) {
    add(.container, .openInside(mount), mount.origin)
    add(.container, .notify(.sourceOpened), mount.origin)
    add(.runtime, .await(.sourceOpened), mount.origin)
    add(.runtime, .mapSource(mount), mount.origin)
    add(.runtime, .notify(.sourceMapped), mount.origin)
    add(.container, .await(.sourceMapped), mount.origin)
  }

  /// A `/dev` that comes from the host whole keeps the host's nodes.
  private func ownsDevices(_ mounts: [PlannedMount]) -> Bool {
    !mounts.contains {
      if case .bind = $0.content { return $0.destination == "/dev" }
      return false
    }
  }

  private mutating func compileDevices() {
    // In a user namespace mknod(2) is refused, and the host's nodes are bound instead.
    let bind = hasUserNamespace || host.isConfined
    for device in DefaultDevices.nodes
    where !linux.devices.contains(where: { $0.path == device.path }) {
      add(.container, .makeDevice(device, bind: bind), .runtime)
    }
    for (index, device) in linux.devices.enumerated() {
      add(
        .container, .makeDevice(device, bind: bind && device.type != .fifo), Origin("/linux/devices", index))
    }
    add(.container, .linkDevices)
  }
}

/// Files below `/proc` that programs such as lxcfs replace, and nothing of the runtime's depends on.
enum ProcOverlays {
  static let allowed: Set<String> = [
    "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime",
    "/proc/loadavg", "/proc/slabinfo", "/proc/net/dev", "/proc/sys/kernel/ns_last_pid",
    "/proc/sys/crypto/fips_enabled",
  ]
}

/// The devices that every container has (`config-linux.md`, "Default Devices").
public enum DefaultDevices {
  public static let nodes: [Device] = [
    node("/dev/null", 1, 3), node("/dev/zero", 1, 5), node("/dev/full", 1, 7), node("/dev/random", 1, 8),
    node("/dev/urandom", 1, 9), node("/dev/tty", 5, 0),
  ]

  private static func node(_ path: String, _ major: UInt32, _ minor: UInt32) -> Device {
    Device(type: .character, path: path, major: major, minor: minor, fileMode: 0o666, uid: 0, gid: 0)
  }
}

extension DefaultDevices {
  /// What the container's cgroup allows besides the configuration: the nodes above, terminals, `/dev/net/tun`, and
  /// making nodes of any device, which gives no access. The list is the one that runc's and crun's users rely on.
  public static var rules: [DeviceRule] {
    [DeviceRule(allow: true, type: .all, access: .mknod)]
      + nodes.map { DeviceRule(allow: true, type: .character, major: $0.major, minor: $0.minor) }
      + [
        DeviceRule(allow: true, type: .character, major: 136),
        DeviceRule(allow: true, type: .character, major: 5, minor: 2),
        DeviceRule(allow: true, type: .character, major: 5, minor: 1),
        DeviceRule(allow: true, type: .character, major: 10, minor: 200),
      ]
  }
}

extension String {
  /// Whether this is `directory` or a path below it; both without `.`, `..` and doubled slashes.
  fileprivate func isPath(in directory: String) -> Bool {
    guard utf8.starts(with: directory.utf8) else { return false }
    return utf8.count == directory.utf8.count || directory.utf8.last == 0x2F
      || utf8[utf8.index(utf8.startIndex, offsetBy: directory.utf8.count)] == 0x2F
  }
}
