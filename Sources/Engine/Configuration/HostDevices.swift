// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux
import OCI

/// Device nodes of the host.
enum HostDevices {
  /// A bound on what a directory of devices can make us read.
  private static let most = 4096

  /// The nodes that a `--device` stands for, with their paths in the container.
  ///
  /// - Throws: ``EngineError`` naming the flag.
  static func nodes(for request: DeviceRequest) throws(EngineError) -> [Device] {
    let flag = "--device \(request.hostPath.quoted)"
    do {
      let status = try fstatat(.workingDirectory, request.hostPath)
      if status.isDirectory {
        var result: [Device] = []
        try collect(request.hostPath, as: request.containerPath, into: &result, skipping: [])
        if result.isEmpty { throw EngineError("\(flag): there is no device in this directory") }
        return result
      }
      guard let device = device(status, path: request.containerPath) else {
        throw EngineError("\(flag): not a device node")
      }
      return [device]
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError("\(flag): \(error)")
    }
  }

  /// Every node below the host's `/dev`, for privileged containers. Terminals and shared memory are the container's
  /// own, so their directories are left out.
  static func all() throws(EngineError) -> [Device] {
    do {
      var result: [Device] = []
      try collect(
        "/dev", as: "/dev", into: &result, skipping: ["pts", "shm", "fd", "mqueue", "console", "ptmx", "tty"])
      return result
    } catch {
      throw EngineError("--privileged: cannot list /dev: \(error)")
    }
  }

  private static func collect(
    _ path: String, as inside: String, into result: inout [Device], skipping: Set<String>
  ) throws(SyscallError) {
    let directory = try openat(.workingDirectory, path, [.readOnly, .directory])
    for entry in try listDirectory(directory.fd).sorted(by: { $0.name < $1.name }) {
      if skipping.contains(entry.name) || result.count >= most { continue }
      if entry.isDirectory {
        try collect("\(path)/\(entry.name)", as: "\(inside)/\(entry.name)", into: &result, skipping: [])
        continue
      }
      let status: FileStatus
      do {
        status = try fstatat(directory.fd, entry.name, followLinks: false)
      } catch {
        // Unplugged between the listing and now.
        if error.errno == .noEntry { continue }
        throw error
      }
      if let device = device(status, path: "\(inside)/\(entry.name)") { result.append(device) }
    }
  }

  private static func device(_ status: FileStatus, path: String) -> Device? {
    let type: DeviceType
    if status.isCharacterDevice {
      type = .character
    } else if status.isBlockDevice {
      type = .block
    } else {
      return nil
    }
    let number = status.specialDevice
    // The kernel's encoding of dev_t for user space, see makedev(3): 12 and 20 bits, each in two parts.
    let major = UInt32(truncatingIfNeeded: (number >> 8 & 0xfff) | (number >> 32 & 0xffff_f000))
    let minor = UInt32(truncatingIfNeeded: (number & 0xff) | (number >> 12 & 0xffff_ff00))
    return Device(
      type: type, path: path, major: major, minor: minor, fileMode: status.mode & 0o7777, uid: status.uid,
      gid: status.gid)
  }
}
