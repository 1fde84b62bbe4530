// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Linux

/// A directory that stands for `/`: every path below it is resolved as the container would resolve it.
///
/// Absolute links and `..` cannot lead out of it, magic links of proc(5) are refused, and what comes back is a
/// descriptor, so that nobody can exchange the object between the check and the use (openat2(2),
/// `RESOLVE_IN_ROOT`, Linux 5.6).
public final class RootDirectory: Sendable {
  /// The directory itself.
  public let directory: Descriptor

  /// Takes a directory that is already open.
  public init(owning directory: consuming Descriptor) { self.directory = directory }

  /// Opens a directory of the host by a path that the caller of the program chose.
  public init(hostPath: String) throws(SyscallError) {
    directory = try openat(.workingDirectory, hostPath, [.path, .directory])
  }

  private static let resolve: ResolveFlags = [.inRoot, .noMagicLinks]

  /// Opens what `path` means inside the root; the last component may be a link unless `flags` has `noFollow`.
  public func open(_ path: String, _ flags: OpenFlags) throws(SyscallError) -> Descriptor {
    try openat2(directory.fd, path, flags, resolve: RootDirectory.resolve)
  }

  /// Opens what is at `path` inside the root, and refuses a path with a symbolic link in it (`ELOOP`): for what is given rights
  /// that the root's maker shall not direct elsewhere.
  public func openWithoutLinks(_ path: String, _ flags: OpenFlags) throws(SyscallError) -> Descriptor {
    try openat2(directory.fd, path, flags, resolve: [.inRoot, .noMagicLinks, .noSymlinks])
  }

  /// Opens what `path` means inside the root, or nil where nothing is there.
  public func openIfPresent(_ path: String, _ flags: OpenFlags) throws(SyscallError) -> Descriptor? {
    do throws(SyscallError) {
      return try open(path, flags)
    } catch {
      if error.errno == .noEntry || error.errno == .notDirectory { return nil }
      throw error
    }
  }

  /// What stat(2) says of what `path` means inside the root, or nil where nothing is there.
  public func status(of path: String) throws(SyscallError) -> FileStatus? {
    guard let object = try openIfPresent(path, .path) else { return nil }
    return try fstat(object.fd)
  }

  /// Opens a directory, making it where it is missing, and refuses a symbolic link in its place with `EINVAL`.
  public func makeOrdinaryDirectory(_ path: String, mode: UInt32 = 0o755) throws(SyscallError) -> Descriptor {
    do throws(SyscallError) {
      return try open(path, [.path, .directory, .noFollow])
    } catch {
      if error.errno == .noEntry { return try makeDirectory(path, mode: mode) }
      guard error.errno == .tooManyLinks || error.errno == .notDirectory else { throw error }
      throw SyscallError(
        "open", .invalidArgument, "\(path) must be mounted on ordinary directory, not on a link")
    }
  }

  /// Opens a directory, making what is missing of it (mode 0755, before umask).
  ///
  /// Directories are made one by one below descriptors that stay open. A link that points to nothing is followed
  /// inside the root, and its target made.
  public func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(SyscallError) -> Descriptor {
    if let found = try openExisting(path) { return found }
    let parts = components(path)
    // Nearly always only the last component is missing.
    if let name = parts.last, name != "..",
      let parent = try openExisting("/" + parts.dropLast().joined(separator: "/")),
      let made = try makeMissing(name, in: parent.fd, mode: mode)
    {
      return made
    }
    return try makeDirectory(parts, mode: mode, linksLeft: 40, original: path)
  }

  /// Opens the file at `path` (`O_PATH`), making an empty one, and the directories above it, where nothing is there.
  ///
  /// A link that points to nothing is followed inside the root, and its target made.
  public func makeFile(_ path: String, mode: UInt32 = 0o755) throws(SyscallError) -> Descriptor {
    try makeFile(path, mode: mode, linksLeft: 40, original: path)
  }

