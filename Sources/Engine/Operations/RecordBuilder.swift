// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI

/// Builds the record of a new container: Docker's shape, so that scripts and templates written for it work.
struct RecordBuilder {
  let options: RunOptions
  let facts: Facts
  let spec: Spec
  let name: String
  let createdNanoseconds: Int64
  let runtime: RuntimeCommand

  func document() throws(EngineError) -> Document {
    guard let process = spec.process, let linux = spec.linux else {
      throw EngineError("the configuration has no process")
    }
    // With --init the command that was asked for stands behind the init's `--`.
    let arguments = options.usesInit ? Array(process.args.dropFirst(2)) : process.args
    return .record([
      .init("Id", .string(facts.id)),
      .init("Created", .string(Timestamp.rfc3339(createdNanoseconds))),
      .init("Path", .string(arguments.first ?? "")),
      .init("Args", .strings(Array(arguments.dropFirst()))),
      .init("Image", .string(options.root)),
      .init("ResolvConfPath", .string("\(facts.directory)/resolv.conf")),
      .init("HostnamePath", .string("\(facts.directory)/hostname")),
      .init("HostsPath", .string("\(facts.directory)/hosts")),
      .init("LogPath", .string("")),
      .init("Name", .string("/" + name)),
      .init("RestartCount", .integer(0)),
      .init("Driver", .string(facts.needsOverlay(options) ? "overlay" : "directory")),
      .init("Platform", .string("linux")),
      .init("MountLabel", .string("")),
      .init("ProcessLabel", .string("")),
      .init("AppArmorProfile", .string(process.apparmorProfile ?? "")),
      .init("ExecIDs", .null),
      .init("HostConfig", hostConfig(linux)),
      .init("GraphDriver", graphDriver()),
      .init("Mounts", .list(options.mounts.map(mount))),
      .init("Config", config(process)),
      .init("NetworkSettings", NetworkSettings.document(options.effectiveNetwork, facts.network)),
      .init("Roost", engine()),
    ])
  }

  /// What only the engine needs.
  private func engine() -> Document {
    .record([
      .init("Version", .integer(ContainerRecord.version)),
      .init("CreatedNanoseconds", .integer(createdNanoseconds)),
      .init("Runtime", .string(runtime.path)),
      .init("RuntimeRoot", .string(runtime.root)),
      .init("RootPath", .string(facts.rootPath)),
      .init("RootDigest", .optional(facts.rootDigest)),
      .init("StopSignal", .integer(Int64(options.stopSignal ?? Self.defaultStopSignal))),
      .init(
        "StopTimeoutSeconds", .integer(Int64(options.stopTimeoutSeconds ?? Self.defaultStopTimeoutSeconds))),
    ])
  }

  static let defaultStopSignal: Int32 = 15
  static let defaultStopTimeoutSeconds: Int32 = 10

  private func config(_ process: Process) -> Document {
    var user = ""
    if let request = options.user {
      user = text(request.user) + (request.group.map { ":" + text($0) } ?? "")
    }
    return .record([
      .init("Hostname", .string(spec.hostname ?? "")),
      .init("Domainname", .string("")),
      .init("User", .string(user)),
      .init("AttachStdin", .bool(options.interactive)),
      .init("AttachStdout", .bool(true)),
      .init("AttachStderr", .bool(true)),
      .init("Tty", .bool(options.terminal)),
      .init("OpenStdin", .bool(options.interactive)),
      .init("StdinOnce", .bool(options.interactive)),
      .init("Env", .strings(process.env)),
      .init("Cmd", .strings(options.command)),
      .init("Image", .string(options.root)),
      .init("Volumes", .null),
      .init("WorkingDir", .string(options.workingDirectory ?? "")),
      .init("Entrypoint", options.entrypoint.map { $0.isEmpty ? .list([]) : .strings([$0]) } ?? .null),
      .init("Labels", map(options.labels)),
      .init("StopSignal", .string(SignalName.name(of: options.stopSignal ?? Self.defaultStopSignal))),
      .init("StopTimeout", options.stopTimeoutSeconds.map { .integer(Int64($0)) } ?? .null),
    ])
  }

