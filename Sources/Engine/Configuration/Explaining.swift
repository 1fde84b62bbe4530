// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Cgroups
import ContainerPlan
public import Explain
import Linux
import OCI
import Seccomp

extension Blueprint {
  /// The steps that the engine and the runtime are going to take, with the flags of `run` in place of fields of the
  /// configuration.
  ///
  /// Reads which cgroups the host has, changes nothing, and needs no privileges.
  public func explanation() throws(EngineError) -> Explanation {
    try plan().explanation(naming: FlagNames.flag).preceded(by: ownSteps)
  }

  /// What the engine does before the runtime, in order.
  var ownSteps: [ExplainedStep] {
    let (first, others) = (preparations.filter(\.isFirst), preparations.filter { !$0.isFirst })
    return first.map { $0.explained(directory) } + network.map(\.explained)
      + others.map { $0.explained(directory) }
  }

  func plan() throws(EngineError) -> Plan {
    var host = HostFacts(effectiveUserID: 0)
    host.isInUserNamespace = preparations.contains(where: \.isFirst)
    return try Planning.plan(spec, id: id, bundle: "BUNDLE", host: host, naming: FlagNames.flag)
  }
}

extension Preparation {
  /// Done before the network, and before a root is unpacked.
  var isFirst: Bool {
    if case .enterUserNamespace = self { true } else { false }
  }
}

/// From a configuration to a plan, as the runtime does it.
enum Planning {
  /// - Parameters:
  ///   - bundle: where relative paths of the configuration count from.
  ///   - naming: the caller's names for fields.
  static func plan(
    _ spec: Spec, id: String, bundle: String, host: HostFacts, naming: (String) -> String? = { _ in nil }
  ) throws(EngineError) -> Plan {
    let seccomp: SeccompProgram?
    do throws(SeccompError) {
      seccomp = try spec.linux?.seccomp.map { profile throws(SeccompError) in
        try SeccompProgram.compile(profile)
      }
    } catch { throw EngineError("\(naming("/linux/seccomp") ?? "/linux/seccomp"): \(error)") }
    let cgroups = try cgroupPlan(spec, id: id, host)
    var host = host
    if spec.isFenced { host.landlockVersion = Landlock.version }
    do throws(PlanError) {
      return try Plan.compile(
        spec, CreateRequest(.run, id: id, bundle: bundle), host: host, cgroups: cgroups, seccomp: seccomp)
    } catch { throw EngineError("\(naming(error.pointer) ?? error.pointer): \(error.problem)") }
  }

  private static func cgroupPlan(_ spec: Spec, id: String, _ facts: HostFacts) throws(EngineError)
    -> CgroupPlan
  {
    do throws(CgroupError) {
      var options = CgroupOptions()
      options.defaultDevices = DefaultDevices.rules
      options.appliesDevices = !facts.isConfined
      let needsNone = facts.isConfined && spec.linux?.resources ?? Resources() == Resources()
      return try CgroupPlan(
        resources: spec.linux?.resources, cgroupsPath: spec.linux?.cgroupsPath, id: id,
        host: needsNone ? CgroupHost(hierarchies: []) : try CgroupHost.detect(), options: options)
    } catch { throw EngineError("\(error)") }
  }
}

/// Which flag of `run` sets a field of the configuration.
enum FlagNames {
  private static let table: [(pointer: String, flag: String)] = [
    ("/linux/resources/memory/limit", "--memory"), ("/linux/resources/memory/swap", "--memory-swap"),
    ("/linux/resources/memory/reservation", "--memory-reservation"),
    ("/linux/resources/cpu/quota", "--cpus"), ("/linux/resources/cpu/period", "--cpus"),
    ("/linux/resources/cpu/shares", "--cpu-shares"), ("/linux/resources/cpu/cpus", "--cpuset-cpus"),
    ("/linux/resources/cpu/mems", "--cpuset-mems"), ("/linux/resources/pids/limit", "--pids-limit"),
    ("/linux/resources/devices", "--device"), ("/linux/devices", "--device"), ("/linux/sysctl", "--sysctl"),
    ("/linux/seccomp", "--security-opt seccomp"), ("/linux/maskedPaths", "--security-opt mask"),
    ("/process/noNewPrivileges", "--security-opt no-new-privileges"), ("/process/user", "--user"),
    ("/process/capabilities", "--cap-add, --cap-drop"), ("/process/rlimits", "--ulimit"),
    ("/process/cwd", "--workdir"), ("/process/terminal", "--tty"),
    ("/process/oomScoreAdj", "--oom-score-adj"), ("/hostname", "--hostname"),
    ("/root/readonly", "--read-only"), (Origin.landlockPaths.pointer, "--allow-path"),
    (Origin.landlockPorts.pointer, "--allow-tcp"),
    ("/root/path", "ROOT"), ("/process/args", "COMMAND"),
  ]

  /// The flag for a pointer or for what it is a part of; nil where no flag sets it.
  static func flag(_ pointer: String) -> String? {
    table.first { row in
      guard pointer.utf8.starts(with: row.pointer.utf8) else { return false }
      let rest = pointer.utf8.dropFirst(row.pointer.utf8.count)
      return rest.isEmpty || rest.first == UInt8(ascii: "/")
    }?.flag
  }
}
