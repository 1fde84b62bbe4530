// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Linux
public import OCI
public import Seccomp

extension Plan {
  /// The steps by which another process joins a running container (`exec`): the container's own steps without those
  /// that make it.
  ///
  /// - Parameters:
  ///   - process: validated.
  ///   - spec: the configuration that the container was made from.
  public static func compileExec(
    _ process: Process, in spec: Spec, id: String, host: HostFacts, preserveDescriptors: UInt32,
    seccomp: SeccompProgram?
  ) throws(PlanError) -> Plan {
    var joining = spec
    joining.process = process
    joining.hooks = nil
    var request = CreateRequest(.run, id: id, bundle: "/")
    request.preserveDescriptors = preserveDescriptors
    var compiler = try Compiler(spec: joining, request: request, host: host)
    compiler.seccomp = seccomp
    try compiler.compileExec(process)
    return Plan(steps: compiler.steps)
  }
}

extension Compiler {
  mutating func compileExec(_ process: Process) throws(PlanError) {
    let namespaces = Origin("/linux/namespaces")
    if let affinity = process.execCPUAffinity?.initial {
      let origin = Origin("/process/execCPUAffinity/initial")
      add(.container, .setCPUAffinity(try NumberList.words(affinity, origin)), origin)
    }
    let early = steps
    steps = []
    add(.runtime, .openContainer)
    add(.runtime, .openCgroups)
    var flags: CloneFlags = []
    for namespace in linux.namespaces where namespace.type != .pid { flags.insert(namespace.type.flag) }
    if hasUserNamespace {
      if linux.namespace(.pid) != nil { flags.insert(.newPID) }
      add(.runtime, .cloneStage, namespaces)
      compileOOMScoreAdjust(process, .stage)
      add(.stage, .joinContainer(flags), namespaces)
      add(.stage, .cloneProcess([], intoCgroup: false))
      add(.runtime, .await(.processMade))
    } else {
      if linux.namespace(.pid) != nil { add(.runtime, .joinForChildren(.pid), namespaces) }
      add(.runtime, .cloneProcess([], intoCgroup: true))
    }
    add(.runtime, .notify(.committed))
    add(.container, .dieWithRuntime)
    steps += early
    add(.container, .enterCgroups)
    if let affinity = process.execCPUAffinity?.final {
      let origin = Origin("/process/execCPUAffinity/final")
      add(.container, .setCPUAffinity(try NumberList.words(affinity, origin)), origin)
    }
    if !hasUserNamespace { compileOOMScoreAdjust(process, .container) }
    if !hasUserNamespace { add(.container, .joinContainer(flags), namespaces) }
    if hasUserNamespace { add(.container, .becomeNamespaceRoot, namespaces) }
    if linux.namespace(.mount) == nil { add(.container, .changeRoot, Origin("/root")) }
    add(.container, .newSession)
    add(.container, .newSessionKeyring(name: "_ses.\(request.id)"))
    if process.terminal {
      add(.container, .openConsole(process.consoleSize, bind: false), Origin("/process/terminal"))
      add(.container, .notify(.console), Origin("/process/terminal"))
      add(.runtime, .await(.console), Origin("/process/terminal"))
    }
    try compileProcess(process)
    compileStart(process)
  }
}

extension NamespaceType {
  /// The kernel's flag for this type.
  public var flag: CloneFlags {
    switch self {
    case .pid: .newPID
    case .network: .newNetwork
    case .mount: .newMount
    case .ipc: .newIPC
    case .uts: .newUTS
    case .user: .newUser
    case .cgroup: .newCgroup
    case .time: .newTime
    }
  }
}
