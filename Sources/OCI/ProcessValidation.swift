// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

extension Process {
  /// Checks a process that the container starts with, or that joins it later.
  ///
  /// - Parameters:
  ///   - pointer: Where the process stands in its document: `/process` in `config.json`, empty in a document of its own.
  ///   - linux: The container's configuration, for the ids that its user namespace maps.
  public func validate(
    at pointer: @autoclosure () -> String, linux: LinuxConfig? = nil
  ) throws(SpecError) {
    try check(!args.isEmpty, "\(pointer())/args", "required, but missing or empty")
    try check(!args[0].isEmpty, "\(pointer())/args/0", "is empty; it names the program")
    try checkAbsolute(cwd, "\(pointer())/cwd")
    try checkEnvironment(env, "\(pointer())/env")
    try user.validate(at: "\(pointer())/user", linux: linux)
    try validateRlimits(at: "\(pointer())/rlimits")
    try checkPrintable(apparmorProfile, "\(pointer())/apparmorProfile")
    try checkPrintable(selinuxLabel, "\(pointer())/selinuxLabel")
    if let oomScoreAdj {
      try check(
        -1000...1000 ~= oomScoreAdj, "\(pointer())/oomScoreAdj",
        "\(oomScoreAdj) is not between -1000 and 1000")
    }
    try scheduler?.validate(at: "\(pointer())/scheduler")
    if let ioPriority {
      try check(
        0...7 ~= ioPriority.priority, "\(pointer())/ioPriority/priority",
        "\(ioPriority.priority) is not between 0 and 7")
    }
    try execCPUAffinity?.validate(at: "\(pointer())/execCPUAffinity")
  }

  private func validateRlimits(at pointer: @autoclosure () -> String) throws(SpecError) {
    for (index, limit) in rlimits.enumerated() {
      try check(
        !rlimits[..<index].contains { $0.type == limit.type }, "\(pointer())/\(index)/type",
        "\(limit.type.rawValue) is set twice")
      try check(
        limit.soft <= limit.hard, "\(pointer())/\(index)/soft",
        "\(limit.soft) is above the hard limit of \(limit.hard)")
    }
  }
}

extension User {
  func validate(at pointer: @autoclosure () -> String, linux: LinuxConfig?) throws(SpecError) {
    if let umask {
      try check(umask <= 0o777, "\(pointer())/umask", "\(umask) is above 511 (octal 777)")
    }
    let limit = 65536
    try check(
      additionalGids.count <= limit, "\(pointer())/additionalGids",
      "has \(additionalGids.count) groups, the kernel's limit is \(limit)")
    try Self.validateID(uid, "\(pointer())/uid", linux, linux?.uidMappings, "/linux/uidMappings")
    try Self.validateID(gid, "\(pointer())/gid", linux, linux?.gidMappings, "/linux/gidMappings")
    for (index, gid) in additionalGids.enumerated() {
      try Self.validateID(
        gid, "\(pointer())/additionalGids/\(index)", linux, linux?.gidMappings, "/linux/gidMappings")
    }
  }

  /// Demands an id that exists in the container. Where a user namespace is joined, its mappings are not known here.
  private static func validateID(
    _ id: UInt32, _ pointer: @autoclosure () -> String, _ linux: LinuxConfig?, _ mappings: [IDMapping]?,
    _ mappingsPointer: StaticString
  ) throws(SpecError) {
    try check(
      id <= IDMapping.highestID, pointer(), "\(id) is not an id; the highest is \(IDMapping.highestID)")
    guard let mappings, let namespace = linux?.namespace(.user), namespace.path == nil else { return }
    try check(
      mappings.contains { $0.containerID <= id && id - $0.containerID < $0.size }, pointer(),
      "\(id) is not mapped by \(mappingsPointer)")
  }
}

extension CPUAffinity {
  func validate(at pointer: @autoclosure () -> String) throws(SpecError) {
    for (key, list) in [("initial", initial), ("final", final)] {
      guard let list else { continue }
      try check(
        IndexList.isValid(list), "\(pointer())/\(key)",
        "\(quoted(list)) is not a list of processors like 0-3,7")
    }
  }
}

extension Scheduler {
  func validate(at pointer: @autoclosure () -> String) throws(SpecError) {
    try check(policy != .iso, "\(pointer())/policy", "no Linux kernel implements SCHED_ISO")
    if policy == .other || policy == .batch {
      try check(-20...19 ~= nice, "\(pointer())/nice", "\(nice) is not between -20 and 19")
    }
    if policy == .fifo || policy == .roundRobin {
      try check(
        1...99 ~= priority, "\(pointer())/priority",
        "\(priority) is not between 1 and 99, as \(policy.rawValue) needs")
    } else {
      try check(priority == 0, "\(pointer())/priority", "only SCHED_FIFO and SCHED_RR have a priority")
    }
    if policy == .deadline {
      try check(runtime > 0, "\(pointer())/runtime", "SCHED_DEADLINE needs a runtime")
      try check(
        runtime <= deadline, "\(pointer())/deadline", "\(deadline) is below the runtime of \(runtime)")
      try check(
        period == 0 || deadline <= period, "\(pointer())/period",
        "\(period) is below the deadline of \(deadline)")
    } else {
      for (key, value) in [("runtime", runtime), ("deadline", deadline), ("period", period)] {
        try check(value == 0, "\(pointer())/\(key)", "only SCHED_DEADLINE has a \(key)")
      }
    }
  }
}
