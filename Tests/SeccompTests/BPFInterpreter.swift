// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Seccomp

/// What the kernel shows to a filter (`struct seccomp_data`).
struct Call: CustomStringConvertible {
  var number: UInt32
  var architecture: UInt32
  var arguments: [UInt64] = [0, 0, 0, 0, 0, 0]

  /// The 32-bit words at offset 0, 4, 8, …, 60; the instruction pointer is zero.
  var words: [UInt32] {
    [number, architecture, 0, 0]
      + arguments.flatMap { [UInt32(truncatingIfNeeded: $0), UInt32(truncatingIfNeeded: $0 >> 32)] }
  }

  var description: String {
    let arguments = arguments.map { String($0, radix: 16) }.joined(separator: ", ")
    return "call \(number) of \(String(architecture, radix: 16)) with (\(arguments))"
  }
}

enum BPFError: Error, Equatable {
  case empty
  case tooLong
  case unknownInstruction(at: Int)
  case jumpOutOfProgram(at: Int)
  case badOffset(at: Int)
  case endsWithoutReturn
}

/// Refuses what the kernel refuses (`bpf_check_classic` and `seccomp_check_filter`).
func verify(_ program: [BPFInstruction]) throws {
  guard !program.isEmpty else { throw BPFError.empty }
  guard program.count <= 4096 else { throw BPFError.tooLong }
  for (index, instruction) in program.enumerated() {
    let rest = program.count - index - 1
    switch instruction.code {
    case 0x20:
      if instruction.operand % 4 != 0 || instruction.operand >= 64 { throw BPFError.badOffset(at: index) }
    case 0x54, 0x06: break
    case 0x05:
      if Int(instruction.operand) >= rest { throw BPFError.jumpOutOfProgram(at: index) }
    case 0x15, 0x25, 0x35, 0x45:
      if Int(max(instruction.skipIfTrue, instruction.skipIfFalse)) >= rest {
        throw BPFError.jumpOutOfProgram(at: index)
      }
    default: throw BPFError.unknownInstruction(at: index)
    }
  }
  guard program[program.count - 1].code == 0x06 else { throw BPFError.endsWithoutReturn }
}

/// Runs a program that ``verify(_:)`` has accepted, as the kernel would.
///
/// - Parameter words: ``Call/words``.
/// - Returns: The verdict, and how many comparisons it took.
func run(
  _ program: UnsafeBufferPointer<BPFInstruction>, _ words: UnsafeBufferPointer<UInt32>
) -> (verdict: UInt32, comparisons: Int) {
  var index = 0
  var accumulator: UInt32 = 0
  var comparisons = 0
  while true {
    let instruction = program[index]
    let operand = instruction.operand
    index &+= 1
    var holds: Bool
    switch instruction.code {
    case 0x20:
      accumulator = words[Int(operand) / 4]
      continue
    case 0x54:
      accumulator &= operand
      continue
    case 0x05:
      index &+= Int(operand)
      continue
    case 0x15: holds = accumulator == operand
    case 0x25: holds = accumulator > operand
    case 0x35: holds = accumulator >= operand
    case 0x45: holds = accumulator & operand != 0
    default: return (operand, comparisons)
    }
    comparisons &+= 1
    index &+= Int(holds ? instruction.skipIfTrue : instruction.skipIfFalse)
  }
}

extension [BPFInstruction] {
  /// The program's verdict on a call.
  func verdict(on call: Call) -> UInt32 {
    withUnsafeBufferPointer { program in
      call.words.withUnsafeBufferPointer { run(program, $0).verdict }
    }
  }

  /// How many comparisons the verdict takes.
  func comparisons(on call: Call) -> Int {
    withUnsafeBufferPointer { program in
      call.words.withUnsafeBufferPointer { run(program, $0).comparisons }
    }
  }
}
