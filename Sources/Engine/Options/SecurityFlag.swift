// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// Where `--seccomp-trace` writes.
public enum SeccompTraceDestination: Equatable, Sendable {
  case standardError
  /// A file of the caller's, written anew.
  case file(String)
}

/// What `--security-opt` asks for, all of them together.
public struct SecurityOptions: Equatable, Sendable {
  /// Which seccomp profile the container gets.
  public enum Seccomp: Equatable, Sendable {
    /// The built-in profile.
    case builtin
    /// None.
    case unconfined
    /// A profile in Docker's format, at this path.
    case file(String)
  }

  /// `nil` when not asked for: on, unless the container is privileged.
  public var noNewPrivileges: Bool?
  public var seccomp: Seccomp?
  /// Whether nothing below `/proc` and `/sys` is masked or read-only.
  public var systemPathsUnconfined = false
  /// Further paths to hide.
  public var mask: [String] = []
  /// Paths that are neither hidden nor read-only; `ALL` stands for every one.
  public var unmask: [String] = []
  public var appArmorProfile: String?
  /// Whether the container may change its own control groups.
  public var writableCgroups = false

  public init() {}

  /// Applies one value of the flag: `KEY`, `KEY=VALUE` or, as older scripts write, `KEY:VALUE`.
  ///
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  mutating func apply(_ text: String) throws(EngineError) {
    var (key, value) = text.cut(at: Byte.equals)
    if value == nil { (key, value) = text.cut(at: Byte.colon) }
    switch key {
    case "no-new-privileges": noNewPrivileges = try toggle(value)
    case "writable-cgroups": writableCgroups = try toggle(value)
    case "seccomp": try applySeccomp(value)
    case "systempaths":
      guard value == "unconfined" else { throw EngineError("expected systempaths=unconfined") }
      systemPathsUnconfined = true
    case "mask": mask += try paths(value)
    case "unmask": unmask += value == "ALL" || value == "all" ? ["ALL"] : try paths(value)
    case "apparmor":
      guard let value, !value.isEmpty, !value.hasControlCharacter else {
        throw EngineError("expected apparmor=PROFILE or apparmor=unconfined")
      }
      appArmorProfile = value
    case "label" where value == "disable": break
    case "label", "proc-opts": throw EngineError("\(key) is not available yet")
    default:
      throw EngineError(
        "unknown option \(key.quoted): expected no-new-privileges, seccomp, apparmor, systempaths, mask, unmask "
          + "or writable-cgroups")
    }
  }

  private func toggle(_ value: String?) throws(EngineError) -> Bool {
    guard let value else { return true }
    guard let on = boolean(value) else { throw EngineError("expected true or false behind the option") }
    return on
  }

  private mutating func applySeccomp(_ value: String?) throws(EngineError) {
    guard let value, !value.isEmpty else {
      throw EngineError("expected seccomp=FILE, seccomp=builtin or seccomp=unconfined")
    }
    switch value {
    case "unconfined": seccomp = .unconfined
    case "builtin", "default": seccomp = .builtin
    default: seccomp = .file(value)
    }
  }

  private func paths(_ value: String?) throws(EngineError) -> [String] {
    guard let value, !value.isEmpty else {
      throw EngineError("paths are missing: expected mask=PATH[:PATH…]")
    }
    var result: [String] = []
    for path in value.pieces(separatedBy: Byte.colon) {
      guard path.utf8.first == Byte.slash, !path.utf8.contains(0) else {
        throw EngineError("the path \(path.quoted) must be absolute")
      }
      result.append(cleaned(absolutePath: path))
    }
    return result
  }
}
