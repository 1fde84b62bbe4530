// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// One thing that the kernel says about a running container, beside what was asked for.
public struct LiveFact: Equatable, Sendable {
  /// What it is about.
  public enum Area: String, CaseIterable, Sendable {
    case namespaces, mounts, cgroups, limits, identity, rights, network
  }

  public var area: Area
  public var name: String
  /// nil: the configuration says nothing about it.
  public var asked: String?
  /// nil: there is no such thing.
  public var actual: String?
  /// Whether the two contradict each other.
  public var differs: Bool

  init(_ area: Area, _ name: String, asked: String?, actual: String?, differs: Bool? = nil) {
    self.area = area
    self.name = name
    self.asked = asked
    self.actual = actual
    self.differs = differs ?? (asked != nil && asked != actual)
  }
}

/// What the kernel says about a running container.
public struct LiveReport: Equatable, Sendable {
  public var name: String
  /// The first process, as the host numbers it.
  public var pid: Int32
  public var facts: [LiveFact]

  public var differences: Int { facts.count { $0.differs } }

  /// Columns by area; lines that start with `!` differ from what was asked for.
  public func text() -> String {
    var text = "\(name), process \(pid)\n"
    for area in LiveFact.Area.allCases {
      let rows = facts.filter { $0.area == area }.map { fact in
        [
          fact.differs ? "!" : " ", fact.name.withoutControlCharacters,
          (fact.asked ?? "–").withoutControlCharacters, (fact.actual ?? "–").withoutControlCharacters,
        ]
      }
      guard !rows.isEmpty else { continue }
      text +=
        "\n"
        + Table.text(header: [" ", area.rawValue.uppercased(), "ASKED FOR", "THE KERNEL SAYS"], rows: rows)
    }
    let count = differences
    let end =
      count == 0
      ? "all as asked for" : "\(count) difference\(count == 1 ? "" : "s"), marked with !"
    return text + "\n" + end + "\n"
  }

  public var document: Document {
    .record([
      .init("Name", .string(name)), .init("Pid", .integer(Int64(pid))),
      .init("Differences", .integer(Int64(differences))),
      .init(
        "Facts",
        .list(
          facts.map {
            .record([
              .init("Area", .string($0.area.rawValue)), .init("Name", .string($0.name)),
              .init("Asked", .optional($0.asked)), .init("Actual", .optional($0.actual)),
              .init("Differs", .bool($0.differs)),
            ])
          })),
    ])
  }
}

extension ContainerEngine {
  /// Asks the kernel about a running container. Changes nothing.
  ///
  /// - Throws: ``EngineError`` when it does not run, or when the kernel does not answer this caller.
  public func live(_ name: String) throws(EngineError) -> LiveReport {
    let view = try view(name)
    guard view.isAlive, view.state.pid > 0 else {
      throw EngineError(
        "\(name.quoted): the container does not run, so that the kernel has nothing to say about it")
    }
    let exposition = try exposition(container: name)
    let reader = LiveReader(pid: view.state.pid, exposition: exposition)
    let facts: [LiveFact]
    do { facts = try reader.read() } catch {
      throw EngineError("process \(view.state.pid) of \(view.record.name): \(error)")
    }
    // A process that has ended meanwhile may have left its number to another.
    guard try self.view(name).isAlive else {
      throw EngineError("\(name.quoted): the container has just ended")
    }
    return LiveReport(name: view.record.name, pid: view.state.pid, facts: facts)
  }

  /// What `inspect --live` prints.
  ///
  /// - Parameter format: nil for columns, `json` for one line each, or a template.
  public func inspectLive(_ names: [String], format: String?) throws(EngineError) -> (
    text: String, errors: [EngineError]
  ) {
    var reports: [LiveReport] = []
    var errors: [EngineError] = []
    for name in names {
      do { reports.append(try live(name)) } catch { errors.append(error) }
    }
    guard let format else { return (reports.map { $0.text() }.joined(separator: "\n"), errors) }
    return (try Self.text(of: reports.map(\.document), format: format), errors)
  }
}
