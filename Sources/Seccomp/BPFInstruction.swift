// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// An instruction of a classic BPF program, laid out as the kernel's `struct sock_filter` (8 bytes): an array
/// of these can be handed to seccomp(2) as it is.
public struct BPFInstruction: Equatable, Sendable {
  /// What to do, and with which operand.
  public var code: UInt16
  /// How many instructions to skip if the condition holds; conditional jumps only.
  public var skipIfTrue: UInt8
  /// How many instructions to skip if it does not; conditional jumps only.
  public var skipIfFalse: UInt8
  /// The operand: an offset, a number to compare with, a distance, or what to return.
  public var operand: UInt32

  public init(code: UInt16, skipIfTrue: UInt8 = 0, skipIfFalse: UInt8 = 0, operand: UInt32) {
    self.code = code
    self.skipIfTrue = skipIfTrue
    self.skipIfFalse = skipIfFalse
    self.operand = operand
  }
}

/// The instructions that filters are made of. The kernel's cache of calls that are always allowed understands
/// no others (`seccomp_is_const_allow` in its `kernel/seccomp.c`).
enum BPFCode {
  /// A := 32-bit word of `seccomp_data` at `operand`.
  static let load = Kernel.BPF_LD | Kernel.BPF_W | Kernel.BPF_ABS
  /// A := A & `operand`.
  static let and = Kernel.BPF_ALU | Kernel.BPF_AND | Kernel.BPF_K
  /// Skips `operand` instructions.
  static let jump = Kernel.BPF_JMP | Kernel.BPF_JA
  /// A = `operand`?
  static let ifEqual = Kernel.BPF_JMP | Kernel.BPF_JEQ | Kernel.BPF_K
  /// A > `operand`, unsigned?
  static let ifGreater = Kernel.BPF_JMP | Kernel.BPF_JGT | Kernel.BPF_K
  /// A ≥ `operand`, unsigned?
  static let ifGreaterOrEqual = Kernel.BPF_JMP | Kernel.BPF_JGE | Kernel.BPF_K
  /// Ends the program with the verdict `operand`.
  static let ret = Kernel.BPF_RET | Kernel.BPF_K
}

/// Offsets of `struct seccomp_data`, little-endian machines.
enum SeccompData {
  static let number: UInt32 = 0
  static let architecture: UInt32 = 4

  /// The low 32 bits of an argument, index 0 to 5.
  static func low(ofArgument index: UInt8) -> UInt32 { 16 + 8 * UInt32(index) }

  /// The high 32 bits of an argument.
  static func high(ofArgument index: UInt8) -> UInt32 { low(ofArgument: index) + 4 }
}
