// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Cgroups
public import JSON
public import OCI

/// What the state directory keeps about a container, enough to find and remove everything that belongs to it.
///
/// Written before the first side effect, replaced atomically at every change.
public struct Record: Equatable, Sendable {
  /// Readers refuse a record of another version by name instead of guessing.
  public static let version = 2
  /// More bytes than any record has.
  static let sizeLimit = 16 << 20

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
  public var cgroups: [CgroupRecord]
  /// The unit of systemd that the cgroups belong to.
  public var unit: UnitRecord?
  public var annotations: [KeyValue]
  /// Whether the process lives in a user namespace, which `exec` must enter through a stage.
  public var hasUserNamespace: Bool
  /// Whether the configuration has hooks, which later operations then must read.
  public var hasHooks: Bool
  /// Whether there is a program to start.
  public var hasProcess = true
  /// Directories of the resctrl file system that are the container's own, outer ones first.
  public var resctrl: [String] = []

  public init(
    ociVersion: String, id: String, phase: Phase, bundle: String, rootfs: String, created: String,
    owner: UInt32, bootID: String, cgroups: [CgroupRecord], annotations: [KeyValue], hasUserNamespace: Bool,
    hasHooks: Bool
  ) {
    self.ociVersion = ociVersion
    self.id = id
    self.phase = phase
    self.bundle = bundle
    self.rootfs = rootfs
    self.created = created
    self.owner = owner
    self.bootID = bootID
    self.cgroups = cgroups
    self.annotations = annotations
    self.hasUserNamespace = hasUserNamespace
    self.hasHooks = hasHooks
  }
}

extension Record {
  /// The JSON text of the record.
  public var encoded: [UInt8] {
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
      json.member("hasUserNamespace", hasUserNamespace)
      json.member("hasHooks", hasHooks)
      if !hasProcess { json.member("hasProcess", false) }
      if !resctrl.isEmpty { json.member("resctrl", resctrl) }
      json.member("cgroups") { $0.array(of: cgroups) { json, cgroup in Record.encode(cgroup, to: &json) } }
      if let unit {
        json.member("unit") { json in
          json.object { json in
            json.member("name", unit.name)
            json.member("manager", unit.manager.rawValue)
            json.member("description", unit.description)
          }
        }
      }
      json.member("annotations") { json in
        json.object { json in
          for pair in annotations { json.member(pair.key, pair.value) }
        }
      }
    }
    return writer.bytes
  }

  /// Positions instead of names: ten hierarchies are most of a record, and `list` reads those of all containers.
  private static func encode(_ cgroup: CgroupRecord, to json: inout JSONWriter) {
    var positions = [cgroup.hierarchy, cgroup.mountPoint, cgroup.path]
    if cgroup.createdFrom != cgroup.path { positions.append(cgroup.createdFrom) }
    json.array(of: positions) { $0.value($1) }
  }

  /// Reads a record back.
  ///
  /// - Parameter source: the file, for messages.
  public init(decoding bytes: [UInt8], source: String) throws(JSONError) {
    let json = try JSONDocument(bytes, source: source).root.object()
    let version: Int = try json.required("version").integer(in: 0...1_000_000)
    guard version == Record.version else {
      throw try json.required("version").error(
        "is \(version), and this runtime reads version \(Record.version)")
    }
    let phaseValue = try json.required("phase")
    guard let phase = Phase(rawValue: try phaseValue.string()) else {
      throw phaseValue.error("is not a phase")
    }
    self.init(
      ociVersion: try json.required("ociVersion").string(), id: try json.required("id").string(),
      phase: phase,
      bundle: try json.required("bundle").string(), rootfs: try json.required("rootfs").string(),
      created: try json.required("created").string(),
      owner: try json.required("owner").integer(in: 0...UInt32.max),
      bootID: try json.required("bootID").string(),
      cgroups: try json.required("cgroups").list(Record.cgroup), annotations: [],
      hasUserNamespace: try json.required("hasUserNamespace").bool(),
      hasHooks: try json.required("hasHooks").bool())
    if let pid = json["pid"] {
      process = ProcessIdentity(
        pid: try pid.integer(in: 1...Int32.max),
        startTime: try json.required("startTime").integer(in: 0...UInt64.max),
        inode: try json["pidfdInode"]?.integer(in: 0...UInt64.max))
    }
    unit = try json["unit"].map(Record.unit)
    hasProcess = try json.bool("hasProcess") ?? true
    resctrl = try json.strings("resctrl") ?? []
    for member in try json.required("annotations").object().members {
      annotations.append(KeyValue(member.key, try member.value.string()))
    }
  }

  private static func unit(_ value: JSONValue) throws(JSONError) -> UnitRecord {
    let json = try value.object()
    let managerValue = try json.required("manager")
    guard let manager = SystemdManager.Kind(rawValue: try managerValue.string()) else {
      throw managerValue.error("is neither system nor user")
    }
    return UnitRecord(
      name: try json.required("name").string(), manager: manager,
      description: try json.required("description").string())
  }

  private static func cgroup(_ value: JSONValue) throws(JSONError) -> CgroupRecord {
    let positions = try value.strings()
    guard 3...4 ~= positions.count else {
      throw value.mismatch(expected: "hierarchy, mount point, path and the topmost directory made")
    }
    return CgroupRecord(
      hierarchy: positions[0], mountPoint: positions[1], path: positions[2], createdFrom: positions.last ?? ""
    )
  }
}
