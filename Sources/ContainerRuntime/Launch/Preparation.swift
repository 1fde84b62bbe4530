// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Cgroups
internal import ContainerPlan
internal import Linux
internal import OCI
internal import SafePath

// What is opened before the process exists (or, for an ordinary user, by the process in its own user namespace). All
// of it fails without a trace.
extension Launch {
  func openRoot(_ path: String) throws(StepFailure) {
    rootTree = OwnedDescriptor(
      try step("invalid rootfs (config.json: /root/path)") { () throws(SyscallError) in
        // path: `root.path`, which the configuration's author chose on the host
        let tree = try openTreeClone(.workingDirectory, path, recursive: true)
        guard try fstat(tree.fd).isDirectory else { throw SyscallError("open", .notDirectory, path) }
        try mountSetAttributes(tree.fd, .init(propagation: .private), recursive: true)
        return tree
      })
  }

  func openSource(of mount: PlannedMount) throws(StepFailure) {
    switch mount.content {
    case .bind(let source, let recursive): try openBind(mount, source, recursive)
    case .cgroups: try openCgroupSources()
    case .fileSystem, .bindInside, .remount: try openIDMapping(of: mount)
    }
  }

  private func openBind(_ mount: PlannedMount, _ source: String, _ recursive: Bool) throws(StepFailure) {
    let tree = try cloneSource(mount, source, recursive)
    try step("error mounting \"\(source)\" to rootfs at \"\(mount.destination)\"\(mount.origin.suffix)") {
      () throws(SyscallError) in
      try mount.applyAttributes(toCopy: tree.fd)
      if let mapping = mount.idMapping {
        try applyIDMapping(mapping, to: tree.fd, recursive: mapping.recursive)
      }
    }
    sources[mount.index] = tree
  }

  /// Ids on a mount as a user namespace has them: one made for it, or the one that the container joins.
  func applyIDMapping(_ mapping: IDMappedMount, to mounted: FD, recursive: Bool) throws(SyscallError) {
    if let joined = mapping.uidMappings.isEmpty ? namespaces[.user] : nil {
      return try mountSetAttributes(mounted, .init(), recursive: recursive, userNamespace: joined.fd)
    }
    let made = try mapping.namespace()
    try mountSetAttributes(mounted, .init(), recursive: recursive, userNamespace: made.fd)
  }

  /// A user namespace for a file system that is yet to be mounted.
  private func openIDMapping(of mount: PlannedMount) throws(StepFailure) {
    guard let mapping = mount.idMapping, !mapping.uidMappings.isEmpty else { return }
    let namespace = try step("idmap\(mount.origin.suffix)") { () throws(SyscallError) in
      try mapping.namespace()
    }
    sources[mount.index] = OwnedDescriptor(namespace)
  }

  private func cloneSource(
    _ mount: PlannedMount, _ source: String, _ recursive: Bool
  ) throws(StepFailure) -> OwnedDescriptor {
    do throws(SyscallError) {
      // path: the source of a bind mount on the host, opened before there is a container
      return OwnedDescriptor(
        try openTreeClone(
          .workingDirectory, source, recursive: recursive, followLinks: mount.followSourceLink))
    } catch {
      let place = Origin("/mounts", mount.index, "/source").suffix
      throw StepFailure("failed to fulfil mount request: open \(source): \(error.errno)\(place)")
    }
  }

  /// The container's own directory in each hierarchy, as they will be seen below its `/sys/fs/cgroup`.
  private func openCgroupSources() throws(StepFailure) {
    guard let directories = plan.cgroups?.directories, cgroupSources.isEmpty else { return }
    let hasVersion1 = directories.contains { $0.hierarchy.version == .v1 }
    for directory in directories where !hasVersion1 || directory.hierarchy.version == .v1 {
      let path = directory.hierarchy.mountPoint + (scopePath ?? directory.path)
      let tree = try step("cgroup \(path)") { () throws(SyscallError) in
        // path: a cgroup that the runtime has made; its file system has no links
        try openTreeClone(.workingDirectory, path, recursive: false)
      }
      let name = components(directory.hierarchy.mountPoint).last ?? ""
      cgroupSources.append((hasVersion1 ? name : "", OwnedDescriptor(tree)))
    }
  }

  func openNotifyDirectory() throws(StepFailure) {
    notifyDirectory = OwnedDescriptor(
      try step("directory of the notify socket") { () throws(SyscallError) in
        // path: in the container's state directory, which only the runtime writes to
        let path = "\(directory.path)/\(NotifyProxy.directoryName)"
        let tree = try openTreeClone(.workingDirectory, path, recursive: false)
        try mountSetAttributes(
          tree.fd, .init(setting: [.noSUID, .noDevices, .noExec], propagation: .private), recursive: false)
        return tree
      })
  }

  func openNullDevice() throws(StepFailure) {
    nullDevice = OwnedDescriptor(try step { () throws(SyscallError) in try Verified.nullDevice() })
  }

  func openNamespace(_ type: NamespaceType, _ path: String, _ origin: Origin) throws(StepFailure) {
    let file = try step("joining the \(type.rawValue) namespace\(origin.suffix)") {
      () throws(SyscallError) in
      // path: a namespace to join; its type is verified
      let file = try openat(.workingDirectory, path, .readOnly)
      guard try fstatfs(file.fd).magic == FileSystemMagic.nsfs else {
        throw SyscallError("open", .invalidArgument, "\(path) is not a namespace")
      }
      guard try namespaceType(file.fd) == type.flag else {
        throw SyscallError("open", .invalidArgument, "\(path) is not a \(type.rawValue) namespace")
      }
      return file
    }
    namespaces[type] = OwnedDescriptor(file)
  }
}

extension PlannedMount {
  /// Gives the detached copy of a bind mount's source the attributes of the mount.
  func applyAttributes(toCopy tree: FD) throws(SyscallError) {
    // Bind mounts are private unless asked otherwise: nothing that is mounted inside travels back.
    let propagation = propagation ?? PlannedPropagation(.private, recursive: true)
    try mountSetAttributes(tree, .init(propagation: propagation.type), recursive: propagation.recursive)
    if !attributes.isEmpty { try applyOwnAttributes(toCopy: tree) }
    if !recursiveAttributes.isEmpty { try mountSetAttributes(tree, recursiveAttributes, recursive: true) }
  }

  private func applyOwnAttributes(toCopy tree: FD) throws(SyscallError) {
    do throws(SyscallError) {
      try mountSetAttributes(tree, attributes, recursive: false)
    } catch {
      // Restrictions of mounts that come from a more privileged namespace are locked; one of the attributes is unknown
      // before Linux 5.14.
      guard error.errno == .notPermitted || error.errno == .invalidArgument, !unnamed.isEmpty else {
        throw error
      }
      var named = attributes
      named.clearing.subtract(unnamed)
      if !named.isEmpty { try mountSetAttributes(tree, named, recursive: false) }
    }
  }
}