  private func makeFile(
    _ path: String, mode: UInt32, linksLeft: Int, original: String
  ) throws(SyscallError) -> Descriptor {
    if linksLeft == 0 { throw SyscallError("openat2", .tooManyLinks, original) }
    if let found = try openIfPresent(path, .path) { return found }
    let parent = try makeParent(of: path)
    do throws(SyscallError) {
      _ = try openat2(
        parent.directory.fd, parent.name, [.writeOnly, .create, .exclusive, .noFollow], mode: mode,
        resolve: [.beneath, .noSymlinks, .noMagicLinks])
    } catch {
      if error.errno != .exists { throw error }
      // Somebody was faster, or a link to nothing is there.
      if let found = try openIfPresent(path, .path) { return found }
      let target = try readlinkat(parent.directory.fd, parent.name)
      let base = target.utf8.first == 0x2F ? [] : Array(components(path).dropLast())
      let next = "/" + (base + components(target)).joined(separator: "/")
      return try makeFile(next, mode: mode, linksLeft: linksLeft - 1, original: original)
    }
    return try open(path, .path)
  }

  /// Opens the directory that the last component of `path` is in, making what is missing.
  ///
  /// - Returns: the directory and the last component, which is neither empty nor `.` nor `..`.
  public func makeParent(of path: String) throws(SyscallError) -> ParentDirectory {
    var parts = components(path)
    guard let name = parts.popLast(), name != "..", name != "." else {
      throw SyscallError("openat2", .invalidArgument, path)
    }
    let parent = parts.joined(separator: "/")
    return ParentDirectory(directory: try makeDirectory(parent.isEmpty ? "/" : parent), name: name)
  }

  /// Makes and opens a directory; nil when something by this name is there already, such as a link to nothing.
  private func makeMissing(_ name: String, in parent: FD, mode: UInt32) throws(SyscallError) -> Descriptor? {
    do throws(SyscallError) {
      try mkdirat(parent, name, mode: mode)
    } catch {
      if error.errno == .exists { return nil }
      throw error
    }
    return try openat2(parent, name, [.path, .directory], resolve: [.beneath, .noSymlinks, .noMagicLinks])
  }

  private func openExisting(_ path: String) throws(SyscallError) -> Descriptor? {
    do throws(SyscallError) {
      return try open(path.isEmpty ? "/" : path, [.path, .directory])
    } catch {
      if error.errno == .noEntry { return nil }
      throw error
    }
  }

  private func makeDirectory(
    _ parts: [String], mode: UInt32, linksLeft: Int, original: String
  ) throws(SyscallError) -> Descriptor {
    if linksLeft == 0 { throw SyscallError("openat2", .tooManyLinks, original) }
    var current = try open("/", [.path, .directory])
    var prefix = ""
    for (index, part) in parts.enumerated() {
      let parentPrefix = prefix
      prefix += "/" + part
      if let next = try openExisting(prefix) {
        current = next
        continue
      }
      if part == ".." { throw SyscallError("openat2", .noEntry, original) }
      do throws(SyscallError) {
        try mkdirat(current.fd, part, mode: mode)
      } catch {
        if error.errno != .exists { throw error }
        // Something is there and does not resolve to a directory: a link to nothing, or somebody was faster.
        if let next = try openExisting(prefix) {
          current = next
          continue
        }
        let target = try readlinkat(current.fd, part)
        let base = target.utf8.first == 0x2F ? [] : components(parentPrefix)
        let rest = base + components(target) + parts[(index + 1)...]
        return try makeDirectory(rest, mode: mode, linksLeft: linksLeft - 1, original: original)
      }
      current = try openat2(
        current.fd, part, [.path, .directory], resolve: [.beneath, .noSymlinks, .noMagicLinks])
    }
    return current
  }
}

/// A directory and a name in it.
public struct ParentDirectory: ~Copyable {
  public let directory: Descriptor
  public let name: String
}

/// The non-empty components of a path.
public func components(_ path: String) -> [String] {
  path.utf8.split(separator: 0x2F).compactMap { part in
    let name = String(decoding: part, as: UTF8.self)
    return name == "." ? nil : name
  }
}
