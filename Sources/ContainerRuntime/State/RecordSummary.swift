// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Cgroups
internal import JSON
internal import Linux
public import OCI

/// What can be said of a container without touching it: all that `state` and `list` need of its record.
public struct RecordSummary: Equatable, Sendable {
  /// How far the container has come. Whether it still runs is asked of the kernel.
  public enum Phase: String, Sendable {
    case creating, created, running
  }

  public var ociVersion: String
  public var id: String
  public var phase: Phase
  public var bundle: String
  public var rootfs: String
  /// RFC 3339 in UTC.
  public var created: String
  /// The user id that made the container.
  public var owner: UInt32
  /// The kernel's boot id: after a reboot no process id in here means anything.
  public var bootID: String
  /// Nil before the process exists.
  public var process: ProcessIdentity?
  /// What stops its processes; nil where no cgroup can.
  public var freezer: Freezer?
  public var annotations: [KeyValue]

  public init(
    ociVersion: String, id: String, phase: Phase, bundle: String, rootfs: String, created: String,
    owner: UInt32,
    bootID: String, annotations: [KeyValue]
  ) {
    self.ociVersion = ociVersion
    self.id = id
    self.phase = phase
    self.bundle = bundle
    self.rootfs = rootfs
    self.created = created
    self.owner = owner
    self.bootID = bootID
    self.annotations = annotations
  }
}

// MARK: Now

extension RecordSummary {
  /// Asks the kernel whether the process still runs.
  func status() throws(RuntimeError) -> ContainerStatus {
    guard let process else { return phase == .creating ? .creating : .stopped }
    if try bootID != BootID.current() { return .stopped }
    do throws(SyscallError) {
      if try !process.isAlive() { return .stopped }
    } catch { throw RuntimeError(error, "state of \(id)") }
    switch phase {
    case .creating: return .creating
    case .created: return try isFrozen() ? .paused : .created
    case .running: return try isFrozen() ? .paused : .running
    }
  }

  private func isFrozen() throws(RuntimeError) -> Bool {
    guard let freezer else { return false }
    return try cgroupOperation { () throws(CgroupError) in try freezer.isFrozen() }
  }

  /// The state that callers see (`runtime.md`, "Query State").
  func state() throws(RuntimeError) -> State { state(try status()) }

  func state(_ status: ContainerStatus) -> State {
    State(
      ociVersion: ociVersion, id: id, status: status, pid: status == .stopped ? 0 : process?.pid ?? 0,
      bundle: bundle,
      rootfs: rootfs, created: created, owner: UserName.of(owner), annotations: annotations)
  }
}

// MARK: JSON

extension RecordSummary {
  /// One line of JSON, without its line feed.
  var encoded: [UInt8] {
    var writer = JSONWriter()
    writer.object { json in
      json.member("version", Record.version)
      json.member("ociVersion", ociVersion)
      json.member("id", id)
      json.member("phase", phase.rawValue)
      json.member("bundle", bundle)
      json.member("rootfs", rootfs)
      json.member("created", created)
      json.member("owner", owner)
      json.member("bootID", bootID)
      json.member("pid", process?.pid)
      json.member("startTime", process?.startTime)
      json.member("pidfdInode", process?.inode)
      json.member("freezer", freezer?.file)
      if annotations.isEmpty { return }
      json.member("annotations") { json in
        json.object { json in
          for pair in annotations { json.member(pair.key, pair.value) }
        }
      }
    }
    return writer.bytes
  }

  /// Reads the first line of a record, and nothing else of it. The source of an error is the caller's to name.
  init(decoding record: [UInt8]) throws(JSONError) {
    try self.init(JSONDocument(lineOf: record, source: ""), of: record)
  }

  /// - Parameter line: the first one of a record.
  init(_ line: JSONDocument, of record: [UInt8]) throws(JSONError) {
    let json = try line.root.object()
    // Other versions may have other members.
    let version = try json.required("version")
    guard try version.integer(in: 0...1_000_000) == Record.version else {
      throw version.error("is not \(Record.version), the version that this runtime reads")
    }
    let lineFeed = UInt8(ascii: "\n")
    guard line.end < record.count - 1, record[line.end] == lineFeed, record.last == lineFeed else {
      throw json.value.error("the record's second line is missing or cut off")
    }
    let phase = try json.required("phase")
    guard let known = Phase(rawValue: try phase.string()) else { throw phase.error("is not a phase") }
    self.init(
      ociVersion: try json.required("ociVersion").string(), id: try json.required("id").string(),
      phase: known,
      bundle: try json.required("bundle").string(), rootfs: try json.required("rootfs").string(),
      created: try json.required("created").string(),
      owner: try json.required("owner").integer(in: 0...UInt32.max),
      bootID: try json.required("bootID").string(), annotations: [])
    if let pid = json["pid"] {
      process = ProcessIdentity(
        pid: try pid.integer(in: 1...Int32.max),
        startTime: try json.required("startTime").integer(in: 0...UInt64.max),
        inode: try json.integer("pidfdInode"))
    }
    freezer = try json.string("freezer").map(Freezer.init)
    if let members = try json.object("annotations")?.members {
      for member in members { annotations.append(KeyValue(member.key, try member.value.string())) }
    }
  }
}
