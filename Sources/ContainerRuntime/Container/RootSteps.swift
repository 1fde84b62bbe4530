// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import ContainerPlan
internal import Linux
internal import OCI
internal import SafePath

// The root file system: attached, filled, entered, and closed off.
extension ContainerSide {
  func executeRootStep(_ step: PlannedStep) throws(StepFailure) {
    switch step.action {
    case .setPropagation(let propagation):
      try ContainerRuntime.step("propagation of /") { () throws(SyscallError) in
        try setPropagation("/", propagation.type, recursive: propagation.recursive)
      }
    case .attachRoot(let path): try attachRoot(path)
    case .mount(let mount): try self.mount(mount)
    case .mountNotifyDirectory: try mountNotifyDirectory()
    case .pivotRoot: try pivotRoot()
    case .moveRoot: try moveRoot()
    case .setRootPropagation(let propagation):
      try ContainerRuntime.step("rootfsPropagation") { () throws(SyscallError) in
        try setPropagation("/", propagation.type, recursive: propagation.recursive)
      }
    case .changeRoot: try changeRoot()
    case .maskPaths(let paths): try maskPaths(paths)
    case .readonlyPaths(let paths): try makeReadonly(paths)
    case .readonlyRoot:
      try ContainerRuntime.step("read-only root") { () throws(SyscallError) in
        try mountSetAttributes(.workingDirectory, at: "/", .init(setting: .readOnly), recursive: false)
      }
    default: throw StepFailure("the step \(step.action) does not belong here")
    }
  }

  /// On top of `/` of this mount namespace: that the root's own path can be reached is not needed, and paths of the
  /// host still resolve, because the root directory of the process stays below it until pivot_root(2). Hooks expect it
  /// at its own path.
  private func attachRoot(_ path: String?) throws(StepFailure) {
    guard let tree = launch.rootTree else { throw StepFailure("no root file system is open") }
    root = try ContainerRuntime.step("invalid rootfs") { () throws(SyscallError) in
      // path: `root.path` of the configuration; what it means now is compared with what was opened
      let place = try openat(.workingDirectory, path ?? "/", [.path, .directory])
      if let path, try !fstat(place.fd).isSameFile(as: fstat(tree.fd)) {
        throw SyscallError("open", .stale, "\(path) is not what it was a moment ago")
      }
      try moveMount(tree.fd, onto: place.fd)
      return RootDirectory(owning: try tree.fd.duplicate())
    }
  }

  private func mountNotifyDirectory() throws(StepFailure) {
    guard let root, let directory = launch.notifyDirectory else {
      throw StepFailure("no notify directory is open")
    }
    try ContainerRuntime.step("mounting \(NotifyDirectory.destination)") { () throws(SyscallError) in
      let target = try root.makeDirectory(NotifyDirectory.destination)
      try moveMount(directory.fd, onto: target.fd)
    }
  }

  private func pivotRoot() throws(StepFailure) {
    try enterRoot("pivot_root") { () throws(SyscallError) in
      try pivotRootToWorkingDirectory()
      // The old root lies on top of the new one now.
      try detachMount(".")
      try chdir("/")
    }
  }

  private func moveRoot() throws(StepFailure) {
    try enterRoot("chroot") { () throws(SyscallError) in
      try OldView.removeKernelViews()
      try chroot(".")
      try chdir("/")
    }
  }

  private func enterRoot(
    _ what: String, _ body: () throws(SyscallError) -> Void
  ) throws(StepFailure) {
    guard let tree = launch.rootTree else { throw StepFailure("no root file system is open") }
    try ContainerRuntime.step(what) { () throws(SyscallError) in
      try fchdir(tree.fd)
      try body()
    }
    launch.rootTree = nil
  }

  /// Without a mount namespace there is nothing to pivot: the root directory changes for this process alone.
  private func changeRoot() throws(StepFailure) {
    let path = launch.record.summary.rootfs
    root = try ContainerRuntime.step("invalid rootfs") { () throws(SyscallError) in
      // path: `root.path` on the host
      let directory = try openat(.workingDirectory, path, [.path, .directory])
      try fchdir(directory.fd)
      try chroot(".")
      return RootDirectory(owning: directory)
    }
  }

  // MARK: What must not be seen or written

  /// Files disappear behind the null device, directories behind one shared empty file system: a superblock each would
  /// be slow to tear down where hundreds are masked.
  private func maskPaths(_ paths: [String]) throws(StepFailure) {
    var empty: OwnedDescriptor?
    for path in paths {
      try ContainerRuntime.step("masking \(path)") { () throws(SyscallError) in
        guard let target = try root?.openIfPresent(path, .path) else { return }
        if try fstat(target.fd).isDirectory {
          if let empty {
            let copy = try openTreeClone(empty.fd, "", recursive: false)
            try moveMount(copy.fd, onto: target.fd)
          } else {
            let mount = try emptyFileSystem()
            try moveMount(mount.fd, onto: target.fd)
            empty = OwnedDescriptor(mount)
          }
        } else {
          try maskFile(target.fd)
        }
      }
    }
  }

  func emptyFileSystem() throws(SyscallError) -> Descriptor {
    let context = try fsopen("tmpfs")
    try fsconfigSet(context.fd, "nr_blocks", "1")
    try fsconfigSet(context.fd, "nr_inodes", "1")
    if let label = launch.plan.mountContext, let value = label.value {
      try fsconfigSet(context.fd, label.key, value)
    }
    try fsconfigCreate(context.fd)
    return try fsmount(context.fd, [.readOnly, .noSUID, .noDevices, .noExec])
  }

  private func maskFile(_ target: FD) throws(SyscallError) {
    guard let null = launch.nullDevice else { throw SyscallError("open", .noDevice, "/dev/null") }
    if launch.nullDeviceIsAttached {
      let copy = try openTreeClone(null.fd, "", recursive: false)
      try moveMount(copy.fd, onto: target)
    } else {
      // Only an attached mount can be copied before Linux 6.15.
      try moveMount(null.fd, onto: target)
      launch.nullDeviceIsAttached = true
    }
  }

  private func makeReadonly(_ paths: [String]) throws(StepFailure) {
    for path in paths {
      try ContainerRuntime.step("making \(path) read-only") { () throws(SyscallError) in
        guard let target = try root?.openIfPresent(path, .path) else { return }
        let copy = try openTreeClone(target.fd, "", recursive: true)
        try mountSetAttributes(copy.fd, .init(setting: .readOnly), recursive: true)
        try moveMount(copy.fd, onto: target.fd)
      }
    }
  }
}
