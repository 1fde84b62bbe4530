// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A checked `linux.cgroupsPath`, the same for every hierarchy.
struct CgroupPath: Equatable {
  /// Below the root of the hierarchy; otherwise below the caller's own cgroup.
  var isAbsolute: Bool
  /// Components joined by slashes, none at either end; never empty, `.` or `..`.
  var relative: String

  static let field = "/linux/cgroupsPath"

  /// The rules of the specification and of runc's cgroupfs driver, except that `..` is refused, not cut off.
  ///
  /// - Parameter id: the container's, used where no path is given.
  init(_ path: String?, id: String) throws(CgroupError) {
    let isDefault = path?.isEmpty ?? true
    let text = isDefault ? id : path ?? id
    let field = isDefault ? "" : CgroupPath.field
    isAbsolute = text.utf8.first == UInt8(ascii: "/")
    var components: [Substring] = []
    for component in text.utf8.split(separator: UInt8(ascii: "/")) {
      if component.elementsEqual(".".utf8) { continue }
      if component.elementsEqual("..".utf8) {
        throw CgroupError(.invalidPath, field: field, "\"\(text)\" contains \"..\"")
      }
      // The kernel refuses a line feed in a cgroup's name, and a name ends at NUL.
      if component.contains(0) || component.contains(UInt8(ascii: "\n")) {
        throw CgroupError(.invalidPath, field: field, "\"\(text)\" contains a NUL or a line feed")
      }
      if component.count > 255 {
        throw CgroupError(.invalidPath, field: field, "\"\(text)\" has a component of over 255 bytes")
      }
      components.append(Substring(component))
    }
    if components.isEmpty {
      throw CgroupError(
        .invalidPath, field: field,
        "\"\(text)\" is the root of the hierarchy, which cannot be a container's cgroup")
    }
    relative = components.joined(separator: "/")
  }

  /// The path below a hierarchy's mount point, starting with `/`.
  ///
  /// A relative path of version 2 starts beside the caller's own cgroup instead of below it, as with runc: processes
  /// live in the leaves there, and the caller's own cgroup has one.
  func resolved(in hierarchy: CgroupHierarchy) throws(CgroupError) -> String {
    if isAbsolute { return "/" + relative }
    if let base = hierarchy.base { return base == "/" ? "/" + relative : base + "/" + relative }
    guard let own = hierarchy.ownPath else {
      throw CgroupError(
        .invalidPath, field: CgroupPath.field,
        "the caller's own cgroup in the hierarchy \(hierarchy.name) is outside its cgroup namespace, "
          + "so a path cannot start there; give an absolute path")
    }
    let base = hierarchy.version == .v2 ? parentPath(own) : own
    return base == "/" ? "/" + relative : base + "/" + relative
  }
}

/// The directory that a cgroup is in; `/` for the root itself.
func parentPath(_ path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.utf8.startIndex else {
    return "/"
  }
  return String(path[..<slash])
}
