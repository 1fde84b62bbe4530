// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import OCI

/// A BPF program that allows or forbids each use of a device by the processes of a cgroup of version 2.
///
/// It is called with the device and a set of accesses, and asks the rules from the last to the first: a rule that
/// forbids one of the accesses still in question ends with "no", a rule that allows takes its accesses out of
/// question and ends with "yes" when none is left. See `struct bpf_cgroup_dev_ctx` in linux/bpf.h.
///
/// Loading costs what the kernel's verifier spends on branches. So the rules of one kind stand behind one test of it,
/// both numbers are compared at once, rules that stand together and say the same share one branch, and all verdicts
/// share two exits.
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

  /// - Parameter entries: from the first to the last, as the configuration has them.
  init(_ entries: [DeviceRuleList.Entry], allowsByDefault: Bool) {
    var assembly = Assembly()
    assembly.instructions.reserveCapacity(16 + entries.count * 2)
    assembly.start()
    for (index, entry) in entries.enumerated().reversed() {
      assembly.append(entry, isLastWord: !entries[..<index].contains { $0.overlaps(entry) })
    }
    instructions = assembly.finish(allowsByDefault: allowsByDefault)
  }
}

/// The writing of a program.
private struct Assembly {
  var instructions: [DeviceProgram.Instruction] = []
  /// Jumps whose targets are not known yet.
  private var toAllow: [Int] = []
  private var toDeny: [Int] = []
  private var toNextKind: Int?
  /// The kind that the current run of rules is for; outer nil: no run has begun.
  private var kind: Bool??
  /// Whether the current run has ended with a rule for all its devices, after which the kernel tolerates no more code.
  private var isClosed = false
  /// Rules for all accesses to one device each, or to those of one number, with the same verdict; not written yet.
  private var alike: [Number] = []
  private var alikeAllow = false

  /// What to compare to find a rule's devices.
  private typealias Number = (register: UInt8, value: Int32)

  // Registers: 0 the verdict, 1 the context and then scratch, 2 kind, 3 accesses in question, 4 major, 5 minor,
  // 6 both, 7 what rules that are alike have found.

  mutating func start() {
    emit(.load, 2, source: 1, offset: 0)
    emit(.load, 4, source: 1, offset: 4)
    emit(.load, 5, source: 1, offset: 8)
    // The low half of the first word is the kind of device, the high half the accesses.
    emit(.move, 3, source: 2)
    emit(.and, 2, immediate: 0xFFFF)
    emit(.shiftRight, 3, immediate: 16)
    // As the kernel packs them: 12 bits and 20 bits. Then with the sign that an immediate value has.
    emit(.move, 6, source: 4)
    emit(.shiftLeft, 6, immediate: 20 + 32)
    emit(.shiftRightSigned, 6, immediate: 32)
    emit(.or, 6, source: 5)
  }

  /// Adds the next earlier rule.
  ///
  /// - Parameter isLastWord: no rule to come speaks of the same devices. The accesses in question then stay as they
  ///   are, which makes no difference to the verdict and a great one to the kernel's verifier: it tells states apart
  ///   by what may be in that register.
  mutating func append(_ entry: DeviceRuleList.Entry, isLastWord: @autoclosure () -> Bool) {
    // No device has such numbers, so the rule is for none.
    if entry.major ?? 0 >= 1 << 12 || entry.minor ?? 0 >= 1 << 20 { return }
    begin(entry.isBlock)
    if isClosed { return }
    let number = Assembly.number(entry)
    if entry.access == .all, let number {
      if alikeAllow != entry.allow { writeAlike() }
      alikeAllow = entry.allow
      alike.append(number)
      return
    }
    writeAlike()
    if entry.access == .all {
      end(entry.allow, at: emit(.jump, 0))
      isClosed = true
      return
    }
    let skip = number.map { emit(.jumpUnlessEqual, $0.register, immediate: $0.value) }
    let access = Assembly.accessBits(entry.access)
    emit(.move, 1, source: 3)
    if entry.allow {
      emit(.and, 1, immediate: ~access & 7)
      end(true, at: emit(.jumpIfEqual, 1, immediate: 0))
      if !isLastWord() { emit(.move, 3, source: 1) }
    } else {
      emit(.and, 1, immediate: access)
      end(false, at: emit(.jumpUnlessEqual, 1, immediate: 0))
    }
    if let skip { aim(skip) }
  }

  /// One branch for all: a number less one is negative only if it was 0, the difference of equal ones.
  private mutating func writeAlike() {
    defer { alike.removeAll(keepingCapacity: true) }
    guard alike.count > 1 else {
      if let number = alike.first {
        end(alikeAllow, at: emit(.jumpIfEqual, number.register, immediate: number.value))
      }
      return
    }
    emit(.set, 7, immediate: 0)
    for number in alike {
      emit(.move32, 1, source: number.register)
      emit(.xor32, 1, immediate: number.value)
      emit(.add, 1, immediate: -1)
      emit(.or, 7, source: 1)
    }
    end(alikeAllow, at: emit(.jumpIfNegative, 7))
  }

