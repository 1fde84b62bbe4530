// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerRuntime
internal import Linux
internal import OCI

extension Command {
  static let update = Command(
    name: "update", usage: "[options] ID", summary: "change the limits of a container",
    options: [
      .value("resources", "r", "file with linux.resources as JSON, or - for standard input"),
      .value("memory", nil, "memory limit, bytes, or with a unit such as 512m; -1 for no limit"),
      .value("memory-reservation", nil, "memory to keep under pressure, bytes"),
      .value("memory-swap", nil, "memory and swap together, bytes; -1 for no limit"),
      .value("cpu-shares", nil, "relative weight of processor time"),
      .value("cpu-share", nil, "the same, as runc spells it"),
      .value("cpu-quota", nil, "processor time per period, microseconds"),
      .value("cpu-period", nil, "period, microseconds"),
      .value("cpu-burst", nil, "time that may be saved up, microseconds"),
      .value("cpu-rt-period", nil, "real-time period, microseconds"),
      .value("cpu-rt-runtime", nil, "real-time budget, microseconds"),
      .value("cpu-idle", nil, "1 for idle scheduling, 0 for normal"),
      .value("cpuset-cpus", nil, "processors"),
      .value("cpuset-mems", nil, "memory nodes"),
      .value("kernel-memory", nil, "kernel memory limit, bytes; only where the kernel still has it"),
      .value("kernel-memory-tcp", nil, "limit of TCP buffers, bytes; only where the kernel still has it"),
      .value("pids-limit", nil, "number of tasks; -1 for no limit"),
      .value("blkio-weight", nil, "weight of block IO, 10 to 1000"),
      .value("l3-cache-schema", nil, "Intel RDT: lines of the cache, such as L3:0=ff"),
      .value("mem-bw-schema", nil, "Intel RDT: line of the memory bandwidth, such as MB:0=50"),
    ]
  ) { (context) throws(CommandFailure) in
    try context.expect(positional: 1...1)
    let id = try context.containerID()
    var resources = try ResourcesFile.read(context.arguments.value("resources"))
    try resources.apply(context.arguments)
    var rdt = IntelRdt()
    rdt.l3CacheSchema = context.arguments.value("l3-cache-schema")
    rdt.memBwSchema = context.arguments.value("mem-bw-schema")
    let containers = try context.containers()
    try attempt { () throws(RuntimeError) in try containers.update(id, resources, rdt) }
    return 0
  }
}

private enum ResourcesFile {
  static func read(_ path: String?) throws(CommandFailure) -> Resources {
    guard let path else { return Resources() }
    let bytes: [UInt8]
    do throws(SyscallError) {
      bytes =
        path == "-"
        ? try readAll(.standardInput, limit: Bundle.sizeLimit)
        // path: the caller's `--resources`
        : try readFile(.workingDirectory, path, limit: Bundle.sizeLimit)
    } catch { throw CommandFailure("--resources \(path): \(error.errno)") }
    do throws(SpecError) { return try Resources(decoding: bytes, source: path) } catch {
      throw CommandFailure("--resources \(error)")
    }
  }
}

extension Resources {
  /// Options go over what the file says.
  fileprivate mutating func apply(_ arguments: Arguments) throws(CommandFailure) {
    var memory = memory ?? MemoryResources()
    try arguments.setBytes(&memory.limit, "memory")
    try arguments.setBytes(&memory.reservation, "memory-reservation")
    try arguments.setBytes(&memory.swap, "memory-swap")
    try arguments.setBytes(&memory.kernel, "kernel-memory")
    try arguments.setBytes(&memory.kernelTCP, "kernel-memory-tcp")
    if memory != MemoryResources() { self.memory = memory }
    var cpu = cpu ?? CPUResources()
    try arguments.set(&cpu.shares, "cpu-shares")
    try arguments.set(&cpu.shares, "cpu-share")
    try arguments.set(&cpu.quota, "cpu-quota")
    try arguments.set(&cpu.period, "cpu-period")
    try arguments.set(&cpu.burst, "cpu-burst")
    try arguments.set(&cpu.realtimePeriod, "cpu-rt-period")
    try arguments.set(&cpu.realtimeRuntime, "cpu-rt-runtime")
    try arguments.set(&cpu.idle, "cpu-idle")
    cpu.cpus = arguments.value("cpuset-cpus") ?? cpu.cpus
    cpu.mems = arguments.value("cpuset-mems") ?? cpu.mems
    if cpu != CPUResources() { self.cpu = cpu }
    var pids = pids ?? PidsResources()
    try arguments.set(&pids.limit, "pids-limit")
    if pids != PidsResources() { self.pids = pids }
    var blockIO = blockIO ?? BlockIOResources()
    try arguments.set(&blockIO.weight, "blkio-weight")
    if blockIO != BlockIOResources() { self.blockIO = blockIO }
  }
}

extension Arguments {
  fileprivate func setBytes(_ field: inout Int64?, _ option: String) throws(CommandFailure) {
    guard let text = value(option) else { return }
    guard let bytes = Quantity.bytes(text) else {
      throw CommandFailure(
        "--\(option): expected a number of bytes such as 67108864 or 64m, found \"\(text)\"")
    }
    field = bytes
  }

  fileprivate func set<T: FixedWidthInteger>(_ field: inout T?, _ option: String) throws(CommandFailure) {
    if let value = try number(option, in: T.min...T.max) { field = value }
  }
}
