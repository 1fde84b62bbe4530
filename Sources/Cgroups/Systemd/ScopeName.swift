// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A `linux.cgroupsPath` in systemd's form, `slice:prefix:name`: a scope `prefix-name.scope` in a slice.
struct ScopeName: Equatable {
  let slice: String
  let unit: String

  /// - Parameters:
  ///   - path: nil for the container's id in the slice that the manager gives to such things.
  init(_ path: String?, id: String, manager: SystemdManager.Kind) throws(CgroupError) {
    let defaultSlice = manager == .system ? "system.slice" : "user.slice"
    guard let path, !path.isEmpty else {
      slice = defaultSlice
      unit = try ScopeName.unit(prefix: "roost", name: id)
      return
    }
    let parts = path.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard parts.count == 3, !parts[2].isEmpty else {
      throw CgroupError(
        .invalidPath, field: CgroupPath.field,
        "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"\(path)\" instead"
      )
    }
    slice = parts[0].isEmpty ? defaultSlice : parts[0]
    unit = try ScopeName.unit(prefix: parts[1], name: parts[2])
    _ = try ScopeName.path(ofSlice: slice)
  }

  private static func unit(prefix: String, name: String) throws(CgroupError) -> String {
    if name.hasSuffix(".slice") {
      throw CgroupError(
        .invalidPath, field: CgroupPath.field,
        "\"\(name)\" is a slice, and processes live in scopes: give the container's own name")
    }
    let unit: String
    if prefix.isEmpty {
      unit = name.hasSuffix(".scope") ? name : name + ".scope"
    } else {
      unit = "\(prefix)-\(name).scope"
    }
    // systemd.unit(5): letters, digits these, and "@" before an instance.
    let isValid = unit.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: ":-_.\\@".utf8.contains(byte)
      }
    }
    guard isValid, unit.utf8.count <= 255 else {
      throw CgroupError(
        .invalidPath, field: CgroupPath.field,
        "\"\(unit)\" is not a unit's name: it may have letters, digits and :-_.\\, and 255 bytes")
    }
    return unit
  }

  /// Where the unit's cgroup will be below the manager's own: `/a.slice/a-b.slice/prefix-name.scope`.
  var path: String {
    get throws(CgroupError) {
      let parent = try ScopeName.path(ofSlice: slice)
      return parent == "/" ? "/" + unit : parent + "/" + unit
    }
  }

  /// The names of slices are paths: `a-b.slice` is in `a.slice` (systemd.slice(5)). `-.slice` is the root.
  static func path(ofSlice slice: String) throws(CgroupError) -> String {
    func invalid() -> CgroupError {
      CgroupError(.invalidPath, field: CgroupPath.field, "invalid slice name: \"\(slice)\"")
    }
    guard slice.hasSuffix(".slice"), slice.utf8.count > 6, !slice.utf8.contains(UInt8(ascii: "/")) else {
      throw invalid()
    }
    let name = slice.utf8.dropLast(6)
    if name.elementsEqual("-".utf8) { return "/" }
    var path = ""
    var prefix = ""
    for component in name.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false) {
      if component.isEmpty { throw invalid() }
      prefix += (prefix.isEmpty ? "" : "-") + String(decoding: component, as: UTF8.self)
      path += "/" + prefix + ".slice"
    }
    return path
  }
}
