// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Cgroups
public import JSON
internal import Linux
internal import OCI

/// What the state directory keeps about a container, enough to find and remove everything that belongs to it.
///
/// Written before the first side effect, replaced atomically at every change. Two lines of JSON: those who only look at
/// containers, all of them maybe, read the first one.
public struct Record: Equatable, Sendable {
  /// Readers refuse a record of another version by name instead of guessing.
  static let version = 3

  public var summary: RecordSummary
  public var cgroups: [CgroupRecord] = [] {
    didSet { summary.freezer = cgroupSet.freezer }
  }
  /// The unit of systemd that the cgroups belong to.
  public var unit: UnitRecord?
  /// Whether the process lives in a user namespace, which `exec` must enter through a stage.
  public var hasUserNamespace: Bool
  /// Whether the configuration has hooks, which later operations then must read.
  public var hasHooks: Bool
  /// Whether there is a program to start.
  public var hasProcess: Bool
  /// Directories of the resctrl file system that are the container's own, outer ones first.
  public var resctrl: [String] = []

  /// Of a container that is about to be made.
  init(_ spec: Spec, id: String, bundle: String) throws(RuntimeError) {
    let root = spec.root?.path ?? ""
    summary = RecordSummary(
      ociVersion: spec.ociVersion, id: id, phase: .creating, bundle: bundle,
      rootfs: root.utf8.first == UInt8(ascii: "/") ? root : bundle + "/" + root, created: Timestamp.now(),
      owner: effectiveUserID(), bootID: try BootID.current(), annotations: spec.annotations)
    hasUserNamespace = spec.linux?.namespace(.user) != nil
    hasHooks = spec.hooks.map { !$0.isEmpty } ?? false
    hasProcess = spec.process != nil
  }

  var cgroupSet: CgroupSet { CgroupSet(records: cgroups, unit: unit) }
}

extension Record {
  /// The text of the record.
  public var encoded: [UInt8] {
    var writer = JSONWriter()
    writer.object { json in
      json.member("hasUserNamespace", hasUserNamespace)
      json.member("hasHooks", hasHooks)
      json.member("hasProcess", hasProcess)
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
    }
    let lineFeed = [UInt8(ascii: "\n")]
    return summary.encoded + lineFeed + writer.bytes + lineFeed
  }

  /// Positions instead of names: ten hierarchies are most of a record.
  private static func encode(_ cgroup: CgroupRecord, to json: inout JSONWriter) {
    var positions = [cgroup.hierarchy, cgroup.mountPoint, cgroup.path]
    if cgroup.createdFrom != cgroup.path { positions.append(cgroup.createdFrom) }
    json.array(of: positions) { $0.value($1) }
  }

  /// Reads a record back. The source of an error is the caller's to name.
  public init(decoding bytes: [UInt8]) throws(JSONError) {
    let line = try JSONDocument(lineOf: bytes, source: "")
    summary = try RecordSummary(line, of: bytes)
    let json = try JSONDocument(lineOf: bytes, from: line.end, source: "").root.object()
    hasUserNamespace = try json.required("hasUserNamespace").bool()
    hasHooks = try json.required("hasHooks").bool()
    hasProcess = try json.required("hasProcess").bool()
    resctrl = try json.strings("resctrl") ?? []
    cgroups = try json.required("cgroups").list(Record.cgroup)
    unit = try json["unit"].map(Record.unit)
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
