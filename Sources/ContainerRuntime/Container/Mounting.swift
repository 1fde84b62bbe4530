// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Cgroups
internal import ContainerPlan
internal import Linux
internal import OCI
internal import SafePath

// One entry of `mounts`. Every target is a descriptor opened inside the root, and every mount is attached to that
// descriptor: no name is looked up twice.
extension ContainerSide {
  func mount(_ mount: PlannedMount) throws(StepFailure) {
    let (kind, source) = mount.words
    let context = "error mounting \"\(source)\" to rootfs at \"\(mount.destination)\""
    do throws(SyscallError) {
      switch mount.content {
      case .fileSystem(let type, let source, let parameters):
        try mountFileSystem(mount, type, source, parameters)
      case .bind: try attachBind(mount)
      case .bindInside(let path, let recursive): try bindInside(mount, path, recursive)
      case .cgroups: try mountCgroups(mount)
      case .remount: try remount(mount)
      }
    } catch {
      let detail = error.detail.isEmpty ? "" : ": \(error.detail)"
      throw StepFailure("\(context): \(kind)\(error.call)\(detail): \(error.errno)\(mount.origin.suffix)")
    }
  }

  private func target(_ mount: PlannedMount) throws(SyscallError) -> Descriptor {
    guard let root else { throw SyscallError("open", .badDescriptor, "no root") }
    return mount.isKernelView || mount.destination == "/dev"
      ? try root.makeOrdinaryDirectory(mount.destination) : try root.makeDirectory(mount.destination)
  }

  private func mountFileSystem(
    _ mount: PlannedMount, _ type: String, _ source: String, _ parameters: [PlannedMount.Parameter]
  ) throws(SyscallError) {
    let takesMode = type == "tmpfs" && !parameters.contains { $0.key == "mode" }
    let wasThere = takesMode ? try root?.openIfPresent(mount.destination, .path) != nil : false
    let target = try target(mount)
    try verify(target.fd, mount)
    let context = try fsopen(type)
    try fsconfigSet(context.fd, "source", source)
    for parameter in parameters {
      if let value = parameter.value {
        try fsconfigSet(context.fd, parameter.key, value)
      } else {
        try fsconfigSet(context.fd, flag: parameter.key)
      }
    }
    if wasThere {
      // The directory that the image has there keeps its permissions; where it has none, the file system's own count.
      let mode = try fstat(target.fd).mode & 0o7777
      try fsconfigSet(context.fd, "mode", String(mode, radix: 8))
    }
    try fsconfigCreate(context.fd)
    let wanted = mount.attributes.setting
    // A file system that is to be filled first becomes read-only afterwards.
    let first = mount.copyUp ? wanted.subtracting(.readOnly) : wanted
    let mounted = try fsmount(context.fd, first)
    if mount.copyUp {
      try TreeCopy.copy(from: target.fd, to: mounted.fd)
      if wanted.contains(.readOnly) {
        try mountSetAttributes(mounted.fd, .init(setting: .readOnly), recursive: false)
      }
    }
    try applyIDMapping(mount, mounted.fd)
    try moveMount(mounted.fd, onto: target.fd)
    try applyAfterAttaching(mount, mounted.fd)
  }

  private func applyIDMapping(_ mount: PlannedMount, _ mounted: FD) throws(SyscallError) {
    guard let mapping = mount.idMapping else { return }
    // A process whose root directory is covered cannot make the namespace itself.
    let joined = mapping.uidMappings.isEmpty ? launch.namespaces[.user] : nil
    guard let namespace = joined ?? launch.sources[mount.index] else { return }
    do throws(SyscallError) {
      try mountSetAttributes(mounted, .init(), recursive: false, userNamespace: namespace.fd)
    } catch {
      guard error.errno == .invalidArgument else { throw error }
      throw SyscallError(
        "mount_setattr", error.errno,
        "(idmap, which this file system cannot on this kernel; tmpfs can since Linux 6.3)")
    }
  }

  private func applyAfterAttaching(_ mount: PlannedMount, _ mounted: FD) throws(SyscallError) {
    if !mount.recursiveAttributes.isEmpty {
      try mountSetAttributes(mounted, mount.recursiveAttributes, recursive: true)
    }
    if let propagation = mount.propagation {
      try mountSetAttributes(
        mounted, .init(propagation: propagation.type), recursive: propagation.recursive)
    }
  }

