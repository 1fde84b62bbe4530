// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux
import Seccomp

/// A call that a profile refuses.
struct SeccompRefusal: Hashable {
  /// The call's name, or its number.
  var call: String
  /// The name of the thread that makes it, which need not be that of its program.
  var program: String
  var verdict: SeccompVerdict

  var outcome: String {
    switch verdict {
    case .error(0): "0, without having been made"
    case .error(let number): "\(Errno(number).name) (\(Errno(number)))"
    case .kill: "killed"
    case .other: "EPERM (\(Errno.notPermitted))"
    }
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(call)
    hasher.combine(program)
  }
}

/// How often what was refused.
struct SeccompTally {
  /// More kinds than a program has that does not make up names of threads to fill our memory.
  private static let largestCount = 1000

  private var counts: [SeccompRefusal: Int] = [:]
  /// Calls of further kinds.
  private var rest = 0

  mutating func count(_ refusal: SeccompRefusal) {
    if counts.count >= Self.largestCount, counts[refusal] == nil {
      rest += 1
    } else {
      counts[refusal, default: 0] += 1
    }
  }

  /// The most frequent first, then the rule that allows all of them.
  var lines: [String] {
    if counts.isEmpty { return ["nothing was refused"] }
    let sorted = counts.sorted {
      ($1.value, $0.key.call, $0.key.program, $0.key.outcome)
        < ($0.value, $1.key.call, $1.key.program, $1.key.outcome)
    }
    let total = counts.values.reduce(rest, +)
    var lines = ["\(total) call\(total == 1 ? " was" : "s were") refused:"]
    lines += sorted.map { "\($0.value) × \($0.key.call) of \($0.key.program): \($0.key.outcome)" }
    if rest > 0 { lines.append("\(rest) × others") }
    let names = Set(sorted.map(\.key.call)).filter { !$0.contains(" ") }.sorted()
    if names.isEmpty { return lines }
    let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
    return lines + [
      "a rule that allows all of this, for the profile's \"syscalls\": {\"names\": [\(list)], \"action\": "
        + "\"SCMP_ACT_ALLOW\"}"
    ]
  }
}

/// What the kernel tells of a thread.
struct ThreadNames {
  /// Its name, without what could drive a terminal; `?` when it is gone.
  let program: String
  /// The process that it belongs to.
  let process: OwnedDescriptor?

  init(_ thread: Int32) {
    // bestEffort: what has ended has no name, and need not be ended
    let status = (try? readText(.workingDirectory, "/proc/\(thread)/status", limit: 1 << 16)) ?? ""
    var fields: [String: String] = [:]
    for line in status.pieces(separatedBy: Byte.newline) {
      let (key, value) = line.cut(at: Byte.colon)
      fields[key] = value?.trimmed
    }
    let name = fields["Name"] ?? "?"
    program = String(
      name.unicodeScalars.map { $0.value < 0x20 || 0x7F...0x9F ~= $0.value ? "?" : Character($0) })
    guard let number = decimal(fields["Tgid"] ?? "", as: Int32.self),
      let opened = try? pidfdOpen(number)  // bestEffort: likewise
    else {
      process = nil
      return
    }
    process = OwnedDescriptor(opened)
  }
}

/// As C writes it.
func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
