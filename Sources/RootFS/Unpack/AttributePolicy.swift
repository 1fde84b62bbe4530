// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// Which extended attributes an archive may set.
///
/// File capabilities and the user's own attributes carry meaning for programs. Everything else is the host's
/// business: security labels, access control lists, `trusted.*`, and the attributes by which overlayfs finds the
/// lower file of an upper one (`trusted.overlay.*`, `user.overlay.*`), with which an archive could name any file.
enum AttributePolicy {
  static func isAllowed(_ name: String, asRoot: Bool) -> Bool {
    if name == "security.capability" { return asRoot }
    return name.utf8.starts(with: "user.".utf8) && !name.utf8.starts(with: "user.overlay.".utf8)
  }

  /// Sets the attribute if it is allowed and the file system knows such attributes.
  ///
  /// - Returns: whether it was set.
  static func set(
    _ attribute: TarEntry.Attribute, on file: FD, asRoot: Bool
  ) throws(RootFSError) -> Bool {
    guard let name = String(validating: attribute.name, as: UTF8.self), isAllowed(name, asRoot: asRoot) else {
      return false
    }
    do throws(SyscallError) {
      try fsetxattr(file, name, attribute.value)
      return true
    } catch {
      if error.errno == .notSupported { return false }
      throw .system("set the extended attribute \(quoted(name))", errno: error.errno.rawValue)
    }
  }
}
