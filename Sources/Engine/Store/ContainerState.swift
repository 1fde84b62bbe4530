// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What a container is doing, as its directory records it (`state.json`).
///
/// The record says what its writer knew last; whether the process still lives is asked of the kernel, see ``Liveness``.
public struct ContainerState: Equatable, Sendable {
  public enum Phase: String, Sendable {
    /// The directory exists; no process does yet.
    case created
    case running
    case exited
  }

  public var phase: Phase
  /// The container's first process in the engine's PID namespace; 0 when there is none.
  public var pid: Int32 = 0
  /// When that process started, in clock ticks since boot (proc_pid_stat(5), field 22).
  public var startTicks: UInt64 = 0
  /// The kernel's id of the boot during which the process started.
  public var bootID = ""
  /// Nanoseconds since 1970; 0 when it has not happened.
  public var startedNanoseconds: Int64 = 0
  public var finishedNanoseconds: Int64 = 0
  public var exitCode: Int32 = 0
  /// Whether the kernel killed it for want of memory.
  public var outOfMemory = false
  /// Why the container did not start; empty when it did.
  public var error = ""

  public init(phase: Phase) { self.phase = phase }

  /// The version of the file's format.
  static let version: Int64 = 1

  var document: Document {
    .record([
      .init("version", .integer(Self.version)),
      .init("phase", .string(phase.rawValue)),
      .init("pid", .integer(Int64(pid))),
      .init("startTicks", .string(String(startTicks))),
      .init("bootID", .string(bootID)),
      .init("startedNanoseconds", .integer(startedNanoseconds)),
      .init("finishedNanoseconds", .integer(finishedNanoseconds)),
      .init("exitCode", .integer(Int64(exitCode))),
      .init("outOfMemory", .bool(outOfMemory)),
      .init("error", .string(error)),
    ])
  }

  /// Reads the document of a `state.json`.
  ///
  /// - Throws: ``EngineError`` naming the member at fault.
  init(_ document: Document, source: String) throws(EngineError) {
    func missing(_ key: String) -> EngineError { EngineError("\(source): \(key) is missing or malformed") }
    guard let version = document["version"]?.number else { throw missing("version") }
    guard version == Self.version else {
      throw EngineError(
        "\(source): version \(version) was written by another roost; this one knows \(Self.version)")
    }
    guard let phase = document["phase"]?.text.flatMap(Phase.init(rawValue:)) else { throw missing("phase") }
    guard let pid = document["pid"]?.number.flatMap(Int32.init(exactly:)) else { throw missing("pid") }
    guard let ticks = document["startTicks"]?.text.flatMap({ UInt64($0) }) else {
      throw missing("startTicks")
    }
    guard let started = document["startedNanoseconds"]?.number else { throw missing("startedNanoseconds") }
    guard let finished = document["finishedNanoseconds"]?.number else { throw missing("finishedNanoseconds") }
    guard let code = document["exitCode"]?.number.flatMap(Int32.init(exactly:)) else {
      throw missing("exitCode")
    }
    guard let outOfMemory = document["outOfMemory"]?.flag else { throw missing("outOfMemory") }
    self.phase = phase
    self.pid = pid
    startTicks = ticks
    bootID = document["bootID"]?.text ?? ""
    startedNanoseconds = started
    finishedNanoseconds = finished
    exitCode = code
    self.outOfMemory = outOfMemory
    error = document["error"]?.text ?? ""
  }
}