  private func bindInside(_ mount: PlannedMount, _ path: String, _ recursive: Bool) throws(SyscallError) {
    if mount.isMappedByRuntime { return try attachBind(mount) }
    guard let root else { throw SyscallError("open", .badDescriptor, "no root") }
    let source = try root.open(path, mount.followSourceLink ? .path : [.path, .noFollow])
    let tree = try openTreeClone(source.fd, "", recursive: recursive)
    try mount.applyAttributes(toCopy: tree.fd)
    if let mapping = mount.idMapping {
      let joined = mapping.uidMappings.isEmpty ? launch.namespaces[.user] : nil
      guard let namespace = joined ?? launch.sources[mount.index] else {
        throw SyscallError("mount_setattr", .invalidArgument, "no user namespace that maps ids")
      }
      try mountSetAttributes(tree.fd, .init(), recursive: mapping.recursive, userNamespace: namespace.fd)
    }
    launch.sources[mount.index] = OwnedDescriptor(tree)
    try attachBind(mount)
  }

  /// Opens a source inside the root whose ids the runtime is to map.
  func openInside(_ mount: PlannedMount) throws(StepFailure) {
    guard case .bindInside(let path, let recursive) = mount.content, let root else {
      throw StepFailure("\(mount.destination) has no source inside the root")
    }
    let context = "error mounting \"\(path)\" to rootfs at \"\(mount.destination)\""
    launch.sources[mount.index] = try ContainerRuntime.step(context + mount.origin.suffix) {
      () throws(SyscallError) in
      // The runtime's rights are lent for what the configuration names, not for what a link in the image points to.
      let source = try root.openWithoutLinks(path, .path)
      let tree = try openTreeClone(source.fd, "", recursive: recursive)
      try mount.applyAttributes(toCopy: tree.fd)
      return OwnedDescriptor(tree)
    }
    openedSource = launch.sources[mount.index]
  }

  private func attachBind(_ mount: PlannedMount) throws(SyscallError) {
    guard let source = launch.sources[mount.index] else { throw SyscallError("open", .noEntry, "source") }
    guard let root else { throw SyscallError("open", .badDescriptor, "no root") }
    let sourceIsDirectory = try fstat(source.fd).isDirectory
    let target = try bindTarget(mount, isDirectory: sourceIsDirectory, root)
    if try fstat(target.fd).isDirectory != sourceIsDirectory {
      throw SyscallError(
        "bind", .notDirectory,
        sourceIsDirectory
          ? "source is a directory, destination is a file" : "source is a file, destination is a directory")
    }
    if mount.destination == "/proc", try fstatfs(source.fd).magic != FileSystemMagic.proc {
      throw SyscallError("bind", .notPermitted, "only a proc file system can be mounted on /proc")
    }
    try verify(target.fd, mount)
    try moveMount(source.fd, onto: target.fd)
  }

  private func bindTarget(
    _ mount: PlannedMount, isDirectory: Bool, _ root: RootDirectory
  ) throws(SyscallError) -> Descriptor {
    if !mount.followDestinationLink,
      let link = try root.openIfPresent(mount.destination, [.path, .noFollow])
    {
      return link
    }
    return try isDirectory ? root.makeDirectory(mount.destination) : root.makeFile(mount.destination)
  }

  /// A link in the image may lead a harmless destination into proc: what was opened decides.
  private func verify(_ target: FD, _ mount: PlannedMount) throws(SyscallError) {
    if mount.destination == "/proc" || mount.destination.utf8.starts(with: "/proc/".utf8) { return }
    guard try fstatfs(target).magic == FileSystemMagic.proc else { return }
    throw SyscallError("open", .notPermitted, "\"\(mount.destination)\" leads into /proc")
  }

  private func remount(_ mount: PlannedMount) throws(SyscallError) {
    guard let root else { throw SyscallError("open", .badDescriptor, "no root") }
    let target = try root.open(mount.destination, .path)
    if !mount.attributes.isEmpty { try mountSetAttributes(target.fd, mount.attributes, recursive: false) }
    try applyAfterAttaching(mount, target.fd)
  }

