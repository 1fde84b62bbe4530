// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

extension SeccompProfile {
  /// Checks a profile by itself; whether the kernel and the system call tables know its words is not decided here.
  ///
  /// - Parameter pointer: Where the profile stands in its document: `/linux/seccomp` in `config.json`.
  public func validate(at pointer: @autoclosure () -> String) throws(SpecError) {
    try check(
      defaultAction != .notify, "\(pointer())/defaultAction",
      "SCMP_ACT_NOTIFY cannot be the default: the runtime itself would wait for the agent")
    try defaultAction.validate(errno: defaultErrnoRet, "\(pointer())/defaultErrnoRet")
    for (index, rule) in syscalls.enumerated() {
      try rule.validate(at: "\(pointer())/syscalls/\(index)")
      try check(
        rule.action != .notify || listenerPath != nil, "\(pointer())/syscalls/\(index)/action",
        "SCMP_ACT_NOTIFY needs an agent's socket in \(pointer())/listenerPath")
    }
    try check(
      listenerMetadata == nil || listenerPath != nil, "\(pointer())/listenerMetadata",
      "is of no use without listenerPath")
  }
}

extension SeccompRule {
  func validate(at pointer: @autoclosure () -> String) throws(SpecError) {
    try check(!names.isEmpty, "\(pointer())/names", "is empty; a rule needs at least one system call")
    for (index, name) in names.enumerated() {
      try check(!name.isEmpty, "\(pointer())/names/\(index)", "is empty")
      // The runtime sends its messages to the agent with write(2), under the filter.
      try check(
        action != .notify || name != "write", "\(pointer())/names/\(index)",
        "SCMP_ACT_NOTIFY cannot be used for the write syscall: the runtime itself would wait for the agent")
    }
    try action.validate(errno: errnoRet, "\(pointer())/errnoRet")
    for (index, argument) in args.enumerated() {
      try check(
        argument.index <= 5, "\(pointer())/args/\(index)/index",
        "\(argument.index) is above 5; a system call has six arguments")
    }
  }
}

extension SeccompAction {
  /// Demands that a value goes with an action that has one, in the range of its field (seccomp(2)).
  func validate(errno: UInt32?, _ pointer: @autoclosure () -> String) throws(SpecError) {
    guard let errno else { return }
    switch self {
    case .errno:
      try check(errno <= 4095, pointer(), "\(errno) is above 4095, the highest errno")
    case .trace:
      try check(errno <= 65535, pointer(), "\(errno) is above 65535")
    default:
      throw SpecError(
        pointer: pointer(), problem: "\(rawValue) has no errno, only SCMP_ACT_ERRNO and SCMP_ACT_TRACE do")
    }
  }
}
