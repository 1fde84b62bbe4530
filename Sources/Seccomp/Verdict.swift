// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A system call as a filter sees it (`struct seccomp_data`), but for the place in the program that makes it.
public struct SeccompCall: Equatable, Sendable {
  public var number: UInt32
  /// `AUDIT_ARCH_*`.
  public var architecture: UInt32
  /// Six registers, whether the call uses them or not.
  public var arguments: [UInt64]

  public init(number: UInt32, architecture: UInt32, arguments: [UInt64]) {
    self.number = number
    self.architecture = architecture
    self.arguments = arguments
  }

  /// A call of this machine's own convention by its name, with zeros; nil where it has no such call.
  public init?(named name: String, on machine: NativeArchitecture = .current) {
    let convention = machine.convention
    guard let number = SyscallNumbers(named: name)?.number(in: convention) else { return nil }
    self.init(
      number: number + convention.numberBase, architecture: convention.auditArchitecture,
      arguments: [UInt64](repeating: 0, count: 6))
  }

  /// The call's name; nil for one that the table does not have, or a convention that this machine does not.
  public func name(on machine: NativeArchitecture = .current) -> String? {
    for (_, convention) in machine.conventions where convention.auditArchitecture == architecture {
      let isX32 = convention == .x32
      let isOther = (number & Kernel.__X32_SYSCALL_BIT != 0) != isX32
      if architecture == Kernel.AUDIT_ARCH_X86_64, isOther { continue }
      return SyscallNumbers.name(of: number - convention.numberBase, in: convention)
    }
    return nil
  }

  /// The 32-bit word at an offset of the kernel's structure; the instruction pointer counts as 0.
  fileprivate func word(at offset: UInt32) -> UInt32 {
    switch offset {
    case SeccompData.number: return number
    case SeccompData.architecture: return architecture
    case 16..<64:
      let argument = arguments[Int(offset - 16) / 8]
      return UInt32(truncatingIfNeeded: offset % 8 == 0 ? argument : argument >> 32)
    default: return 0
    }
  }
}

/// What a filter does about a call.
public enum SeccompVerdict: Equatable, Sendable {
  /// The call fails with this number; with 0 it does nothing and succeeds.
  case error(Int32)
  /// The process, or only its thread, ends.
  case kill
  /// Anything else: the call is made, or somebody else is asked.
  case other(UInt32)
}

extension SeccompProgram {
  /// Runs the filter on a call, as the kernel does.
  ///
  /// - Returns: nil for a program with instructions that ours do not have.
  public func verdict(on call: SeccompCall) -> SeccompVerdict? {
    var index = 0
    var accumulator: UInt32 = 0
    while index < instructions.count {
      let instruction = instructions[index]
      let operand = instruction.operand
      index += 1
      let holds: Bool
      switch instruction.code {
      case BPFCode.load:
        accumulator = call.word(at: operand)
        continue
      case BPFCode.and:
        accumulator &= operand
        continue
      case BPFCode.jump:
        index += Int(operand)
        continue
      case BPFCode.ret: return Self.verdict(operand)
      case BPFCode.ifEqual: holds = accumulator == operand
      case BPFCode.ifGreater: holds = accumulator > operand
      case BPFCode.ifGreaterOrEqual: holds = accumulator >= operand
      default: return nil
      }
      index += Int(holds ? instruction.skipIfTrue : instruction.skipIfFalse)
    }
    return nil
  }

  private static func verdict(_ value: UInt32) -> SeccompVerdict {
    switch value & ~Kernel.SECCOMP_RET_DATA {
    // The kernel knows no greater number (`MAX_ERRNO`).
    case Kernel.SECCOMP_RET_ERRNO: .error(Int32(min(value & Kernel.SECCOMP_RET_DATA, 4095)))
    case Kernel.SECCOMP_RET_KILL_PROCESS, Kernel.SECCOMP_RET_KILL_THREAD: .kill
    default: .other(value)
    }
  }

  /// The same filter, but whatever it refuses by an error or by ending the process is put to an agent, who has to
  /// do the same. As `struct sock_filter`, little-endian.
  public var askingBytes: [UInt8] {
    var bytes: [UInt8] = []
    for var instruction in instructions {
      if instruction.code == BPFCode.ret {
        switch Self.verdict(instruction.operand) {
        case .error, .kill: instruction.operand = Kernel.SECCOMP_RET_USER_NOTIF
        case .other: break
        }
      }
      bytes += [
        UInt8(truncatingIfNeeded: instruction.code), UInt8(truncatingIfNeeded: instruction.code >> 8),
      ]
      bytes += [instruction.skipIfTrue, instruction.skipIfFalse]
      for shift in [0, 8, 16, 24] as [UInt32] {
        bytes.append(UInt8(truncatingIfNeeded: instruction.operand >> shift))
      }
    }
    return bytes
  }
}