  // MARK: Cgroups

  private func mountCgroups(_ mount: PlannedMount) throws(SyscallError) {
    let target = try target(mount)
    try verify(target.fd, mount)
    guard let directories = launch.plan.cgroups?.directories, !directories.isEmpty else {
      // Without cgroups of its own the container must not see, let alone change, those of others (CVE-2023-25809).
      let empty = try emptyFileSystem()
      return try moveMount(empty.fd, onto: target.fd)
    }
    if !directories.contains(where: { $0.hierarchy.version == .v1 }) {
      return try mountUnified(mount, target.fd)
    }
    let context = try fsopen("tmpfs")
    try fsconfigSet(context.fd, "source", "tmpfs")
    try fsconfigSet(context.fd, "mode", "755")
    try fsconfigCreate(context.fd)
    let base = try fsmount(context.fd, mount.attributes.setting.subtracting(.readOnly))
    try moveMount(base.fd, onto: target.fd)
    let sources = launch.cgroupSources
    if sources.isEmpty {
      for directory in directories where directory.hierarchy.version == .v1 {
        let tree = try hierarchyOfNamespace(directory.hierarchy.name)
        try attachHierarchy(tree.fd, components(directory.hierarchy.mountPoint).last ?? "", base.fd)
      }
    } else {
      for source in sources { try attachHierarchy(source.tree.fd, source.name, base.fd) }
    }
    try mountSetAttributes(base.fd, mount.attributes, recursive: true)
    try applyAfterAttaching(mount, base.fd)
  }

  private func attachHierarchy(_ tree: FD, _ name: String, _ base: FD) throws(SyscallError) {
    try mkdirat(base, name, mode: 0o755)
    let directory = try openat(base, name, [.path, .directory, .noFollow])
    try moveMount(tree, onto: directory.fd)
    // Programs look for each controller by its own name where several share a hierarchy.
    let controllers = name.utf8.split(separator: 0x2C)
    guard controllers.count > 1 else { return }
    for controller in controllers { try symlinkat(name, base, String(decoding: controller, as: UTF8.self)) }
  }

  /// A version 1 hierarchy as a new cgroup namespace shows it.
  private func hierarchyOfNamespace(_ name: String) throws(SyscallError) -> Descriptor {
    let context = try fsopen("cgroup")
    if name.utf8.starts(with: "name=".utf8) {
      try fsconfigSet(context.fd, flag: "none")
      try fsconfigSet(context.fd, "name", String(decoding: name.utf8.dropFirst(5), as: UTF8.self))
    } else {
      for controller in name.utf8.split(separator: 0x2C) {
        try fsconfigSet(context.fd, flag: String(decoding: controller, as: UTF8.self))
      }
    }
    try fsconfigCreate(context.fd)
    return try fsmount(context.fd, [])
  }

  private func mountUnified(_ mount: PlannedMount, _ target: FD) throws(SyscallError) {
    if let source = launch.cgroupSources.first {
      try mountSetAttributes(source.tree.fd, mount.attributes, recursive: false)
      try moveMount(source.tree.fd, onto: target)
      return try applyAfterAttaching(mount, source.tree.fd)
    }
    let context = try fsopen("cgroup2")
    try fsconfigSet(context.fd, "source", "cgroup")
    try fsconfigCreate(context.fd)
    let mounted = try fsmount(context.fd, mount.attributes.setting)
    try moveMount(mounted.fd, onto: target)
    try applyAfterAttaching(mount, mounted.fd)
  }
}

extension PlannedMount {
  /// proc and sysfs at their usual places: an image that has links there could show another container's
  /// (CVE-2019-19921).
  var isKernelView: Bool {
    if case .fileSystem(let type, _, _) = content { return type == "proc" || type == "sysfs" }
    return false
  }

  /// The kind and the source, for messages.
  var words: (kind: String, source: String) {
    switch content {
    case .fileSystem(let type, let source, _): ("\(type): ", source)
    case .bind(let source, _), .bindInside(let source, _): ("bind: ", source)
    case .cgroups: ("", "cgroup")
    case .remount: ("remount: ", destination)
    }
  }
}
