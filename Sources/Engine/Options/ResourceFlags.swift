// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI

extension RunFlags {
  /// Limits of the control groups.
  static let resources: [FlagDefinition<RunOptions>] = {
    let group = "Limits"
    return [
      FlagDefinition("memory", "m", value: "SIZE", in: group, help: "Memory, as in 512m or 1.5g") {
        (o: inout RunOptions, v) throws(EngineError) in o.memory.limit = try limit(v)
      },
      FlagDefinition(
        "memory-swap", value: "SIZE", in: group, help: "Memory and swap together; -1 for any amount of swap"
      ) {
        (o: inout RunOptions, v) throws(EngineError) in o.memory.swap = v == "-1" ? -1 : try limit(v)
      },
      FlagDefinition(
        "memory-reservation", value: "SIZE", in: group, help: "Memory to leave when the host runs short"
      ) {
        (o: inout RunOptions, v) throws(EngineError) in o.memory.reservation = try limit(v)
      },
      FlagDefinition("cpus", value: "NUMBER", in: group, help: "Processors, as in 0.5 or 2") {
        (o: inout RunOptions, v) throws(EngineError) in
        try setQuota(&o, try CPUText.quota(ofCPUs: v), by: "--cpus")
      },
      FlagDefinition("cpu-percent", value: "PERCENT", in: group, help: "Per cent of one processor, 1 to 100")
      {
        (o: inout RunOptions, v) throws(EngineError) in
        try setQuota(&o, try CPUText.quota(ofPercent: v), by: "--cpu-percent")
      },
      FlagDefinition(
        "cpu-shares", "c", value: "NUMBER", in: group, help: "Weight against other containers; 1024 is usual"
      ) {
        (o: inout RunOptions, v) throws(EngineError) in
        let shares: UInt64 = try integer(v, in: 0...262_144)
        // The kernel rounds 1 up; 0 means unset, as in Docker.
        o.cpu.shares = shares == 0 ? nil : max(2, shares)
      },
      FlagDefinition(
        "cpu-quota", value: "MICROSECONDS", in: group, help: "Processor time per period; -1 for no limit"
      ) {
        (o: inout RunOptions, v) throws(EngineError) in
        let quota: Int64 = try integer(v, in: -1...Int64.max)
        guard quota <= 0 || quota >= CPUText.smallestQuotaMicroseconds else {
          throw EngineError("the kernel's smallest quota is 1000 microseconds")
        }
        try setQuota(&o, quota, by: "--cpu-quota")
      },
      FlagDefinition(
        "cpu-period", value: "MICROSECONDS", in: group, help: "The period that --cpu-quota counts in"
      ) {
        (o: inout RunOptions, v) throws(EngineError) in
        let period: UInt64 = try integer(v, in: 0...1_000_000)
        guard period == 0 || period >= 1000 else {
          throw EngineError("the kernel takes periods from 1000 to 1000000 microseconds")
        }
        o.cpu.period = period == 0 ? nil : period
      },
      FlagDefinition("cpuset-cpus", value: "LIST", in: group, help: "Use only these processors, as in 0-3,8")
      {
        (o: inout RunOptions, v) throws(EngineError) in
        try CPUText.checkList(v)
        o.cpu.cpus = v
      },
      FlagDefinition("cpuset-mems", value: "LIST", in: group, help: "Use only these memory nodes") {
        (o: inout RunOptions, v) throws(EngineError) in
        try CPUText.checkList(v)
        o.cpu.mems = v
      },
      FlagDefinition(
        "pids-limit", value: "NUMBER", in: group,
        help: "Processes and threads; 2048 unless given, -1 for no limit"
      ) {
        (o: inout RunOptions, v) throws(EngineError) in
        let limit: Int64 = try integer(v, in: -1...Int64.max)
        o.pidsLimit = limit == 0 ? -1 : limit
      },
      FlagDefinition(
        "blkio-weight", aliases: ["io-weight"], value: "NUMBER", in: group, help: "Disk weight, 10 to 1000"
      ) {
        (o: inout RunOptions, v) throws(EngineError) in
        let weight: UInt16 = try integer(v, in: 0...1000)
        guard weight == 0 || weight >= 10 else { throw EngineError("expected a number from 10 to 1000") }
        o.blockIOWeight = weight == 0 ? nil : weight
      },
    ]
  }()

