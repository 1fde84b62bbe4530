// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import JSON

extension LinuxConfig {
  func validate(at pointer: String) throws(SpecError) {
    try validateNamespaces(at: "\(pointer)/namespaces")
    try validateMappings(at: pointer)
    try validateTimeOffsets(at: "\(pointer)/timeOffsets")
    try validateDevices(at: "\(pointer)/devices")
    try validateNetDevices(at: "\(pointer)/netDevices")
    try validateCgroupsPath(at: "\(pointer)/cgroupsPath")
    try resources?.validate(at: "\(pointer)/resources")
    try validateHiddenPaths(maskedPaths, at: "\(pointer)/maskedPaths")
    try validateHiddenPaths(readonlyPaths, at: "\(pointer)/readonlyPaths")
    for pair in sysctl {
      try validateSysctl(pair, at: JSONPointer.appending(pair.key, to: "\(pointer)/sysctl"))
    }
    try validateMountLabel(at: "\(pointer)/mountLabel")
    try check(
      personality?.flags.isEmpty ?? true, "\(pointer)/personality/flags",
      "the specification defines no personality flags")
    try intelRdt?.validate(at: "\(pointer)/intelRdt")
    try memoryPolicy?.validate(at: "\(pointer)/memoryPolicy")
  }

  private func validateNamespaces(at pointer: @autoclosure () -> String) throws(SpecError) {
    for (index, namespace) in namespaces.enumerated() {
      try check(
        !namespaces[..<index].contains { $0.type == namespace.type }, "\(pointer())/\(index)/type",
        "a second \(namespace.type.rawValue) namespace")
      if let path = namespace.path { try checkAbsolute(path, "\(pointer())/\(index)/path") }
    }
  }

  private func validateMappings(at pointer: String) throws(SpecError) {
    try IDMapping.validate(uidMappings, at: "\(pointer)/uidMappings")
    try IDMapping.validate(gidMappings, at: "\(pointer)/gidMappings")
    guard let user = namespace(.user) else {
      let problem = "needs a user namespace in /linux/namespaces; without one no id is mapped"
      try check(uidMappings.isEmpty, "\(pointer)/uidMappings", problem)
      try check(gidMappings.isEmpty, "\(pointer)/gidMappings", problem)
      return
    }
    // Engines that join a user namespace also pass its mappings; then they may or may not be there.
    guard user.path == nil else { return }
    let problem = "required for a new user namespace, but missing or empty"
    try check(!uidMappings.isEmpty, "\(pointer)/uidMappings", problem)
    try check(!gidMappings.isEmpty, "\(pointer)/gidMappings", problem)
  }

  private func validateTimeOffsets(at pointer: @autoclosure () -> String) throws(SpecError) {
    guard let timeOffsets, timeOffsets.monotonic != nil || timeOffsets.boottime != nil else { return }
    guard let namespace = namespace(.time) else {
      throw SpecError(pointer: pointer(), problem: "needs a time namespace in /linux/namespaces")
    }
    try check(
      namespace.path == nil, pointer(),
      "only a new time namespace has offsets, and this one is joined by its path")
    for (key, offset) in [("monotonic", timeOffsets.monotonic), ("boottime", timeOffsets.boottime)] {
      guard let offset else { continue }
      try check(
        offset.nanosecs <= 999_999_999, "\(pointer())/\(key)/nanosecs",
        "\(offset.nanosecs) is a second or more")
    }
  }

  private func validateDevices(at pointer: @autoclosure () -> String) throws(SpecError) {
    for (index, device) in devices.enumerated() {
      try device.validate(at: "\(pointer())/\(index)")
    }
  }

  private func validateNetDevices(at pointer: String) throws(SpecError) {
    if netDevices.isEmpty { return }
    try check(
      namespace(.network) != nil, pointer, "needs a network namespace in /linux/namespaces to move devices to"
    )
    var names: Set<String> = []
    for device in netDevices {
      let place = JSONPointer.appending(device.hostName, to: pointer)
      try checkInterfaceName(device.hostName, place)
      if let name = device.name { try checkInterfaceName(name, "\(place)/name") }
      let name = device.name ?? device.hostName
      if let percent = name.utf8.firstIndex(of: UInt8(ascii: "%")) {
        // The kernel fills in the number, so that two devices may share the template.
        try check(
          name.utf8[percent...].isEqual(to: "%d"), "\(place)/name",
          "\(quoted(name)) has a % that is not part of %d at its end")
        continue
      }
      try check(
        names.insert(name).inserted, "\(place)/name", "a second device with the name \(quoted(name))")
    }
  }

  private func validateCgroupsPath(at pointer: @autoclosure () -> String) throws(SpecError) {
    guard let cgroupsPath else { return }
    try checkPrintable(cgroupsPath, pointer())
    try check(
      !components(of: cgroupsPath).contains { $0.isEqual(to: "..") }, pointer(),
      "\(quoted(cgroupsPath)) must not contain ..")
  }

  private func validateHiddenPaths(_ paths: [String], at pointer: @autoclosure () -> String) throws(SpecError)
  {
    if paths.isEmpty { return }
    try check(
      namespace(.mount) != nil, pointer(),
      "needs a mount namespace in /linux/namespaces, else it would change the host's mounts")
    for (index, path) in paths.enumerated() {
      try checkAbsolute(path, "\(pointer())/\(index)")
    }
  }

