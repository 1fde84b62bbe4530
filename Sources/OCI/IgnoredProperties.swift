// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import JSON

extension Spec {
  /// The properties of a configuration that decoding ignores, as JSON pointers in document order: those that the
  /// specification does not know, and those of other platforms.
  ///
  /// For `lint`; starting a container does not need it.
  public static func ignoredProperties(of document: JSONDocument) -> [String] {
    var pointers: [String] = []
    PropertyTree.spec.collectIgnored(in: document.root, at: "", into: &pointers)
    return pointers
  }
}

/// The names of the properties that decoding reads, and what their values are made of.
private indirect enum PropertyTree: Sendable {
  /// A value without named properties, or an object with free keys and plain values.
  case plain
  case object([String: PropertyTree])
  /// An array's elements.
  case list(PropertyTree)
  /// The values of an object with free keys.
  case map(PropertyTree)

  func collectIgnored(in value: JSONValue, at pointer: String, into pointers: inout [String]) {
    switch self {
    case .plain:
      return
    case .object(let properties):
      // Values of other types are for decoding to report.
      guard let object = value.objectOrNil else { return }
      for member in object.members {
        let place = JSONPointer.appending(member.key, to: pointer)
        if let tree = properties[member.key] {
          tree.collectIgnored(in: member.value, at: place, into: &pointers)
        } else {
          pointers.append(place)
        }
      }
    case .list(let element):
      guard let array = value.arrayOrNil else { return }
      for (index, value) in array.enumerated() {
        element.collectIgnored(in: value, at: "\(pointer)/\(index)", into: &pointers)
      }
    case .map(let tree):
      guard let object = value.objectOrNil else { return }
      for member in object.members {
        tree.collectIgnored(
          in: member.value, at: JSONPointer.appending(member.key, to: pointer), into: &pointers)
      }
    }
  }

  /// An object of properties without properties of their own, and some that have.
  private static func record(_ plain: String, _ nested: [String: PropertyTree] = [:]) -> PropertyTree {
    var properties = nested
    for key in plain.split(separator: " ") { properties[String(key)] = .plain }
    return .object(properties)
  }

  static let spec = record(
    "ociVersion hostname domainname annotations",
    [
      "root": record("path readonly"), "process": process, "linux": linux,
      "mounts": .list(
        record("destination type source options", ["uidMappings": mappings, "gidMappings": mappings])),
      "hooks": .object(
        Dictionary(
          uniqueKeysWithValues: [
            "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
          ].map { ($0, .list(record("path args env timeout"))) })),
    ])

  private static let mappings = PropertyTree.list(record("containerID hostID size"))

  private static let process = record(
    "terminal args env cwd noNewPrivileges apparmorProfile selinuxLabel oomScoreAdj",
    [
      "consoleSize": record("height width"), "user": record("uid gid umask additionalGids"),
      "capabilities": record("bounding effective inheritable permitted ambient"),
      "rlimits": .list(record("type soft hard")),
      "scheduler": record("policy nice priority flags runtime deadline period"),
      "ioPriority": record("class priority"), "execCPUAffinity": record("initial final"),
    ])

  private static let linux = record(
    "cgroupsPath rootfsPropagation maskedPaths readonlyPaths sysctl mountLabel",
    [
      "namespaces": .list(record("type path")), "timeOffsets": .map(record("secs nanosecs")),
      "devices": .list(record("type path major minor fileMode uid gid")), "netDevices": .map(record("name")),
      "resources": resources, "seccomp": seccomp, "personality": record("domain flags"),
      "intelRdt": record("closID schemata l3CacheSchema memBwSchema enableMonitoring"),
      "memoryPolicy": record("mode nodes flags"), "uidMappings": mappings, "gidMappings": mappings,
    ])

  private static let resources = record(
    "unified",
    [
      "devices": .list(record("allow type major minor access")),
      "memory": record(
        "limit reservation swap kernel kernelTCP swappiness disableOOMKiller useHierarchy checkBeforeUpdate"),
      "cpu": record("shares quota burst period realtimeRuntime realtimePeriod cpus mems idle"),
      "pids": record("limit"), "blockIO": blockIO, "hugepageLimits": .list(record("pageSize limit")),
      "network": record("classID", ["priorities": .list(record("name priority"))]),
      "rdma": .map(record("hcaHandles hcaObjects")),
    ])

  private static let blockIO = record(
    "weight leafWeight",
    [
      "weightDevice": .list(record("major minor weight leafWeight")),
      "throttleReadBpsDevice": .list(record("major minor rate")),
      "throttleWriteBpsDevice": .list(record("major minor rate")),
      "throttleReadIOPSDevice": .list(record("major minor rate")),
      "throttleWriteIOPSDevice": .list(record("major minor rate")),
    ])

  private static let seccomp = record(
    "defaultAction defaultErrnoRet architectures flags listenerPath listenerMetadata",
    ["syscalls": .list(record("names action errnoRet", ["args": .list(record("index value valueTwo op"))]))])
}
