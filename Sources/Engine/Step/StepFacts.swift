// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Cgroups
import Linux
import OCI

/// What the kernel says about a half-made container at one moment: of its process, or of roost itself while there is none.
struct StepFacts {
  /// One line of it.
  struct Fact: Equatable {
    /// What lines that change alike are shown under, such as `cgroup`.
    var area: String
    var name: String
    var value: String
  }

  /// A mount that the process sees.
  struct Mount: Hashable {
    /// Which file system it is, and which directory of it, as `/proc/PID/mountinfo` has them: two of a kind at one place are
    /// not the same.
    var device: String
    var text: String
  }

  var facts: [Fact] = []
  var mounts: [Mount] = []

  /// Reads it all.
  ///
  /// - Parameters:
  ///   - pid: of the container's process; nil for our own.
  ///   - writes: the files of the container's cgroups that get values.
  init(pid: Int32?, _ writes: [(controller: String, path: String, writes: [FileWrite])]) throws(SyscallError)
  {
    let reader = StepReader(pid: pid)
    mounts = try reader.mounts()
    facts = try reader.namespaces() + reader.identity() + reader.rights() + reader.limits()
    facts += try reader.cgroups() + Self.values(writes) + reader.surroundings()
  }

  init() {}

  /// What is written in the container's cgroups; those that do not exist yet have nothing to say.
  private static func values(
    _ writes: [(controller: String, path: String, writes: [FileWrite])]
  ) throws(SyscallError) -> [Fact] {
    var facts: [Fact] = []
    for (controller, path, files) in writes {
      for write in files {
        for name in [write.file] + write.alternatives.map(\.file) {
          do throws(SyscallError) {
            let text = try readText(.workingDirectory, "\(path)/\(name)")
            let value = text.trimmed.pieces(separatedBy: Byte.newline).joined(separator: ", ")
            facts.append(Fact(area: "", name: controller + name, value: value))
            break
          } catch {
            guard error.errno == .noEntry else { throw error }
          }
        }
      }
    }
    return facts
  }

  // MARK: What has changed

  /// The differences from an earlier moment, a line each.
  func changes(since earlier: StepFacts) -> [String] {
    var rows: [(name: String, area: String, change: String)] = []
    for fact in facts + earlier.facts.filter({ old in !facts.contains { $0.isAbout(old) } }) {
      let old = earlier.facts.first { $0.isAbout(fact) }?.value
      let new = facts.first { $0.isAbout(fact) }?.value
      guard old != new else { continue }
      let change = "\(old.map(Self.shown) ?? "–") → \(new.map(Self.shown) ?? "–")"
      if !fact.area.isEmpty,
        let index = rows.firstIndex(where: { $0.area == fact.area && $0.change == change })
      {
        rows[index].name += ", " + fact.name
      } else {
        rows.append((fact.name, fact.area, change))
      }
    }
    return rows.map { row in
      "\(row.area)\(row.area.isEmpty ? "" : " ")\(row.name): \(row.change)"
    } + mountChanges(since: earlier)
  }

  private func mountChanges(since earlier: StepFacts) -> [String] {
    let added = Self.difference(mounts, earlier.mounts)
    let removed = Self.difference(earlier.mounts, mounts)
    let lost =
      removed.count > 4 ? ["mounts gone: \(removed.count)"] : removed.map { "mount gone: \($0.text)" }
    return lost + added.map { "mount: \($0.text)" }
  }

  /// The mounts of one list that the other lacks; each counts as often as it occurs.
  private static func difference(_ mounts: [Mount], _ others: [Mount]) -> [Mount] {
    var rest: [Mount: Int] = [:]
    for mount in others { rest[mount, default: 0] += 1 }
    return mounts.filter { mount in
      guard let count = rest[mount], count > 0 else { return true }
      rest[mount] = count - 1
      return false
    }
  }

  /// Everything, a line each.
  var lines: [String] {
    facts.map { "\($0.area)\($0.area.isEmpty ? "" : " ")\($0.name): \(Self.shown($0.value))" }
      + mounts.map { "mount: \($0.text)" }
  }

  private static func shown(_ value: String) -> String {
    value.isEmpty ? "none" : value.withoutControlCharacters
  }
}

extension StepFacts.Fact {
  fileprivate func isAbout(_ other: StepFacts.Fact) -> Bool { area == other.area && name == other.name }
}