  private func validateSysctl(_ pair: KeyValue, at pointer: @autoclosure () -> String) throws(SpecError) {
    guard let key = SysctlKey(pair.key) else {
      throw SpecError(
        pointer: pointer(), problem: "\(quoted(pair.key)) is not the name of a kernel parameter")
    }
    switch key.scope {
    case .namespace(let type):
      try check(
        namespace(type) != nil, pointer(),
        "needs a namespace of type \(type.rawValue) in /linux/namespaces, else it would change the host")
    case .property(let name):
      throw SpecError(
        pointer: pointer(), problem: "conflicts with the property \(name): set /\(name) instead")
    case .host:
      throw SpecError(
        pointer: pointer(), problem: "is not kept per namespace: setting it would change the host")
    }
    // Tabs separate the numbers of some parameters.
    try checkPrintable(pair.value, except: [0x09], pointer())
  }

  private func validateMountLabel(at pointer: @autoclosure () -> String) throws(SpecError) {
    guard let mountLabel else { return }
    try checkPrintable(mountLabel, pointer())
    // The label stands in quotation marks in the mount's data.
    try check(
      !mountLabel.utf8.contains { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }, pointer(),
      "\(quoted(mountLabel)) must not contain quotation marks or backslashes")
  }
}

extension IDMapping {
  /// The most ranges of a map (`UID_GID_MAP_MAX_EXTENTS`, user_namespaces(7)).
  private static let maximumCount = 340

  static func validate(_ mappings: [IDMapping], at pointer: @autoclosure () -> String) throws(SpecError) {
    try check(
      mappings.count <= maximumCount, pointer(),
      "has \(mappings.count) ranges, the kernel's limit is \(maximumCount)")
    for (index, mapping) in mappings.enumerated() {
      try check(mapping.size > 0, "\(pointer())/\(index)/size", "must be at least 1")
      try mapping.checkEnd(of: mapping.containerID, "\(pointer())/\(index)/containerID")
      try mapping.checkEnd(of: mapping.hostID, "\(pointer())/\(index)/hostID")
      for (earlier, other) in mappings[..<index].enumerated() {
        try check(
          !overlap(mapping.containerID, mapping.size, other.containerID, other.size),
          "\(pointer())/\(index)/containerID", "the range overlaps that of \(pointer())/\(earlier)")
        try check(
          !overlap(mapping.hostID, mapping.size, other.hostID, other.size),
          "\(pointer())/\(index)/hostID", "the range overlaps that of \(pointer())/\(earlier)")
      }
    }
  }

  private func checkEnd(of first: UInt32, _ pointer: @autoclosure () -> String) throws(SpecError) {
    let last = UInt64(first) + UInt64(size) - 1
    try check(
      last <= UInt64(Self.highestID), pointer(),
      "\(size) ids from \(first) on go beyond the highest id, \(Self.highestID)")
  }

  private static func overlap(_ a: UInt32, _ aSize: UInt32, _ b: UInt32, _ bSize: UInt32) -> Bool {
    a >= b ? a - b < bSize : b - a < aSize
  }
}

extension Device {
  func validate(at pointer: @autoclosure () -> String) throws(SpecError) {
    try checkAbsolute(path, "\(pointer())/path")
    try checkPrintable(path, "\(pointer())/path")
    let isClean = components(of: path).dropFirst().allSatisfy { component in
      !component.isEmpty && !component.isEqual(to: ".") && !component.isEqual(to: "..")
    }
    try check(isClean, "\(pointer())/path", "\(quoted(path)) has an empty part, . or .. in it")
    try check(
      major <= Self.highestMajor, "\(pointer())/major", "\(major) is above \(Self.highestMajor)")
    try check(
      minor <= Self.highestMinor, "\(pointer())/minor", "\(minor) is above \(Self.highestMinor)")
    try check(fileMode ?? 0 <= 0o7777, "\(pointer())/fileMode", "\(fileMode ?? 0) is above 4095 (octal 7777)")
    for (key, id) in [("uid", uid), ("gid", gid)] {
      try check(
        id ?? 0 <= IDMapping.highestID, "\(pointer())/\(key)",
        "\(id ?? 0) is not an id; the highest is \(IDMapping.highestID)")
    }
  }
}

extension IntelRdt {
  func validate(at pointer: @autoclosure () -> String) throws(SpecError) {
    if let closID, closID != "/" {
      // It becomes a directory of the resctrl file system.
      let isName = closID != "." && closID != ".." && !closID.utf8.contains(UInt8(ascii: "/"))
      try check(isName, "\(pointer())/closID", "\(quoted(closID)) is not / or the name of a directory")
      try checkPrintable(closID, "\(pointer())/closID")
    }
    try checkPrintable(l3CacheSchema, except: [0x0A], "\(pointer())/l3CacheSchema")
    try checkPrintable(memBwSchema, "\(pointer())/memBwSchema")
    if let memBwSchema {
      try check(
        memBwSchema.utf8.starts(with: "MB:".utf8), "\(pointer())/memBwSchema",
        "\(quoted(memBwSchema)) does not start with MB:")
    }
    for (index, line) in schemata.enumerated() {
      try checkPrintable(line, "\(pointer())/schemata/\(index)")
      try check(!line.isEmpty, "\(pointer())/schemata/\(index)", "is empty")
    }
  }
}

extension MemoryPolicy {
  func validate(at pointer: @autoclosure () -> String) throws(SpecError) {
    if let nodes {
      try check(
        IndexList.isValid(nodes), "\(pointer())/nodes", "\(quoted(nodes)) is not a list of nodes like 0-1,3")
    }
    switch mode {
    case .default, .local:
      try check(nodes == nil, "\(pointer())/nodes", "\(mode.rawValue) takes no nodes")
    case .bind, .interleave, .weightedInterleave, .preferredMany:
      try check(nodes != nil, "\(pointer())/nodes", "\(mode.rawValue) needs at least one node")
    case .preferred:
      break
    }
    try check(
      !(flags.contains(.relativeNodes) && flags.contains(.staticNodes)), "\(pointer())/flags",
      "MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES exclude each other")
  }
}
