// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// Loads a program that decides about devices (bpf(2), `BPF_PROG_TYPE_CGROUP_DEVICE`, Linux 4.15).
///
/// - Parameters:
///   - code: instructions of 8 bytes, `struct bpf_insn`.
///   - license: only matters to programs that call the kernel's functions.
public func bpfLoadDeviceProgram(
  _ code: UnsafeRawBufferPointer, license: StaticString
) throws(SyscallError) -> Descriptor {
  for _ in 0..<32 {
    let result = cl_bpf_load_device_program(
      code.baseAddress, UInt32(code.count / 8), UnsafeRawPointer(license.utf8Start))
    // The verifier gives up at a signal (Linux 4.20).
    if result == -Int(EAGAIN) || result == -Int(EINTR) { continue }
    return Descriptor(owning: Int32(try check(result, "bpf")))
  }
  throw SyscallError("bpf", .tryAgain)
}

/// Attaches a device program to a cgroup of version 2, beside those of its parents (`BPF_F_ALLOW_MULTI`).
///
/// - Parameter cgroup: its directory, open for reading.
public func bpfAttachDeviceProgram(_ program: FD, to cgroup: FD) throws(SyscallError) {
  try check(cl_bpf_attach_device_program(program.rawValue, cgroup.rawValue), "bpf")
}
