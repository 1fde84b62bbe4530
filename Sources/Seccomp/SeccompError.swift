// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import OCI

/// Why a seccomp profile cannot become a filter. The property at fault is a JSON pointer into `config.json`.
public enum SeccompError: Error, Equatable, Sendable {
  /// `errnoRet` beside an action that returns no errno (`config-linux.md`, "Seccomp": must fail).
  case errnoNotSupported(action: SeccompAction, pointer: String)
  /// An `errnoRet` beyond what the kernel passes on.
  case errnoTooLarge(UInt32, limit: UInt32, pointer: String)
  /// System calls have six arguments.
  case argumentIndexTooLarge(UInt32, pointer: String)
  /// `notify` cannot be the default, nor apply to write(2): the runtime could not hand over the listener.
  case notifyNotPossible(pointer: String)
  /// `notify` needs an agent.
  case listenerPathMissing
  /// Two rules give different actions to the same system call with the same arguments; places in `syscalls`.
  case contradiction(first: Int, second: Int)
  /// The kernel takes 4096 instructions.
  case programTooLong(instructions: Int)
}

extension SeccompError: CustomStringConvertible {
  public var description: String {
    let root = SeccompPointer.root
    return switch self {
    case .errnoNotSupported(let action, let pointer):
      "\(pointer): \(action.rawValue) returns no errno; remove the property"
    case .errnoTooLarge(let value, let limit, let pointer):
      "\(pointer): \(value) is too large, at most \(limit)"
    case .argumentIndexTooLarge(let index, let pointer):
      "\(pointer): \(index) is not an argument of a system call, at most 5"
    case .notifyNotPossible(let pointer):
      "\(pointer): SCMP_ACT_NOTIFY cannot be used here, the container could not start"
    case .listenerPathMissing:
      "\(root)/listenerPath: needed by the SCMP_ACT_NOTIFY rules, but absent"
    case .contradiction(let first, let second):
      "\(root)/syscalls/\(second): another action for the same calls than \(root)/syscalls/\(first) has"
    case .programTooLong(let instructions):
      "\(root)/syscalls: needs \(instructions) BPF instructions, the kernel takes \(Kernel.BPF_MAXINSNS)"
    }
  }
}

/// Something in a profile that has no effect, or not the one that it seems to have.
public enum SeccompWarning: Equatable, Sendable {
  /// A name that no convention of this machine's family has: a typing error, or a call of another
  /// architecture or of a newer kernel than this program knows.
  case unknownSyscall(name: String, pointer: String)
  /// A convention that this machine's kernel never reports.
  case foreignArchitecture(SeccompArchitecture)
  /// An earlier rule decides all calls that this rule is about, with another action.
  case shadowedRule(pointer: String)
  /// On i386 the call can also be made through socketcall(2) or ipc(2), where the filter does not see its
  /// arguments.
  case uncheckedArguments(name: String, pointer: String)
}

extension SeccompWarning: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownSyscall(let name, let pointer):
      "\(pointer): unknown system call \"\(name)\", ignored"
    case .foreignArchitecture(let architecture):
      "\(SeccompPointer.root)/architectures: \(architecture.rawValue) does not occur on this machine, ignored"
    case .shadowedRule(let pointer):
      "\(pointer): has no effect, another rule decides the same calls"
    case .uncheckedArguments(let name, let pointer):
      "\(pointer): not checked when a 32-bit program makes \"\(name)\" through a multiplexed call"
    }
  }
}

/// JSON pointers to the parts of a profile.
enum SeccompPointer {
  static let root = "/linux/seccomp"

  static func rule(_ index: Int) -> String { "\(root)/syscalls/\(index)" }
}
