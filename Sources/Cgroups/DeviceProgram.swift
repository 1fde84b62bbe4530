// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import OCI

/// A BPF program that allows or forbids each use of a device by the processes of a cgroup of version 2.
///
/// It is called with the device and a set of accesses, and asks the rules from the last to the first: a rule that
/// forbids one of the accesses still in question ends with "no", a rule that allows takes its accesses out of
/// question and ends with "yes" when none is left. See `struct bpf_cgroup_dev_ctx` in linux/bpf.h.
///
/// Loading costs what the kernel's verifier and compiler spend on instructions and branches. So the rules of one kind
/// stand behind one test of it, both numbers are compared at once, neighbouring devices with the same verdict share a
/// branch, and all verdicts share two exits.
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

  private enum Register: UInt8 {
    case verdict = 0
    /// The context at first.
    case scratch = 1
    /// The kind of device in the low half; in the high half the accesses that are in question.
    case request = 3
    case major = 4
    case minor = 5
    /// Both numbers as the kernel packs them, 12 bits and 20 bits, with the sign that an immediate value has.
    case both = 6
  }

  /// What to compare to find a rule's devices.
  private struct Number {
    var register: Register
    var value: UInt32

    /// Nil for all devices.
    init?(_ entry: DeviceRuleList.Entry) {
      switch (entry.major, entry.minor) {
      case (nil, nil): return nil
      case (let major?, nil): (register, value) = (.major, major)
      case (nil, let minor?): (register, value) = (.minor, minor)
      case (let major?, let minor?): (register, value) = (.both, major << 20 | minor)
      }
    }
  }

  mutating func start() {
    emit(.load, .request, source: .scratch, offset: 0)
    emit(.load, .major, source: .scratch, offset: 4)
    emit(.load, .minor, source: .scratch, offset: 8)
    emit(.move, .both, source: .major)
    emit(.shiftLeft, .both, immediate: 20 + 32)
    emit(.shiftRightSigned, .both, immediate: 32)
    emit(.or, .both, source: .minor)
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
    let number = Number(entry)
    if entry.access == .all, let number {
      if alikeAllow != entry.allow { writeAlike() }
      alikeAllow = entry.allow
      alike.append(number)
      return
    }
    writeAlike()
    if entry.access == .all {
      end(entry.allow, at: emit(.jump, .verdict))
      isClosed = true
      return
    }
    let skip = number.map { emit(.jumpUnlessEqual, $0.register, immediate: Int32(bitPattern: $0.value)) }
    let access = Assembly.accessBits(entry.access)
    if entry.allow {
      let furtherAccess = emit(.jumpIfAny, .request, immediate: Assembly.accessBits(.all) & ~access)
      end(true, at: emit(.jump, .verdict))
      aim(furtherAccess)
      if !isLastWord() { emit(.and, .request, immediate: ~access) }
    } else {
      end(false, at: emit(.jumpIfAny, .request, immediate: access))
    }
    if let skip { aim(skip) }
  }

  private mutating func writeAlike() {
    defer { alike.removeAll(keepingCapacity: true) }
    alike.sort { ($0.register.rawValue, $0.value) < ($1.register.rawValue, $1.value) }
    var rest = alike[...]
    while let first = rest.popFirst() {
      var last = first.value
      while let next = rest.first, next.register == first.register, next.value - last <= 1 {
        last = next.value
        rest.removeFirst()
      }
      end(alikeAllow, at: compare(first, through: last))
    }
  }

  /// A jump for a number from `first` to `last`.
  private mutating func compare(_ first: Number, through last: UInt32) -> Int {
    if first.value == last {
      return emit(.jumpIfEqual, first.register, immediate: Int32(bitPattern: last))
    }
    // Without sign, what is below the first lies above all others once the first is taken off.
    emit(.move32, .scratch, source: first.register)
    emit(.add32, .scratch, immediate: Int32(bitPattern: 0 &- first.value))
    return emit(.jumpIfLess, .scratch, immediate: Int32(bitPattern: last - first.value + 1))
  }

  mutating func finish(allowsByDefault: Bool) -> [DeviceProgram.Instruction] {
    writeAlike()
    if let jump = toNextKind { aim(jump) }
    for allow in [allowsByDefault, !allowsByDefault] {
      let jumps = allow ? toAllow : toDeny
      // The kernel refuses code that nothing leads to.
      if jumps.isEmpty && allow != allowsByDefault { continue }
      for jump in jumps { aim(jump) }
      emit(.set, .verdict, immediate: allow ? 1 : 0)
      emit(.exit, .verdict)
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
    if let isBlock { toNextKind = emit(.jumpIfAny, .request, immediate: isBlock ? 2 : 1) }
  }

  private mutating func end(_ allow: Bool, at jump: Int) {
    if allow { toAllow.append(jump) } else { toDeny.append(jump) }
  }

  /// Makes a jump lead to the next instruction.
  private mutating func aim(_ jump: Int) {
    // In range: a rule is at most seven instructions, and `DeviceRuleList` bounds their number.
    instructions[jump].offset = Int16(truncatingIfNeeded: instructions.count - jump - 1)
  }

  /// `BPF_DEVCG_ACC_MKNOD` is 1, `_READ` 2 and `_WRITE` 4, in the high half of the request.
  private static func accessBits(_ access: DeviceAccess) -> Int32 {
    ((access.contains(.mknod) ? 1 : 0) | (access.contains(.read) ? 2 : 0) | (access.contains(.write) ? 4 : 0))
      << 16
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
    /// `BPF_ALU | BPF_MOV | BPF_X`: the low half, the high one becomes 0.
    case move32 = 0xBC
    /// `BPF_ALU | BPF_ADD | BPF_K`, likewise.
    case add32 = 0x04
    /// `BPF_ALU64 | BPF_OR | BPF_X`.
    case or = 0x4F
    /// `BPF_ALU64 | BPF_LSH | BPF_K`.
    case shiftLeft = 0x67
    /// `BPF_ALU64 | BPF_ARSH | BPF_K`.
    case shiftRightSigned = 0xC7
    /// `BPF_JMP | BPF_JA`.
    case jump = 0x05
    /// `BPF_JMP | BPF_JEQ | BPF_K`.
    case jumpIfEqual = 0x15
    /// `BPF_JMP | BPF_JNE | BPF_K`.
    case jumpUnlessEqual = 0x55
    /// `BPF_JMP | BPF_JSET | BPF_K`: one of the bits is set.
    case jumpIfAny = 0x45
    /// `BPF_JMP | BPF_JLT | BPF_K`, without sign.
    case jumpIfLess = 0xA5
    /// `BPF_JMP | BPF_EXIT`.
    case exit = 0x95
  }

  /// - Returns: the instruction's index.
  @discardableResult
  private mutating func emit(
    _ code: Code, _ destination: Register, source: Register = .verdict, offset: Int16 = 0,
    immediate: Int32 = 0
  ) -> Int {
    instructions.append(
      DeviceProgram.Instruction(
        code: code.rawValue, registers: destination.rawValue | source.rawValue << 4, offset: offset,
        immediate: immediate))
    return instructions.count - 1
  }
}
