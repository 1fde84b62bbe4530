// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Cgroups
import Linux

/// What a container has used up to a moment, and what it uses at that moment.
public struct Usage: Equatable, Sendable {
  /// When it was read, nanoseconds of the monotonic clock.
  public var takenNanoseconds: Int64 = 0
  /// Processor time in all, nanoseconds.
  public var cpuNanoseconds: UInt64 = 0
  /// Memory without the part of the page cache that the kernel would give up first, bytes.
  public var memoryBytes: UInt64 = 0
  /// The container's limit, or what the machine has.
  public var memoryLimitBytes: UInt64 = 0
  public var readBytes: UInt64 = 0
  public var writtenBytes: UInt64 = 0
  public var receivedBytes: UInt64 = 0
  public var sentBytes: UInt64 = 0
  public var processes: UInt64 = 0

  public init() {}

  init(_ statistics: CgroupStatistics, machineBytes: UInt64) {
    takenNanoseconds = monotonicNanoseconds()
    cpuNanoseconds = statistics.cpu.total
    // Version 1 counts this cgroup alone and, as `total_`, those below it, too; version 2 has only the latter.
    let raw = statistics.memory.raw
    let cache = (raw.first { $0.name == "total_inactive_file" } ?? raw.first { $0.name == "inactive_file" })?
      .value
    let usage = statistics.memory.usage
    memoryBytes = usage.usage > cache ?? 0 ? usage.usage - (cache ?? 0) : usage.usage
    memoryLimitBytes = usage.limit == 0 ? machineBytes : min(usage.limit, machineBytes)
    for entry in statistics.blockIO.serviceBytes {
      if entry.operation == "Read" { readBytes &+= entry.value }
      if entry.operation == "Write" { writtenBytes &+= entry.value }
    }
    processes = statistics.pids.current
  }

  /// Processor time since an earlier moment, in per cent of one processor.
  public func cpuPercent(since earlier: Usage?) -> Double {
    guard let earlier, takenNanoseconds > earlier.takenNanoseconds, cpuNanoseconds >= earlier.cpuNanoseconds
    else { return 0 }
    return Double(cpuNanoseconds - earlier.cpuNanoseconds) * 100
      / Double(takenNanoseconds - earlier.takenNanoseconds)
  }

  public var memoryPercent: Double {
    memoryLimitBytes == 0 ? 0 : Double(memoryBytes) * 100 / Double(memoryLimitBytes)
  }
}

extension ContainerEngine {
  /// What a container uses now; nil when it does not run.
  public func usage(of view: ContainerView) throws(EngineError) -> Usage? {
    guard view.isAlive, view.state.pid > 0 else { return nil }
    do throws(CgroupError) {
      guard let set = try CgroupSet.ofProcess(view.state.pid, container: view.record.id) else { return nil }
      var usage = Usage(try set.statistics(), machineBytes: try Self.machineBytes())
      (usage.receivedBytes, usage.sentBytes) = try Self.traffic(of: view.state.pid)
      return usage
    } catch {
      // It ended while we looked.
      if error.errno == .noEntry || error.errno == .noDevice { return nil }
      throw EngineError("\(view.record.name): \(error)")
    }
  }

  /// The memory of the machine.
  private static func machineBytes() throws(CgroupError) -> UInt64 {
    let text = try read("/proc/meminfo")
    for line in text.pieces(separatedBy: Byte.newline) where line.hasPrefix("MemTotal:") {
      let words = line.pieces(separatedBy: Byte.space).filter { !$0.isEmpty }
      if words.count > 1, let kibibytes = decimal(words[1], as: UInt64.self) { return kibibytes * 1024 }
    }
    throw CgroupError(.refused, "/proc/meminfo has no MemTotal")
  }

  /// Bytes through the network interfaces of a process's own network namespace, the loopback left out. Those of the
  /// host's namespace are not the container's alone.
  private static func traffic(of pid: Int32) throws(CgroupError) -> (received: UInt64, sent: UInt64) {
    do throws(SyscallError) {
      let own = try readlinkat(.workingDirectory, "/proc/self/ns/net")
      if try readlinkat(.workingDirectory, "/proc/\(pid)/ns/net") == own { return (0, 0) }
    } catch { throw CgroupError(.refused, "\(error)", errno: error.errno) }
    return traffic(in: try read("/proc/\(pid)/net/dev"))
  }

  /// The sums of a `/proc/net/dev`.
  static func traffic(in text: String) -> (received: UInt64, sent: UInt64) {
    var (received, sent) = (UInt64(0), UInt64(0))
    for line in text.pieces(separatedBy: Byte.newline) {
      let (name, counters) = line.cut(at: UInt8(ascii: ":"))
      guard let counters, name.trimmed != "lo" else { continue }
      let numbers = counters.pieces(separatedBy: Byte.space).filter { !$0.isEmpty }
      guard numbers.count > 8 else { continue }
      received &+= decimal(numbers[0], as: UInt64.self) ?? 0
      sent &+= decimal(numbers[8], as: UInt64.self) ?? 0
    }
    return (received, sent)
  }

  private static func read(_ path: String) throws(CgroupError) -> String {
    do throws(SyscallError) { return try readText(.workingDirectory, path, limit: 1 << 20) } catch {
      throw CgroupError(.refused, "cannot read \(path): \(error.errno)", errno: error.errno)
    }
  }
}
