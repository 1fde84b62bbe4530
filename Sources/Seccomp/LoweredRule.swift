// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import OCI

/// Rules of the profile in the terms of seccomp(2), the same for every convention.
struct LoweredRule {
  /// What the filter returns.
  let verdict: UInt32
  /// Alternatives: one or more sets of conditions, of which all must hold; empty where the rule always holds.
  let alternatives: [[SeccompArgument]]
  /// The rule's place in the profile.
  let source: Int

  init(_ rule: SeccompRule, source: Int) throws(SeccompError) {
    let pointer = SeccompPointer.rule(source)
    verdict = try Self.verdict(rule.action, errno: rule.errnoRet, pointer: pointer, property: "errnoRet")
    self.source = source

    var seen: UInt8 = 0
    var repeated = false
    for (position, argument) in rule.args.enumerated() {
      guard argument.index <= 5 else {
        throw .argumentIndexTooLarge(argument.index, pointer: "\(pointer)/args/\(position)/index")
      }
      let bit: UInt8 = 1 << UInt8(argument.index)
      if seen & bit != 0 { repeated = true }
      seen |= bit
    }
    if rule.args.isEmpty {
      alternatives = []
    } else if repeated {
      // As runc and crun do: one argument twice means that each condition is a rule of its own. (Old profiles
      // say "one of these values" in this way.)
      alternatives = rule.args.map { [$0] }
    } else {
      alternatives = [rule.args.sorted { $0.index < $1.index }]
    }
  }

  /// The return value of a filter for an action.
  ///
  /// - Throws: An error if the action takes no `errno`, or a smaller one.
  static func verdict(
    _ action: SeccompAction, errno: UInt32?, pointer: String, property: String
  ) throws(SeccompError) -> UInt32 {
    let base: UInt32
    let limit: UInt32
    switch action {
    case .errno:
      // MAX_ERRNO of the kernel, which puts anything greater down to it in silence.
      (base, limit) = (Kernel.SECCOMP_RET_ERRNO, 4095)
    case .trace: (base, limit) = (Kernel.SECCOMP_RET_TRACE, Kernel.SECCOMP_RET_DATA)
    default:
      guard errno == nil else {
        throw .errnoNotSupported(action: action, pointer: "\(pointer)/\(property)")
      }
      return action.filterResult
    }
    let data = errno ?? LoweredRule.defaultErrno
    guard data <= limit else { throw .errnoTooLarge(data, limit: limit, pointer: "\(pointer)/\(property)") }
    return base | data
  }
}

extension SeccompAction {
  /// What a filter returns for the action, without an errno (`SECCOMP_RET_*`, seccomp(2)).
  public var filterResult: UInt32 {
    switch self {
    case .kill, .killThread: Kernel.SECCOMP_RET_KILL_THREAD
    case .killProcess: Kernel.SECCOMP_RET_KILL_PROCESS
    case .trap: Kernel.SECCOMP_RET_TRAP
    case .errno: Kernel.SECCOMP_RET_ERRNO
    case .trace: Kernel.SECCOMP_RET_TRACE
    case .allow: Kernel.SECCOMP_RET_ALLOW
    case .log: Kernel.SECCOMP_RET_LOG
    case .notify: Kernel.SECCOMP_RET_USER_NOTIF
    }
  }
}
