// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Linux

/// Who was killed when a container reached its memory limit.
public struct OutOfMemoryReport: Equatable, Sendable {
  /// How many processes were killed.
  public var kills: UInt64
  /// The container's limit; nil where it has none of its own and a cgroup above it was full.
  public var limitBytes: UInt64?
  /// The last victim, as the kernel's log names it; nil where that cannot be read.
  public var victim: Victim?

  public struct Victim: Equatable, Sendable {
    /// At most 15 bytes of the program's name, escaped by the kernel.
    public var name: String
    /// In the kernel's first PID namespace.
    public var pid: Int32
  }
}

extension OutOfMemoryReport {
  /// What can be told when the container's cgroup may be gone.
  ///
  /// - Parameter cgroup: its path below the root of the hierarchy.
  public init(kills: UInt64, limitBytes: UInt64?, cgroup: String) {
    self.init(kills: kills, limitBytes: limitBytes, victim: KernelLog.lastVictim(ofCgroup: cgroup))
  }
}

extension OutOfMemoryReport: CustomStringConvertible {
  /// `the container reached its memory limit of 64 MiB; the kernel killed sh (process 2567)`.
  public var description: String {
    let limit = limitBytes.map { "the container reached its memory limit of \(Self.words($0))" }
    let who = victim.map { "\($0.name) (process \($0.pid))" }
    let killed =
      kills == 1 ? who ?? "a process" : "\(kills) processes" + (who.map { ", the last one \($0)" } ?? "")
    return (limit ?? "a cgroup above the container reached its memory limit") + "; the kernel killed "
      + killed
  }

  private static func words(_ bytes: UInt64) -> String {
    for (unit, name) in [(UInt64(1) << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
    where bytes >= unit && bytes % unit == 0 {
      return "\(bytes / unit) \(name)"
    }
    return "\(bytes) bytes"
  }
}

extension CgroupSet {
  /// - Returns: nil when nobody was killed.
  public func outOfMemoryReport() throws(CgroupError) -> OutOfMemoryReport? {
    let kills = try oomKills()
    guard kills > 0, let record = record(.memory) ?? unified else { return nil }
    let leaf = try openLeaf(record)
    let file = record.version == .v1 ? "memory.limit_in_bytes" : "memory.max"
    let bytes = try readBytesIfPresent(leaf.fd, file, of: record.hostPath) ?? []
    let limit = parseNumber(bytes.prefix { $0 != UInt8(ascii: "\n") })
    return OutOfMemoryReport(
      kills: kills,
      // Version 1 has a very large number, rounded to pages, for none.
      limitBytes: limit.flatMap { $0 < 1 << 62 ? $0 : nil },
      victim: KernelLog.lastVictim(ofCgroup: record.path))
  }
}

/// The kernel's log (dev-kmsg in the kernel's Documentation/ABI).
enum KernelLog {
  /// The process that was killed last in a cgroup or below it.
  ///
  /// - Returns: nil also where the log cannot be read, as by an ordinary user: it only adds a name to what is known.
  static func lastVictim(ofCgroup path: String) -> OutOfMemoryReport.Victim? {
    var result: OutOfMemoryReport.Victim?
    do throws(SyscallError) {
      let log = try openat(.workingDirectory, "/dev/kmsg", [.readOnly, .nonBlocking])
      // Bounded by what a log of 16 MiB can hold; each read is one record.
      for _ in 0..<(1 << 18) {
        do throws(SyscallError) {
          let bytes = try read(log.fd, upTo: 8192)
          if bytes.isEmpty { break }
          if let victim = victim(in: bytes[...], ofCgroup: path) { result = victim }
        } catch {
          // A record that was overwritten while we read.
          if error.errno != Errno(EPIPE) { throw error }
        }
      }
    } catch { return result }
    return result
  }

  /// Parses `…oom-kill:constraint=…,oom_memcg=/a/b,task_memcg=/a/b/c,task=sh,pid=2567,uid=0` (Linux 5.0 and later).
  static func victim(in record: ArraySlice<UInt8>, ofCgroup path: String) -> OutOfMemoryReport.Victim? {
    let line = record.prefix { $0 != UInt8(ascii: "\n") }
    guard let start = end(of: "oom-kill:constraint=", in: line),
      let task = value("task_memcg", in: line[start...], until: ",task="),
      isIn(String(decoding: task, as: UTF8.self), path),
      let name = value("task", in: line[start...], until: ",pid="),
      let number = value("pid", in: line[start...], until: ",uid=").flatMap({ parseNumber($0) }),
      let pid = Int32(exactly: number)
    else { return nil }
    return OutOfMemoryReport.Victim(name: String(decoding: name, as: UTF8.self), pid: pid)
  }

  /// The log has paths from the root of the hierarchy; ours may start at a cgroup namespace's.
  private static func isIn(_ cgroup: String, _ path: String) -> Bool {
    cgroup.hasSuffix(path) || end(of: path + "/", in: Array(cgroup.utf8)[...]) != nil
  }

  /// What stands between `,key=` and what comes next; the names of cgroups and programs may have commas.
  private static func value(_ key: String, in text: ArraySlice<UInt8>, until next: String) -> ArraySlice<
    UInt8
  >? {
    guard let start = end(of: ",\(key)=", in: text), let stop = end(of: next, in: text[start...]) else {
      return nil
    }
    return text[start..<(stop - next.utf8.count)]
  }

  /// Where the first occurrence of some words ends.
  private static func end(of words: String, in text: ArraySlice<UInt8>) -> Int? {
    let length = words.utf8.count
    var position = text.startIndex
    while position + length <= text.endIndex {
      if text[position..<(position + length)].elementsEqual(words.utf8) { return position + length }
      position += 1
    }
    return nil
  }
}