  private func hostConfig(_ linux: LinuxConfig) -> Document {
    let memory = linux.resources?.memory
    let cpu = options.cpu
    let nanoCPUs = options.cpuShorthand == nil ? 0 : (cpu.quota ?? 0) * 10_000
    return .record([
      .init("Binds", .strings(options.mounts.filter { $0.createsSource }.map(bind))),
      .init("ContainerIDFile", .string(options.idFile ?? "")),
      .init("NetworkMode", .string(options.effectiveNetwork.text)),
      .init("AutoRemove", .bool(options.removesAfterwards)),
      .init(
        "RestartPolicy", .record([.init("Name", .string("no")), .init("MaximumRetryCount", .integer(0))])),
      .init("CapAdd", list(options.capabilitiesToAdd)),
      .init("CapDrop", list(options.capabilitiesToDrop)),
      .init("CgroupnsMode", .string("private")),
      .init("IpcMode", .string("private")),
      .init("PidMode", .string("")),
      .init("UTSMode", .string("")),
      .init("UsernsMode", .string(facts.userNamespace == nil ? "" : "private")),
      .init("IDMappings", idMappings()),
      .init("ExtraHosts", .strings(options.hosts.map { "\($0.name):\($0.address)" })),
      .init("GroupAdd", .strings(options.additionalGroups.map(text))),
      .init("Init", .bool(options.usesInit)),
      .init("OomScoreAdj", .integer(Int64(options.outOfMemoryAdjustment ?? 0))),
      .init("Privileged", .bool(options.privileged)),
      .init("PublishAllPorts", .bool(false)),
      .init("ReadonlyRootfs", .bool(options.readOnlyRoot)),
      .init("SecurityOpt", securityOptions()),
      .init("ShmSize", .integer(options.sharedMemoryBytes)),
      .init("Sysctls", map(options.sysctls)),
      .init(
        "Tmpfs",
        .map(
          options.mounts.filter { $0.source == .memory }.map {
            .init($0.destination, .string($0.options.joined(separator: ",")))
          })),
      .init("Runtime", .string(runtime.path)),
      .init("CpuShares", .integer(Int64(clamping: cpu.shares ?? 0))),
      .init("Memory", .integer(memory?.limit ?? 0)),
      .init("NanoCpus", .integer(nanoCPUs)),
      .init("CgroupParent", .string("")),
      .init("BlkioWeight", .integer(Int64(options.blockIOWeight ?? 0))),
      .init("CpuPeriod", .integer(nanoCPUs > 0 ? 0 : Int64(clamping: cpu.period ?? 0))),
      .init("CpuQuota", .integer(nanoCPUs > 0 ? 0 : cpu.quota ?? 0)),
      .init("CpusetCpus", .string(cpu.cpus ?? "")),
      .init("CpusetMems", .string(cpu.mems ?? "")),
      .init("Devices", .list(options.devices.map(device))),
      .init("MemoryReservation", .integer(memory?.reservation ?? 0)),
      .init("MemorySwap", .integer(memory?.swap ?? 0)),
      .init("PidsLimit", .integer(linux.resources?.pids?.limit ?? -1)),
      .init("Ulimits", .list(options.limits.map(limit))),
      .init("MaskedPaths", .strings(linux.maskedPaths)),
      .init("ReadonlyPaths", .strings(linux.readonlyPaths)),
    ])
  }

  /// podman's word for the maps, which Docker's record has no place for.
  private func idMappings() -> Document {
    guard let maps = facts.maps else { return .null }
    func list(_ mappings: [IDMapping]) -> Document {
      .strings(mappings.map { "\($0.containerID):\($0.hostID):\($0.size)" })
    }
    return .record([.init("UidMap", list(maps.users)), .init("GidMap", list(maps.groups))])
  }

  private func graphDriver() -> Document {
    guard facts.needsOverlay(options) else {
      return .record([
        .init("Name", .string("directory")),
        .init("Data", .record([.init("RootDir", .string(facts.rootPath))])),
      ])
    }
    return .record([
      .init("Name", .string("overlay")),
      .init(
        "Data",
        .record([
          .init("LowerDir", .string(facts.rootPath)),
          .init("MergedDir", .string("\(facts.directory)/\(SpecBuilder.FileName.root)")),
          .init("UpperDir", .string("\(facts.directory)/\(SpecBuilder.FileName.upper)")),
          .init("WorkDir", .string("\(facts.directory)/\(SpecBuilder.FileName.work)")),
        ])),
    ])
  }

  // MARK: Parts

  private func mount(_ request: MountRequest) -> Document {
    let isBind = request.source != .memory
    return .record([
      .init("Type", .string(isBind ? "bind" : "tmpfs")),
      .init("Source", .string(request.hostPath(workingDirectory: facts.workingDirectory) ?? "")),
      .init("Destination", .string(request.destination)),
      .init("Mode", .string(request.options.joined(separator: ","))),
      .init("RW", .bool(request.readOnly == .no && !request.options.contains("ro"))),
      .init("Propagation", .string(isBind ? request.propagation.rawValue : "")),
    ])
  }

  private func bind(_ request: MountRequest) -> String {
    let source = request.hostPath(workingDirectory: facts.workingDirectory) ?? ""
    let options = (request.readOnly == .no ? [] : ["ro"]) + request.options
    return "\(source):\(request.destination)" + (options.isEmpty ? "" : ":" + options.joined(separator: ","))
  }

  private func device(_ request: DeviceRequest) -> Document {
    .record([
      .init("PathOnHost", .string(request.hostPath)),
      .init("PathInContainer", .string(request.containerPath)),
      .init("CgroupPermissions", .string(request.access.description)),
    ])
  }

  private func limit(_ limit: Rlimit) -> Document {
    .record([
      .init("Name", .string(UlimitFlag.name(of: limit.type))),
      .init("Soft", .integer(limit.soft == .max ? -1 : Int64(clamping: limit.soft))),
      .init("Hard", .integer(limit.hard == .max ? -1 : Int64(clamping: limit.hard))),
    ])
  }

  private func securityOptions() -> Document {
    var result: [String] = []
    let security = options.security
    if let on = security.noNewPrivileges { result.append("no-new-privileges=\(on)") }
    switch security.seccomp {
    case .builtin: result.append("seccomp=builtin")
    case .unconfined: result.append("seccomp=unconfined")
    case .file(let path): result.append("seccomp=\(path)")
    case nil: break
    }
    if let profile = security.appArmorProfile { result.append("apparmor=\(profile)") }
    if security.systemPathsUnconfined { result.append("systempaths=unconfined") }
    if security.writableCgroups { result.append("writable-cgroups=true") }
    result += security.mask.map { "mask=\($0)" } + security.unmask.map { "unmask=\($0)" }
    return list(result)
  }

  private func list(_ texts: [String]) -> Document { texts.isEmpty ? .null : .strings(texts) }

  private func map(_ pairs: [KeyValue]) -> Document { .map(pairs.map { .init($0.key, .string($0.value)) }) }

  private func text(_ identity: Identity) -> String {
    switch identity {
    case .id(let id): String(id)
    case .name(let name): name
    }
  }
}
