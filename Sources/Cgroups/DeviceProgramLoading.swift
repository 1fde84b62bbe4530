// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

extension DeviceProgram {
  /// Loads the program and attaches it to a cgroup of version 2 (Linux 4.15), beside what is attached to its parents.
  ///
  /// - Parameter directory: open for reading.
  func attach(to directory: FD, _ hostPath: String) throws(CgroupError) {
    do throws(SyscallError) {
      let program = try load()
      var attributes = AttachAttributes(
        target: UInt32(directory.rawValue), program: UInt32(program.rawValue),
        type: Self.attachCgroupDevice, flags: Self.allowMultiple)
      try callBPF(Self.commandAttach, &attributes)
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

  private func load() throws(SyscallError) -> Descriptor {
    // The licence only matters to programs that call the kernel's functions.
    let license = Array("Apache-2.0\0".utf8)
    var failure: SyscallError?
    let fd = license.withUnsafeBytes { licenseBytes in
      instructions.withUnsafeBytes { code -> Int32 in
        var attributes = LoadAttributes(
          type: Self.typeCgroupDevice, count: UInt32(instructions.count),
          instructions: UInt64(UInt(bitPattern: code.baseAddress)),
          license: UInt64(UInt(bitPattern: licenseBytes.baseAddress)))
        do throws(SyscallError) {
          return try callBPF(Self.commandLoad, &attributes)
        } catch {
          failure = error
          return -1
        }
      }
    }
    if let failure { throw failure }
    return Descriptor(owning: fd)
  }

  @discardableResult
  private func callBPF<T>(_ command: Int32, _ attributes: inout T) throws(SyscallError) -> Int32 {
    let result = withUnsafeMutableBytes(of: &attributes) { bytes -> Result<Int32, SyscallError> in
      do throws(SyscallError) { return .success(try bpf(command, bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  // Values of linux/bpf.h.

  private static let commandLoad: Int32 = 5
  private static let commandAttach: Int32 = 8
  private static let typeCgroupDevice: UInt32 = 15
  private static let attachCgroupDevice: UInt32 = 6
  /// `BPF_F_ALLOW_MULTI`: the programs of the parents stay in force.
  private static let allowMultiple: UInt32 = 2

  /// The beginning of `union bpf_attr` for `BPF_PROG_LOAD`.
  private struct LoadAttributes {
    var type: UInt32
    var count: UInt32
    var instructions: UInt64
    var license: UInt64
    var logLevel: UInt32 = 0
    var logSize: UInt32 = 0
    var log: UInt64 = 0
  }

  /// The beginning of `union bpf_attr` for `BPF_PROG_ATTACH`.
  private struct AttachAttributes {
    var target: UInt32
    var program: UInt32
    var type: UInt32
    var flags: UInt32
  }
}
