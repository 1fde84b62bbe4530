// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import ContainerPlan
internal import Linux
internal import OCI
internal import SafePath

// Device nodes, the links of `/dev`, and the terminal.
extension ContainerSide {
  func executeDeviceStep(_ step: PlannedStep) throws(StepFailure) {
    switch step.action {
    case .makeDevice(let device, let bind):
      try ContainerRuntime.step("device \(device.path)\(step.origin.suffix)") { () throws(SyscallError) in
        try makeDevice(device, bind: bind)
      }
    case .linkDevices:
      try ContainerRuntime.step("links in /dev") { () throws(SyscallError) in try linkDevices() }
    case .openConsole(let size, let bind):
      try ContainerRuntime.step("terminal") { () throws(SyscallError) in try openConsole(size, bind: bind) }
    case .setStandardStreams(let terminal, let owner):
      try ContainerRuntime.step("standard streams") { () throws(SyscallError) in
        try setStandardStreams(terminal: terminal, owner: owner)
      }
    default: throw StepFailure("the step \(step.action) does not belong here")
    }
  }

  // MARK: Nodes

  private func makeDevice(_ device: Device, bind: Bool) throws(SyscallError) {
    if bind { return try bindDevice(device) }
    let (directory, name) = try parent(of: device.path)
    let number = makeDeviceNumber(device)
    let mode = device.type.fileType | (device.fileMode ?? 0o666)
    do throws(SyscallError) {
      try mknodat(directory, name, mode: mode, device: number)
    } catch {
      guard error.errno == .exists else { throw error }
      // The specification: what is there already must be the same device.
      let status = try fstatat(directory, name, followLinks: false)
      guard status.fileType == device.type.fileType, status.specialDevice == number else {
        throw SyscallError("mknod", .exists, "\(device.path) is another file")
      }
      return
    }
    let (uid, gid) = (device.uid ?? 0, device.gid ?? 0)
    if uid != 0 || gid != 0 { try fchownat(directory, name, uid: uid, gid: gid) }
  }

  private func makeDeviceNumber(_ device: Device) -> UInt64 {
    device.type == .fifo ? 0 : Linux.makeDevice(major: device.major, minor: device.minor)
  }

  /// Opens the directory of a path inside the root once for the many devices that share it.
  private func parent(of path: String) throws(SyscallError) -> (FD, String) {
    guard let slash = path.utf8.lastIndex(of: 0x2F) else {
      throw SyscallError("mknod", .invalidArgument, path)
    }
    let parentPath = String(decoding: path.utf8[..<slash], as: UTF8.self)
    let name = String(decoding: path.utf8[path.utf8.index(after: slash)...], as: UTF8.self)
    if let cached = deviceDirectory, cached.path == parentPath { return (cached.directory.fd, name) }
    guard let root else { throw SyscallError("open", .badDescriptor, "no root") }
    // Nodes must not be made where a link at /dev leads, which may be a volume by now (CVE-2026-47766).
    let opened = OwnedDescriptor(
      try parentPath == "/dev" ? root.makeOrdinaryDirectory(parentPath) : root.makeDirectory(parentPath))
    deviceDirectory = (parentPath, opened)
    return (opened.fd, name)
  }

  /// In a user namespace nodes cannot be made: the host's node is bound, after a look at what it is.
  private func bindDevice(_ device: Device) throws(SyscallError) {
    guard let root else { throw SyscallError("open", .badDescriptor, "no root") }
    // path: the host's node, before the root changes; what it is is verified
    let node = try openTreeClone(.workingDirectory, device.path, recursive: false)
    let status = try fstat(node.fd)
    guard status.fileType == device.type.fileType, status.specialDevice == makeDeviceNumber(device) else {
      throw SyscallError("open", .noDevice, "the host's \(device.path) is another device")
    }
    let target = try root.makeFile(device.path)
    try moveMount(node.fd, onto: target.fd)
  }

  private func linkDevices() throws(SyscallError) {
    let links = [
      ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
      ("stderr", "/proc/self/fd/2"), ("core", "/proc/kcore"), ("ptmx", "pts/ptmx"),
    ]
    let (directory, _) = try parent(of: "/dev/x")
    for (name, target) in links {
      do throws(SyscallError) {
        try symlinkat(target, directory, name)
      } catch {
        if error.errno != .exists && error.errno != .readOnlyFileSystem { throw error }
      }
    }
  }

  // MARK: Terminal

  /// Both ends come from the container's own devpts, by descriptor: a name such as `/dev/pts/0` could be a link.
  private func openConsole(_ size: ConsoleSize?, bind: Bool) throws(SyscallError) {
    guard let root else { throw SyscallError("open", .badDescriptor, "no root") }
    let ptmx = try root.open("/dev/pts/ptmx", [.readWrite, .noControllingTerminal])
    guard try fstatfs(ptmx.fd).magic == FileSystemMagic.devpts else {
      throw SyscallError("open", .noDevice, "/dev/pts is not a devpts file system; a terminal needs one")
    }
    let pty = try openPseudoTerminal(ptmx: ptmx)
    if launch.console == .foreground {
      // Whoever reads the runtime's output through a pipe gets the lines as they were written; a terminal there
      // completes them itself.
      try TerminalAttributes(of: pty.terminal.fd).withPlainLineFeeds.apply(to: pty.terminal.fd)
    }
    if let size {
      try setWindowSize(pty.terminal.fd, WindowSize(rows: size.height, columns: size.width))
    }
    if bind {
      let console = try openTreeClone(pty.terminal.fd, "", recursive: false)
      let target = try root.makeFile("/dev/console", mode: 0o666)
      try moveMount(console.fd, onto: target.fd)
    }
    terminal = OwnedDescriptor(try pty.terminal.duplicate())
    terminalController = OwnedDescriptor(pty.takeController())
  }

  private func setStandardStreams(terminal isTerminal: Bool, owner: UInt32) throws(SyscallError) {
    guard isTerminal, let terminal else { return try giveStreams(to: owner) }
    try fchown(terminal.fd, uid: owner, gid: UInt32.max)
    try setControllingTerminal(terminal.fd)
    for number in 0..<Int32(3) { try dup3(terminal.fd, onto: number) }
    self.terminal = nil
    terminalController = nil
  }

  /// A program that is not root may want to open `/dev/stdout`, which needs ownership of the pipe behind it. Devices and
  /// files keep their owner: they are the caller's, and `/dev/null` is everybody's.
  private func giveStreams(to owner: UInt32) throws(SyscallError) {
    guard owner != 0 else { return }
    for number in 0..<Int32(3) where FD(number).isOpen {
      let status = try fstat(FD(number))
      if status.isFIFO && status.uid != owner {
        do throws(SyscallError) {
          try fchown(FD(number), uid: owner, gid: UInt32.max)
        } catch {
          // A pipe from outside the user namespace cannot be given away; it works all the same.
          if error.errno != .notPermitted && error.errno != .invalidArgument { throw error }
        }
      }
    }
  }
}

extension DeviceType {
  /// The bits of `st_mode`.
  var fileType: UInt32 {
    switch self {
    case .block: UInt32(S_IFBLK)
    case .character, .unbuffered: UInt32(S_IFCHR)
    case .fifo: UInt32(S_IFIFO)
    }
  }
}
