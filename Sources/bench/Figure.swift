// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// A number of a contender that is no time.
struct Figure: Sendable {
  let name: String
  let summary: String
  let unit: String
  /// The subject must not exceed it.
  let limit: Int64
  /// Nil when the contender cannot take part.
  let measure: @Sendable (Contender, Workshop) throws(BenchError) -> Int64?

  static let all = [peakMemory, systemCalls, smallestMemoryLimit]

  /// The command of one run of the default bundle; each call makes a bundle of its own.
  private static func runCommand(
    _ name: String, _ bundle: Bundle, _ contender: Contender, _ workshop: Workshop
  ) throws(BenchError) -> [String]? {
    switch contender.kind {
    case .engine: return nil
    case .floor: return [contender.path, "\(workshop.word)-floor", workshop.rootfs, "/bin/true"]
    case .runtime:
      let driver = RuntimeDriver(contender: contender, workshop: workshop)
      let path = try bundle.write(
        to: "\(workshop.directory)/\(name)-\(contender.name)", rootfs: workshop.rootfs)
      return driver.command(["run", "--bundle", path, driver.id(name)])
    }
  }

  /// A process begins with the peak of the one that started it, and the bench is larger than what it measures: a small
  /// program in between (Benchmarks/peak.c) asks wait4(2).
  private static let peakMemory = Figure(
    name: "peak-memory", summary: "peak resident memory of run, the largest of five", unit: "KiB", limit: 4608
  ) { (contender, workshop) throws(BenchError) in
    guard let command = try runCommand("peak", Bundle(), contender, workshop) else { return nil }
    let report = "\(workshop.directory)/peak"
    var largest: Int64 = 0
    for _ in 0..<5 {
      try workshop.spawner.mustRun([workshop.peakProgram, report] + command)
      let text = try attempting(report) { () throws(SyscallError) in try readText(.workingDirectory, report) }
      guard let kibibytes = Int64(text.prefix { $0 != "\n" }) else {
        throw BenchError("\(report) holds \(text)")
      }
      largest = max(largest, kibibytes)
    }
    return largest
  }

  private static let systemCalls = Figure(
    name: "system-calls", summary: "system calls of run, with those of the container's side", unit: "calls",
    limit: 499
  ) { (contender, workshop) throws(BenchError) in
    let strace = "/usr/bin/strace"
    do throws(SyscallError) { try checkExecutable(.workingDirectory, strace) } catch {
      throw BenchError("\(strace): \(error.errno)")
    }
    guard let command = try runCommand("calls", Bundle(), contender, workshop) else { return nil }
    let report = "\(workshop.directory)/strace"
    try workshop.spawner.mustRun([strace, "-f", "-c", "-o", report] + command)
    let text = try attempting("report of strace") { () throws(SyscallError) in
      try readText(.workingDirectory, report)
    }
    // The last line: per cent, seconds, microseconds per call, calls, perhaps errors, "total".
    let fields = text.split(separator: "\n").last?.split(separator: " ") ?? []
    guard fields.last == "total", fields.count >= 5, let calls = Int64(fields[3]) else {
      throw BenchError("strace printed no total")
    }
    return calls
  }

  private static let smallestMemoryLimit = Figure(
    name: "memory-limit", summary: "smallest memory limit with which run works three times", unit: "KiB",
    limit: 512
  ) { (contender, workshop) throws(BenchError) in
    guard contender.kind == .runtime else { return nil }
    var smallest: Int64?
    for limit: Int64 in [16384, 8192, 4096, 3072, 2048, 1024, 768, 512, 384, 256, 192, 128] {
      let bundle = Bundle(memoryLimitBytes: limit << 10)
      guard let command = try runCommand("limit\(limit)", bundle, contender, workshop) else { return nil }
      var spawner = workshop.spawner
      spawner.timeoutMilliseconds = 5000
      for attempt in 0..<3 {
        do throws(BenchError) {
          // Each attempt has an id of its own: a failed one may have left its cgroups.
          if try spawner.run(command.dropLast() + ["\(command[command.count - 1])-\(attempt)"]).status != 0 {
            return smallest
          }
        } catch {
          return smallest  // It hangs instead of failing, which is no start either.
        }
      }
      smallest = limit
    }
    return smallest
  }
}
