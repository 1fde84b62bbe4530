// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import Linux
internal import OCI

/// The process that `exec` starts: from a file, or the container's own with what the options change.
struct ExecProcess {
  private let arguments: Arguments

  init(_ context: Context) { arguments = context.arguments }

  func process(in spec: Spec) throws(CommandFailure) -> Process {
    var process = try base(spec)
    try applyOptions(to: &process)
    do throws(SpecError) {
      try process.validate(at: "/process", linux: spec.linux)
    } catch { throw CommandFailure("exec: \(error)") }
    return process
  }

  private func base(_ spec: Spec) throws(CommandFailure) -> Process {
    if let file = arguments.value("process") { return try Bundle.process(file) }
    let command = Array(arguments.positional.dropFirst())
    guard !command.isEmpty else { throw CommandFailure("process args cannot be empty: a command is missing") }
    guard var process = spec.process else {
      throw CommandFailure("the container has no process to take after")
    }
    process.args = command
    process.terminal = try arguments.flag("tty")
    process.oomScoreAdj = spec.process?.oomScoreAdj
    return process
  }

  private func applyOptions(to process: inout Process) throws(CommandFailure) {
    process.env += arguments.all("env")
    if let cwd = arguments.value("cwd") { process.cwd = cwd }
    if let user = arguments.value("user") { try apply(user: user, to: &process) }
    for list in arguments.all("additional-gids") {
      for group in list.utf8.split(separator: 0x2C, omittingEmptySubsequences: false) {
        process.user.additionalGids.append(
          try id(String(decoding: group, as: UTF8.self), "--additional-gids"))
      }
    }
    for capability in arguments.all("cap") { add(capability, to: &process) }
    if try arguments.flag("no-new-privs") { process.noNewPrivileges = true }
    if let label = arguments.value("process-label") { process.selinuxLabel = label }
    if let profile = arguments.value("apparmor") { process.apparmorProfile = profile }
  }

  private func apply(user: String, to process: inout Process) throws(CommandFailure) {
    let parts = user.utf8.split(separator: 0x3A, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard parts.count <= 2 else { throw CommandFailure("--user: expected UID[:GID], found \"\(user)\"") }
    process.user.uid = try id(parts[0], "--user")
    if parts.count == 2 { process.user.gid = try id(parts[1], "--user") }
  }

  /// 4294967295 means "no change" to the kernel, and would leave the process root.
  private func id(_ text: String, _ option: String) throws(CommandFailure) -> UInt32 {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let id = UInt32(text),
      id != UInt32.max
    else { throw CommandFailure("\(option): expected a number from 0 to 4294967294, found \"\(text)\"") }
    return id
  }

  /// As runc does: all sets but the ambient one, which follows the inheritable one.
  private func add(_ capability: String, to process: inout Process) {
    var sets = process.capabilities ?? Capabilities()
    func insert(_ set: inout [String]) { if !set.contains(capability) { set.append(capability) } }
    insert(&sets.bounding)
    insert(&sets.effective)
    insert(&sets.permitted)
    if !sets.inheritable.isEmpty { insert(&sets.inheritable) }
    if !sets.ambient.isEmpty { insert(&sets.ambient) }
    process.capabilities = sets
  }
}

extension Context {
  func plan(_ process: Process, in spec: Spec, id: String) throws(CommandFailure) -> Plan {
    let planner = Planner(self)
    let seccomp = try planner.seccompProgram(spec)
    let preserved = try preservedDescriptors()
    var host = try planner.host()
    if spec.isFenced { host.landlockVersion = Landlock.version }
    do throws(PlanError) {
      return try Plan.compileExec(
        process, in: spec, id: id, host: host, preserveDescriptors: preserved, seccomp: seccomp)
    } catch { throw CommandFailure("\(error)") }
  }
}
