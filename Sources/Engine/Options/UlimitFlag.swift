// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
import OCI

/// Resource limits: `--ulimit NAME=SOFT[:HARD]`.
enum UlimitFlag {
  /// Parses one limit. `-1` and `unlimited` mean no limit; without a hard limit both are the same.
  ///
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  static func parse(_ text: String) throws(EngineError) -> Rlimit {
    let (name, values) = text.cut(at: Byte.equals)
    guard let type = types.first(where: { $0.name == name })?.type else {
      throw EngineError("unknown limit \(name.quoted): expected \(types.map(\.name).joined(separator: ", "))")
    }
    guard let values else { throw EngineError("the value is missing: expected \(name)=SOFT[:HARD]") }
    let (first, second) = values.cut(at: Byte.colon)
    let soft = try number(first)
    let hard = try second.map { (text) throws(EngineError) in try number(text) } ?? soft
    if soft > hard { throw EngineError("the soft limit \(first) is above the hard limit \(second ?? first)") }
    return Rlimit(type, soft: soft, hard: hard)
  }

  /// The name that the flag takes.
  static func name(of type: RlimitType) -> String { types.first { $0.type == type }?.name ?? type.rawValue }

  private static func number(_ text: String) throws(EngineError) -> UInt64 {
    if text == "-1" || text == "unlimited" { return .max }
    guard let value = decimal(text, as: UInt64.self) else {
      throw EngineError("\(text.quoted) is no limit: expected a number, or -1 for none")
    }
    return value
  }

  /// Docker's names (those of bash's `ulimit` documentation and of `limits.conf`), `as` added.
  private static let types: [(name: String, type: RlimitType)] = [
    ("as", .addressSpace), ("core", .core), ("cpu", .cpu), ("data", .data), ("fsize", .fileSize),
    ("locks", .locks), ("memlock", .lockedMemory), ("msgqueue", .messageQueue), ("nice", .nice),
    ("nofile", .openFiles), ("nproc", .processes), ("rss", .residentSet), ("rtprio", .realtimePriority),
    ("rttime", .realtimeTime), ("sigpending", .pendingSignals), ("stack", .stack),
  ]
}