  /// A size of which 0 means that no limit was asked for.
  private static func limit(_ text: String) throws(EngineError) -> Int64? {
    let bytes = try SizeText.parse(text)
    return bytes == 0 ? nil : bytes
  }

  /// Three flags lead to the same quota; two of them in one command contradict each other.
  private static func setQuota(
    _ options: inout RunOptions, _ quota: Int64, by flag: String
  ) throws(EngineError) {
    if let earlier = options.cpuShorthand ?? (options.cpu.quota != nil ? "--cpu-quota" : nil), earlier != flag
    {
      throw EngineError("it and \(earlier) exclude each other")
    }
    options.cpu.quota = quota == 0 ? nil : quota
    options.cpuShorthand = flag == "--cpu-quota" ? nil : flag
  }

  /// Flags of Docker's and podman's that wait for parts of the engine that do not exist yet.
  static let unavailable: [(names: [String], reason: String)] = [
    (
      ["publish-all", "P", "expose"], "not available yet: it comes with images; --publish names a port"
    ),
    (["link"], "containers of one network find each other by name"),
    (["subuidname", "subgidname"], "not available: --uidmap and --gidmap choose ids by hand"),
    (["pid", "ipc", "uts", "cgroupns"], "not available yet: the container has namespaces of its own"),
    (["volumes-from", "volume-driver"], "not available yet: it comes with volumes by name"),
    (["log-driver", "log-opt", "attach", "a"], "not available yet: it comes with detached containers"),
    (["restart"], "not available yet: it comes with detached containers"),
    (
      ["health-cmd", "health-interval", "health-retries", "health-start-period", "health-timeout"],
      "not available yet: it comes with detached containers"
    ),
    (["platform"], "not available yet: it comes with images"),
    (["gpus"], "not available yet; --device adds a device of the host"),
    (["kernel-memory"], "the kernel has removed this limit"),
  ]

  static func integer<T: FixedWidthInteger>(_ text: String, in range: ClosedRange<T>) throws(EngineError) -> T
  {
    guard let number = decimal(text, as: T.self), range.contains(number) else {
      let end =
        range.upperBound == T.max
        ? "\(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
      throw EngineError("expected a whole number \(end)")
    }
    return number
  }

  /// A path or name that will be handed to the kernel.
  static func path(_ text: String) throws(EngineError) -> String {
    if text.isEmpty { throw EngineError("the path is empty") }
    if text.utf8.contains(0) { throw EngineError("the path holds a NUL byte") }
    return text
  }

  /// `KEY=VALUE`; a key alone has an empty value.
  static func pair(_ text: String) throws(EngineError) -> KeyValue {
    let (key, value) = text.cut(at: Byte.equals)
    if key.isEmpty { throw EngineError("the key is missing: expected KEY=VALUE") }
    if key.hasControlCharacter { throw EngineError("the key holds a control character") }
    if text.utf8.contains(0) { throw EngineError("the value holds a NUL byte") }
    return KeyValue(key, value ?? "")
  }

  /// Sets a key; the last of equal keys wins.
  static func set(_ pair: KeyValue, in list: inout [KeyValue]) throws(EngineError) {
    list.removeAll { $0.key == pair.key }
    list.append(pair)
  }

  /// One name, or several separated by commas.
  static func capabilities(_ text: String) throws(EngineError) -> [String] {
    var result: [String] = []
    for name in text.pieces(separatedBy: Byte.comma) { result.append(try CapabilitySet.parse(name)) }
    return result
  }
}
