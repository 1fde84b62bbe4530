// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import Linux
internal import OCI
internal import SafePath

// The fence of Landlock: made while the process may look everywhere, closed as late as the filter of system calls.
extension ContainerSide {
  func makeLandlockRuleset(_ rules: LandlockRules) throws(StepFailure) {
    let files: LandlockFileRights = rules.paths == nil ? [] : [.read, .execute, .write]
    let ports: LandlockPortRights = rules.ports == nil ? [] : [.bind, .connect]
    let ruleset = OwnedDescriptor(
      try ContainerRuntime.step("Landlock") { () throws(SyscallError) in
        try landlockCreateRuleset(files: files, ports: ports)
      })
    for rule in rules.paths ?? [] { try allow(rule, in: ruleset.fd) }
    for rule in rules.ports ?? [] {
      var rights: LandlockPortRights = []
      if rule.connects { rights.insert(.connect) }
      if rule.binds { rights.insert(.bind) }
      try ContainerRuntime.step("Landlock rule on port \(rule.port)\(Origin.landlockPorts.suffix)") {
        () throws(SyscallError) in
        try landlockAllow(ruleset.fd, port: rule.port, rights)
      }
    }
    landlockRuleset = ruleset
  }

  private func allow(_ rule: LandlockPath, in ruleset: FD) throws(StepFailure) {
    guard let root else { throw StepFailure("the container's root is not open") }
    var rights: LandlockFileRights = .read
    if rule.access.mayExecute { rights.insert(.execute) }
    if rule.access.mayWrite { rights.insert(.write) }
    let (path, wanted) = (rule.path, rights)
    try ContainerRuntime.step("Landlock rule on \(path)\(Origin.landlockPaths.suffix)") {
      () throws(SyscallError) in
      let object = try root.open(path, .path)
      let isDirectory = try fstat(object.fd).isDirectory
      try landlockAllow(
        ruleset, beneath: object.fd, isDirectory ? wanted : wanted.intersection(.ofFiles))
    }
  }

  func enforceLandlock() throws(StepFailure) {
    guard let ruleset = landlockRuleset else { throw StepFailure("there is no Landlock ruleset") }
    // Behind the fence `/etc/passwd` may be out of reach.
    for step in launch.plan.steps {
      if case .setUser(let user, _, _) = step.action { home = HomeDirectory.of(user.uid) }
    }
    try ContainerRuntime.step("Landlock") { () throws(SyscallError) in try landlockRestrictSelf(ruleset.fd) }
  }
}
