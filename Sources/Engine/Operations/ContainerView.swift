// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// A container as it is now: its record, its recorded state, and what the kernel says about its process.
public struct ContainerView: Sendable {
  public let record: ContainerRecord
  public let state: ContainerState
  /// Whether its process runs, or is being started by a process that lives.
  public let isAlive: Bool

  /// Looks at a container; nil when it was never finished, or went away meanwhile.
  init?(_ directory: borrowing ContainerDirectory) throws(EngineError) {
    guard let record = try directory.readRecord() else { return nil }
    let hasMonitor = try directory.hasMonitor()
    // After the question, so that a state that a monitor wrote before it ended is the one that is read.
    var state = try directory.readState()
    var isAlive = hasMonitor && state.phase != .exited
    if !hasMonitor, state.phase == .running {
      do {
        isAlive = try Liveness.open(state) != nil
      } catch {
        throw EngineError("\(directory.path): \(error)")
      }
    }
    if !isAlive, state.phase != .exited {
      // Whoever watched over it was killed, so nobody knows how it ended.
      state.phase = .exited
      state.exitCode = Self.unknownExitCode
      state.error = "the process that watched over the container was killed"
    }
    self.record = record
    self.state = state
    self.isAlive = isAlive
  }

  /// The exit code of a container whose end nobody saw.
  static let unknownExitCode: Int32 = 255

  /// One of Docker's words: `created`, `running`, `exited`.
  public var status: String { state.phase.rawValue }

  /// The status in a table's words: `Up 5 minutes`, `Exited (0) 2 hours ago`.
  public func statusText(now: Int64) -> String {
    switch state.phase {
    case .created: return "Created"
    case .running: return "Up " + Timestamp.duration(nanoseconds: now - state.startedNanoseconds)
    case .exited:
      if state.finishedNanoseconds == 0 { return "Exited (unknown)" }
      return
        "Exited (\(state.exitCode)) \(Timestamp.duration(nanoseconds: now - state.finishedNanoseconds)) ago"
    }
  }

  /// What `inspect` prints: the record with the state in Docker's place.
  public var document: Document {
    guard var members = record.document.members else { return record.document }
    let state = Document.record([
      .init("Status", .string(status)),
      .init("Running", .bool(self.state.phase == .running)),
      .init("Paused", .bool(false)),
      .init("Restarting", .bool(false)),
      .init("OOMKilled", .bool(self.state.outOfMemory)),
      .init("Dead", .bool(false)),
      .init("Pid", .integer(self.state.phase == .running ? Int64(self.state.pid) : 0)),
      .init("ExitCode", .integer(Int64(self.state.exitCode))),
      .init("Error", .string(self.state.error)),
      .init("StartedAt", .string(Timestamp.rfc3339(self.state.startedNanoseconds))),
      .init("FinishedAt", .string(Timestamp.rfc3339(self.state.finishedNanoseconds))),
    ])
    let place = members.firstIndex { $0.key == "Image" } ?? members.endIndex
    members.insert(.init("State", state), at: place)
    return .record(members)
  }

  /// A row of `ps`, with Docker's field names.
  ///
  /// - Parameters:
  ///   - now: Nanoseconds since 1970.
  ///   - full: Whether ids and commands are shown whole.
  public func row(now: Int64, full: Bool) -> Document {
    let command = record.command.joined(separator: " ")
    // What a container's maker typed may hold anything; a table is for a terminal.
    let shownCommand =
      full || command.count <= 20 ? command.quoted : (String(command.prefix(19)) + "…").quoted
    let mounts = (record.document["Mounts"]?.elements ?? []).compactMap { $0["Source"]?.text }
    return .record([
      .init("Command", .string(shownCommand)),
      .init("CreatedAt", .string(Timestamp.plain(record.createdNanoseconds))),
      .init("ID", .string(full ? record.id : ContainerName.short(record.id))),
      .init("Image", .string(record.root.hasControlCharacter ? record.root.quoted : record.root)),
      .init(
        "Labels", .string(record.labels.map { "\($0.key)=\($0.value.text ?? "")" }.joined(separator: ","))),
      .init("LocalVolumes", .string("0")),
      .init("Mounts", .string(mounts.joined(separator: ","))),
      .init("Names", .string(record.name)),
      .init("Networks", .string(record.document["HostConfig"]?["NetworkMode"]?.text ?? "")),
      .init("Ports", .string("")),
      .init("RunningFor", .string(Timestamp.duration(nanoseconds: now - record.createdNanoseconds) + " ago")),
      .init("Size", .string("0B")),
      .init("State", .string(status)),
      .init("Status", .string(statusText(now: now))),
    ])
  }
}

extension ContainerEngine {
  /// All containers, the newest first, and an error for each whose files cannot be read.
  ///
  /// - Parameter all: Whether those that do not run are included.
  public func list(all: Bool) throws(EngineError) -> (containers: [ContainerView], errors: [EngineError]) {
    let store = try Store(location)
    var result: [ContainerView] = []
    var errors: [EngineError] = []
    for id in try store.ids() {
      do throws(EngineError) {
        guard let directory = try store.open(id), let view = try ContainerView(directory) else { continue }
        if all || view.state.phase == .running { result.append(view) }
      } catch {
        errors.append(error)
      }
    }
    result.sort {
      ($0.record.createdNanoseconds, $0.record.id) > ($1.record.createdNanoseconds, $1.record.id)
    }
    return (result, errors)
  }

  /// One container by name, id or the beginning of its id.
  public func view(_ name: String) throws(EngineError) -> ContainerView {
    let store = try Store(location)
    let directory = try store.find(name)
    guard let view = try ContainerView(directory) else {
      throw EngineError(
        "\(name.quoted): the container was never finished; `roost rm \(name)` removes what is left")
    }
    return view
  }
}
