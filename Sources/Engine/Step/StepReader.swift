// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
import Networking
import OCI

/// Reads `/proc` for ``StepFacts``.
struct StepReader {
  typealias Fact = StepFacts.Fact

  /// nil for our own process.
  let pid: Int32?

  private func path(_ name: String) -> String { "/proc/\(pid.map { "\($0)" } ?? "self")/\(name)" }

  private func text(_ name: String) throws(SyscallError) -> String {
    try readText(.workingDirectory, path(name), limit: 1 << 24)
  }

  private func link(_ name: String) throws(SyscallError) -> String {
    try readlinkat(.workingDirectory, path(name))
  }

  private func status() throws(SyscallError) -> [String: String] {
    var result: [String: String] = [:]
    for line in try text("status").pieces(separatedBy: Byte.newline) {
      let (name, value) = line.cut(at: Byte.colon)
      let words = (value ?? "").trimmed.pieces(separatedBy: Byte.tab)
      result[name] = words.joined(separator: " ")
    }
    return result
  }

  func namespaces() throws(SyscallError) -> [Fact] {
    var facts: [Fact] = []
    for (_, name) in LiveReader.types {
      do throws(SyscallError) {
        facts.append(Fact(area: "namespace", name: name, value: try link("ns/\(name)")))
      } catch {
        // A kernel without this kind.
        guard error.errno == .noEntry, name == "time" || name == "cgroup" else { throw error }
      }
    }
    return facts
  }

  func identity() throws(SyscallError) -> [Fact] {
    let status = try status()
    var facts: [Fact] = []
    if let pid {
      let inside = (status["NSpid"] ?? "").pieces(separatedBy: Byte.space).dropFirst()
      let words = inside.map { "\($0) inside" }
      facts.append(Fact(area: "", name: "process", value: (["\(pid)"] + words).joined(separator: ", ")))
    }
    for (key, name) in [("Uid", "user ids"), ("Gid", "group ids"), ("Groups", "further groups")] {
      facts.append(Fact(area: "", name: name, value: (status[key] ?? "").trimmed))
    }
    for name in ["uid_map", "gid_map"] {
      let words = try text(name).split { $0 == " " || $0 == "\n" }
      facts.append(Fact(area: "", name: name, value: words.joined(separator: " ")))
    }
    return facts
  }

  func rights() throws(SyscallError) -> [Fact] {
    let status = try status()
    let sets = [
      ("CapBnd", "bounding"), ("CapPrm", "permitted"), ("CapEff", "effective"), ("CapInh", "inheritable"),
      ("CapAmb", "ambient"),
    ]
    var facts = sets.map { key, name in
      Fact(area: "capabilities", name: name, value: Self.names(UInt64(status[key] ?? "", radix: 16) ?? 0))
    }
    let modes = ["0": "off", "1": "strict", "2": "filter"]
    facts.append(Fact(area: "", name: "no_new_privs", value: status["NoNewPrivs"] == "1" ? "on" : "off"))
    facts.append(
      Fact(area: "", name: "seccomp", value: status["Seccomp"].map { modes[$0] ?? $0 } ?? "off"))
    facts.append(Fact(area: "", name: "umask", value: status["Umask"] ?? ""))
    return facts
  }

  /// Few by name, many by number.
  private static func names(_ mask: UInt64) -> String {
    let all = CapabilityName.all.enumerated().filter { mask & (1 << UInt64($0.offset)) != 0 }
    let names = all.map { String($0.element.dropFirst(4)).lowercased() }
    return names.count > 20 || names.isEmpty ? "\(names.count)" : names.joined(separator: " ")
  }

  func limits() throws(SyscallError) -> [Fact] {
    var facts = try text("limits").pieces(separatedBy: Byte.newline).dropFirst().compactMap { line -> Fact? in
      let values = line.dropFirst(26).split(separator: " ").prefix(2)
      guard values.count == 2 else { return nil }
      let name = String(line.prefix(26)).trimmed.replacingFirst("Max ", by: "")
      return Fact(area: "limit", name: name, value: "\(values[0]) of \(values[1])")
    }
    facts.append(Fact(area: "", name: "oom_score_adj", value: try text("oom_score_adj").trimmed))
    return facts
  }

  func cgroups() throws(SyscallError) -> [Fact] {
    try text("cgroup").pieces(separatedBy: Byte.newline).compactMap { line in
      let parts = line.pieces(separatedBy: Byte.colon, limit: 3)
      guard parts.count == 3 else { return nil }
      return Fact(area: "cgroup", name: parts[1].isEmpty ? "(version 2)" : parts[1], value: parts[2])
    }
  }

  /// Where the process is, what it is called there, and whom it can reach.
  func surroundings() throws(SyscallError) -> [Fact] {
    var facts = [Fact(area: "", name: "working directory", value: try link("cwd"))]
    if let name = try hostName() { facts.append(Fact(area: "", name: "host name", value: name)) }
    let devices = try text("net/dev").pieces(separatedBy: Byte.newline).dropFirst(2)
    let interfaces = devices.map { $0.cut(at: Byte.colon).before.trimmed }.filter { !$0.isEmpty }
    facts.append(Fact(area: "", name: "interfaces", value: interfaces.joined(separator: " ")))
    facts.append(Fact(area: "", name: "addresses", value: try addresses().joined(separator: " ")))
    return facts
  }

  /// - Returns: nil where the caller may not enter the process's namespace.
  private func hostName() throws(SyscallError) -> String? {
    let file = "/proc/sys/kernel/hostname"
    if pid == nil { return try readText(.workingDirectory, file) }
    let namespace = OwnedDescriptor(try openat(.workingDirectory, path("ns/uts"), .readOnly))
    do throws(SyscallError) {
      return try NamespaceThread.run { () throws(SyscallError) -> String in
        try setns(namespace.fd, .newUTS)
        return try readText(.workingDirectory, file)
      }
    } catch {
      if error.errno == .notPermitted { return nil }
      throw error
    }
  }

  /// The network namespace's own addresses of version 4, as its routes know them.
  private func addresses() throws(SyscallError) -> [String] {
    var found: [String] = []
    var last = ""
    for line in try text("net/fib_trie").pieces(separatedBy: Byte.newline) {
      let words = line.split(separator: " ")
      if words.first == "|--", words.count == 2 { last = String(words[1]) }
      if words.starts(with: ["/32", "host", "LOCAL"]), !found.contains(last) { found.append(last) }
    }
    return found
  }

  func mounts() throws(SyscallError) -> [StepFacts.Mount] {
    try text("mountinfo").pieces(separatedBy: Byte.newline).compactMap { line in
      let fields = line.pieces(separatedBy: Byte.space)
      guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else {
        return nil
      }
      let isReadOnly = fields[5].pieces(separatedBy: Byte.comma).contains("ro")
      let place = LiveReader.unescaped(fields[4]).withoutControlCharacters
      let words = fields[dash + 1] + (isReadOnly ? ", read-only" : "")
      return StepFacts.Mount(device: fields[2] + fields[3], text: "\(place) (\(words))")
    }
  }
}

extension String {
  /// The text without a beginning that it may have.
  fileprivate func replacingFirst(_ beginning: String, by other: String) -> String {
    hasPrefix(beginning) ? other + dropFirst(beginning.count) : self
  }
}
