// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Cgroups
import ContainerPlan
import Linux
import OCI

/// Reads what `/proc` and `/sys/fs/cgroup` say about a container's first process.
struct LiveReader {
  let pid: Int32
  let exposition: Exposition

  var spec: Spec { exposition.spec }

  func read() throws(SyscallError) -> [LiveFact] {
    let status = try status()
    var facts = try namespaces()
    facts += try mounts()
    facts += try cgroups()
    facts += try limits()
    facts += try identity(status)
    facts += rights(status)
    facts += try interfaces()
    return facts
  }

  /// A file of the process below `/proc`.
  func file(_ name: String) throws(SyscallError) -> String {
    try readText(.workingDirectory, "/proc/\(pid)/\(name)", limit: 1 << 24)
  }

  private func status() throws(SyscallError) -> [String: String] {
    var result: [String: String] = [:]
    for line in try file("status").pieces(separatedBy: Byte.newline) {
      let (name, value) = line.cut(at: Byte.colon)
      result[name] = (value ?? "").trimmed
    }
    return result
  }

  // MARK: Namespaces

  static let types: [(NamespaceType, file: String)] = [
    (.user, "user"), (.mount, "mnt"), (.pid, "pid"), (.network, "net"), (.ipc, "ipc"), (.uts, "uts"),
    (.cgroup, "cgroup"), (.time, "time"),
  ]

  private func namespaces() throws(SyscallError) -> [LiveFact] {
    var facts: [LiveFact] = []
    for (type, name) in Self.types {
      let inside: String
      let outside: String
      do {
        inside = try readlinkat(.workingDirectory, "/proc/\(pid)/ns/\(name)")
        outside = try readlinkat(.workingDirectory, "/proc/self/ns/\(name)")
      } catch {
        // A kernel without this kind.
        if error.errno == .noEntry { continue }
        throw error
      }
      let isShared = inside == outside
      let actual = isShared ? "the host's" : inside
      let namespace = spec.linux?.namespace(type)
      let asked = namespace.map { $0.path.map { "that of \($0)" } ?? "new" } ?? "the host's"
      // Whoever asks from inside a namespace, as an ordinary user's containers are, sees it as the host's.
      facts.append(
        LiveFact(
          .namespaces, type.rawValue, asked: asked, actual: actual,
          differs: (namespace == nil) != isShared
            && !(namespace == nil && type == .user) && namespace?.path == nil))
    }
    return facts
  }

  // MARK: Cgroups

  private func cgroups() throws(SyscallError) -> [LiveFact] {
    var facts: [LiveFact] = []
    for (controller, path, writes) in exposition.cgroupWrites {
      for write in writes {
        let names = [(write.file, write.value)] + write.alternatives.map { ($0.file, $0.value) }
        for (file, value) in names {
          let text: String
          do {
            text = try readText(.workingDirectory, "\(path)/\(file)")
          } catch {
            if error.errno == .noEntry { continue }
            throw error
          }
          let actual = text.trimmed.pieces(separatedBy: Byte.newline).joined(separator: ", ")
          facts.append(
            LiveFact(
              .cgroups, "\(controller)\(file)",
              asked: value,
              actual: actual, differs: !Self.isSame(value, actual, file)))
          break
        }
      }
    }
    return facts
  }

  /// The kernel has words and units of its own: whole pages, `max`, a weight by its name.
  static func isSame(_ asked: String, _ actual: String, _ file: String) -> Bool {
    if asked == actual { return true }
    if let a = decimal(asked, as: Int64.self), let b = decimal(actual, as: Int64.self) {
      let page: Int64 = 4096
      return a / page == b / page && file.hasPrefix("memory.") || (a < 0 && (b < 0 || b >= Int64.max - page))
    }
    if asked == "-1" || asked == "max" { return actual == "max" || actual.hasPrefix("92233720368547") }
    return actual == "default \(asked)"
      || actual.pieces(separatedBy: Byte.comma).contains { $0.trimmed == asked }
  }

  // MARK: Limits

  private func limits() throws(SyscallError) -> [LiveFact] {
    let asked = spec.process?.rlimits ?? []
    var facts: [LiveFact] = []
    let lines = try file("limits").pieces(separatedBy: Byte.newline)
    for limit in asked {
      guard let name = Self.limitNames[limit.type],
        let line = lines.first(where: { $0.hasPrefix(name) })
      else { continue }
      let values = line.dropFirst(26).split(separator: " ").prefix(2).map { String($0) }
      facts.append(
        LiveFact(
          .limits, limit.type.rawValue, asked: "\(Self.word(limit.soft)) of \(Self.word(limit.hard))",
          actual: values.joined(separator: " of ")))
    }
    if let score = spec.process?.oomScoreAdj {
      facts.append(
        LiveFact(.limits, "oom_score_adj", asked: "\(score)", actual: try file("oom_score_adj").trimmed))
    }
    return facts
  }

  private static func word(_ value: UInt64) -> String { value == .max ? "unlimited" : "\(value)" }

  /// As `/proc/PID/limits` calls them.
  private static let limitNames: [RlimitType: String] = [
    .addressSpace: "Max address space", .core: "Max core file size", .cpu: "Max cpu time",
    .data: "Max data size",
    .fileSize: "Max file size", .locks: "Max file locks", .lockedMemory: "Max locked memory",
    .messageQueue: "Max msgqueue size", .nice: "Max nice priority", .openFiles: "Max open files",
    .processes: "Max processes", .residentSet: "Max resident set", .realtimePriority: "Max realtime priority",
    .realtimeTime: "Max realtime timeout", .pendingSignals: "Max pending signals", .stack: "Max stack size",
  ]

  // MARK: Network

  /// `/proc/PID/net` is that of the process's own namespace.
  private func interfaces() throws(SyscallError) -> [LiveFact] {
    let lines = try file("net/dev").pieces(separatedBy: Byte.newline).dropFirst(2)
    let names = lines.map { $0.cut(at: Byte.colon).before.trimmed }.filter { !$0.isEmpty }
    return [LiveFact(.network, "interfaces", asked: nil, actual: names.joined(separator: " "))]
  }
}

extension Exposition {
  /// What is written to the container's cgroups, by directory; without the rules about devices, which cannot be read back
  /// as they were written.
  var cgroupWrites: [(controller: String, path: String, writes: [FileWrite])] {
    (plan.cgroups?.directories ?? []).map { directory in
      let writes = directory.actions.compactMap { action -> FileWrite? in
        guard case .write(let write) = action, !write.file.hasPrefix("devices.") else { return nil }
        return write
      }
      return (
        directory.hierarchy.version == .v1 ? directory.hierarchy.name + "/" : "", directory.hostPath, writes
      )
    }
  }
}
