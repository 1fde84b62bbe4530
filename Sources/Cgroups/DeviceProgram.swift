// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import OCI

/// A BPF program that allows or forbids each use of a device by the processes of a cgroup of version 2.
///
/// It is called with the device and a set of accesses, and asks the rules from the last to the first: a rule that
/// forbids one of the accesses still in question ends with "no", a rule that allows takes its accesses out of
/// question and ends with "yes" when none is left. See `struct bpf_cgroup_dev_ctx` in linux/bpf.h.
public struct DeviceProgram: Equatable, Sendable {
  /// As `struct bpf_insn` lies in memory: code, registers, offset, immediate value.
  public struct Instruction: Equatable, Sendable {
    public var code: UInt8
    /// Destination in the low, source in the high four bits.
    public var registers: UInt8
    public var offset: Int16
    public var immediate: Int32
  }

  public private(set) var instructions: [Instruction] = []

  // Registers: 0 the verdict, 1 the context and then scratch, 2 kind, 3 accesses in question, 4 major, 5 minor.

  init() {
    emit(.load, 2, source: 1, offset: 0)
    emit(.move, 3, source: 2)
    // The low half of the first word is the kind of device, the high half the accesses.
    emit(.and, 2, immediate: 0xFFFF)
    emit(.shiftRight, 3, immediate: 16)
    emit(.load, 4, source: 1, offset: 4)
    emit(.load, 5, source: 1, offset: 8)
  }

  /// Adds the next earlier rule.
  mutating func append(_ entry: DeviceRuleList.Entry) {
    // The kernel's numbers have 12 and 20 bits; a rule for a larger one, which a comparison would misread as
    // negative, matches nothing.
    if entry.major ?? 0 > UInt32(Int32.max) || entry.minor ?? 0 > UInt32(Int32.max) { return }
    var skips: [Int] = []
    if let isBlock = entry.isBlock {
      skips.append(emit(.jumpUnlessEqual, 2, immediate: isBlock ? Self.block : Self.character))
    }
    if let major = entry.major {
      skips.append(emit(.jumpUnlessEqual, 4, immediate: Int32(bitPattern: major)))
    }
    if let minor = entry.minor {
      skips.append(emit(.jumpUnlessEqual, 5, immediate: Int32(bitPattern: minor)))
    }
    let access = Self.accessBits(entry.access)
    if entry.allow {
      emit(.and, 3, immediate: ~access & 7)
      skips.append(emit(.jumpUnlessEqual, 3, immediate: 0))
    } else if entry.access != .all {
      emit(.move, 1, source: 3)
      emit(.and, 1, immediate: access)
      skips.append(emit(.jumpIfEqual, 1, immediate: 0))
    }
    verdict(entry.allow)
    for skip in skips {
      // Offsets count from the instruction after the jump. A rule is at most nine instructions.
      instructions[skip].offset = Int16(instructions.count - skip - 1)
    }
  }

  mutating func finish(allow: Bool) { verdict(allow) }

  private mutating func verdict(_ allow: Bool) {
    emit(.set, 0, immediate: allow ? 1 : 0)
    emit(.exit, 0)
  }

  // Values of linux/bpf.h and linux/bpf_common.h.

  private static let block: Int32 = 1
  private static let character: Int32 = 2

  /// `BPF_DEVCG_ACC_MKNOD` is 1, `_READ` 2 and `_WRITE` 4.
  private static func accessBits(_ access: DeviceAccess) -> Int32 {
    (access.contains(.mknod) ? 1 : 0) | (access.contains(.read) ? 2 : 0) | (access.contains(.write) ? 4 : 0)
  }

  private enum Code: UInt8 {
    /// `BPF_LDX | BPF_MEM | BPF_W`.
    case load = 0x61
    /// `BPF_ALU64 | BPF_MOV | BPF_X`.
    case move = 0xBF
    /// `BPF_ALU64 | BPF_MOV | BPF_K`.
    case set = 0xB7
    /// `BPF_ALU64 | BPF_AND | BPF_K`.
    case and = 0x57
    /// `BPF_ALU64 | BPF_RSH | BPF_K`.
    case shiftRight = 0x77
    /// `BPF_JMP | BPF_JEQ | BPF_K`.
    case jumpIfEqual = 0x15
    /// `BPF_JMP | BPF_JNE | BPF_K`.
    case jumpUnlessEqual = 0x55
    /// `BPF_JMP | BPF_EXIT`.
    case exit = 0x95
  }

  /// - Returns: the instruction's index.
  @discardableResult
  private mutating func emit(
    _ code: Code, _ destination: UInt8, source: UInt8 = 0, offset: Int16 = 0, immediate: Int32 = 0
  ) -> Int {
    instructions.append(
      Instruction(
        code: code.rawValue, registers: destination | source << 4, offset: offset, immediate: immediate))
    return instructions.count - 1
  }
}
