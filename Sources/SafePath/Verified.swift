// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
public import Linux

/// Checks of objects after they were opened: a path can lie, a descriptor cannot.
public enum Verified {
  /// The host's null device as a detached mount, to be bound over what is to be hidden.
  ///
  /// - Throws: `ENODEV` when `/dev/null` is not character device 1:3.
  public static func nullDevice() throws(SyscallError) -> Descriptor {
    let null = try openTreeClone(.workingDirectory, "/dev/null", recursive: false, followLinks: false)
    let status = try fstat(null.fd)
    guard status.isCharacterDevice, status.specialDevice == makeDevice(major: 1, minor: 3) else {
      throw SyscallError("open", .noDevice, "/dev/null is not the null device")
    }
    return null
  }

  /// A directory of a real proc file system, such as `/proc/self`.
  ///
  /// - Throws: `EXDEV` when something else is mounted there.
  public static func procDirectory(_ path: String) throws(SyscallError) -> Descriptor {
    let directory = try openat(.workingDirectory, path, [.path, .directory])
    guard try fstatfs(directory.fd).magic == FileSystemMagic.proc else {
      throw SyscallError("open", .crossDevice, "\(path) is not on a proc file system")
    }
    return directory
  }
}

/// A proc file system of our own that nobody else can reach or mount over.
public struct ProcHandle: ~Copyable {
  public let mount: Descriptor

  /// Takes a detached mount of type proc, such as the one that is about to become the container's `/proc`.
  public init(owning mount: consuming Descriptor) throws(SyscallError) {
    guard try fstatfs(mount.fd).magic == FileSystemMagic.proc else {
      throw SyscallError("fstatfs", .crossDevice, "not a proc file system")
    }
    self.mount = mount
  }

  /// Makes a detached mount that shows the caller's PID namespace.
  public init() throws(SyscallError) {
    let context = try fsopen("proc")
    try fsconfigCreate(context.fd)
    mount = try fsmount(context.fd, [.noSUID, .noDevices, .noExec])
  }

  /// Writes one value to a file below this proc, crossing neither mounts nor links.
  ///
  /// - Parameter path: relative, such as `sys/net/ipv4/ip_forward` or `thread-self/attr/exec`.
  public borrowing func write(_ path: String, _ value: String) throws(SyscallError) {
    // `self` and `thread-self` are plain links of proc, hence only magic links are refused.
    let file = try openat2(
      mount.fd, path, .writeOnly, resolve: [.beneath, .noMagicLinks, .noCrossDevice])
    guard try fstatfs(file.fd).magic == FileSystemMagic.proc else {
      throw SyscallError("open", .crossDevice, path)
    }
    do throws(SyscallError) {
      try writeOnce(file.fd, value)
    } catch {
      throw SyscallError("write", error.errno, path)
    }
  }
}