  mutating func finish(allowsByDefault: Bool) -> [DeviceProgram.Instruction] {
    writeAlike()
    if let jump = toNextKind { aim(jump) }
    for allow in [allowsByDefault, !allowsByDefault] {
      let jumps = allow ? toAllow : toDeny
      // The kernel refuses code that nothing leads to.
      if jumps.isEmpty && allow != allowsByDefault { continue }
      for jump in jumps { aim(jump) }
      emit(.set, 0, immediate: allow ? 1 : 0)
      emit(.exit, 0)
    }
    return instructions
  }

  private mutating func begin(_ isBlock: Bool?) {
    if kind == .some(isBlock) { return }
    writeAlike()
    if let jump = toNextKind { aim(jump) }
    toNextKind = nil
    kind = .some(isBlock)
    isClosed = false
    // `BPF_DEVCG_DEV_BLOCK` is 1, `BPF_DEVCG_DEV_CHAR` 2.
    if let isBlock { toNextKind = emit(.jumpUnlessEqual, 2, immediate: isBlock ? 1 : 2) }
  }

  private mutating func end(_ allow: Bool, at jump: Int) {
    if allow { toAllow.append(jump) } else { toDeny.append(jump) }
  }

  /// Makes a jump lead to the next instruction.
  private mutating func aim(_ jump: Int) {
    // In range: a rule is at most seven instructions, and `DeviceRuleList` bounds their number.
    instructions[jump].offset = Int16(truncatingIfNeeded: instructions.count - jump - 1)
  }

  /// - Returns: nil for all devices.
  private static func number(_ entry: DeviceRuleList.Entry) -> Number? {
    switch (entry.major, entry.minor) {
    case (nil, nil): nil
    case (let major?, nil): (4, Int32(bitPattern: major))
    case (nil, let minor?): (5, Int32(bitPattern: minor))
    case (let major?, let minor?): (6, Int32(bitPattern: major << 20 | minor))
    }
  }

  /// `BPF_DEVCG_ACC_MKNOD` is 1, `_READ` 2 and `_WRITE` 4.
  private static func accessBits(_ access: DeviceAccess) -> Int32 {
    (access.contains(.mknod) ? 1 : 0) | (access.contains(.read) ? 2 : 0) | (access.contains(.write) ? 4 : 0)
  }

  /// Values of linux/bpf.h and linux/bpf_common.h.
  private enum Code: UInt8 {
    /// `BPF_LDX | BPF_MEM | BPF_W`.
    case load = 0x61
    /// `BPF_ALU64 | BPF_MOV | BPF_X`.
    case move = 0xBF
    /// `BPF_ALU64 | BPF_MOV | BPF_K`.
    case set = 0xB7
    /// `BPF_ALU64 | BPF_AND | BPF_K`.
    case and = 0x57
    /// `BPF_ALU64 | BPF_ADD | BPF_K`.
    case add = 0x07
    /// `BPF_ALU | BPF_MOV | BPF_X`: the low half, the high one becomes 0.
    case move32 = 0xBC
    /// `BPF_ALU | BPF_XOR | BPF_K`, likewise.
    case xor32 = 0xA4
    /// `BPF_ALU64 | BPF_OR | BPF_X`.
    case or = 0x4F
    /// `BPF_ALU64 | BPF_LSH | BPF_K`.
    case shiftLeft = 0x67
    /// `BPF_ALU64 | BPF_RSH | BPF_K`.
    case shiftRight = 0x77
    /// `BPF_ALU64 | BPF_ARSH | BPF_K`.
    case shiftRightSigned = 0xC7
    /// `BPF_JMP | BPF_JA`.
    case jump = 0x05
    /// `BPF_JMP | BPF_JEQ | BPF_K`.
    case jumpIfEqual = 0x15
    /// `BPF_JMP | BPF_JNE | BPF_K`.
    case jumpUnlessEqual = 0x55
    /// `BPF_JMP | BPF_JSLT | BPF_K` with 0.
    case jumpIfNegative = 0xC5
    /// `BPF_JMP | BPF_EXIT`.
    case exit = 0x95
  }

  /// - Returns: the instruction's index.
  @discardableResult
  private mutating func emit(
    _ code: Code, _ destination: UInt8, source: UInt8 = 0, offset: Int16 = 0, immediate: Int32 = 0
  ) -> Int {
    instructions.append(
      DeviceProgram.Instruction(
        code: code.rawValue, registers: destination | source << 4, offset: offset, immediate: immediate))
    return instructions.count - 1
  }
}
