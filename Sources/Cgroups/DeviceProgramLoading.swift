// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

extension DeviceProgram {
  /// Loads the program and attaches it to a cgroup of version 2 (Linux 4.15), beside what is attached to its parents.
  ///
  /// - Parameter directory: open for reading.
  func attach(to directory: FD, _ hostPath: String) throws(CgroupError) {
    do throws(SyscallError) {
      let program = try instructions.withUnsafeBytes { code -> Result<OwnedProgram, SyscallError> in
        do throws(SyscallError) {
          return .success(OwnedProgram(try bpfLoadDeviceProgram(code, license: "Apache-2.0")))
        } catch { return .failure(error) }
      }.get()
      try bpfAttachDeviceProgram(program.descriptor.fd, to: directory)
    } catch {
      // In a user namespace nobody may load it, and nobody may make a node of a device, either.
      if error.errno == .notPermitted && isInUserNamespace() { return }
      throw .refused(
        "cannot restrict the devices of \(hostPath)", error, field: "/linux/resources/devices",
        remedy: remedy(error.errno))
    }
  }

  private func remedy(_ errno: Errno) -> String? {
    switch errno {
    case .notPermitted, .accessDenied:
      "loading a BPF program needs root (CAP_BPF and CAP_NET_ADMIN)"
    case .noSystemCall, .invalidArgument:
      "the kernel needs CONFIG_CGROUP_BPF (Linux 4.15)"
    default: nil
    }
  }

  /// A loaded program on its way out of a closure that can only return copyable values.
  private final class OwnedProgram {
    let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
  }
}
