// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// The trees that were made from archives and host programs, kept for the next run.
///
///     STORE/                        mode 0700, the caller's own
///       sha256/DIGEST/root/         a tree; never written again
///       sha256/DIGEST/complete      what it is; there only if the tree is whole and on the disk; locked while in use
///       index/archive-…             link from an archive's identity (device, inode, size, times) to its DIGEST
///       index/host-…                manifest of a host: tree
///       index/url-…                 DIGEST of what an address gave, and how its server tells whether that has changed
///       index/debootstrap-…         link from a suite and a mirror to the DIGEST of what was made of them
///       downloads/…                 what has arrived of archives that are not complete yet
///       packages/…                  Debian packages, by mirror
///       locks/…                     held by whoever makes what the name says
///       tmp-PID-BOOT-…/             a tree in the making, locked by its maker
///
/// All locks are flock(2), which die with their process; everything else is made under a temporary name and renamed.
/// There is no other state, hence nothing that a crash or a loss of power can leave wrong: what is not complete is
/// removed by the next command that makes something.
///
/// A warm start takes a handful of system calls for an archive, and one lstat(2) for each file for host programs.
public final class RootFSStore: Sendable {
  /// Absolute path of the store.
  public let path: String
  let directory: Descriptor

  /// Opens the store at `path`, making it if it is missing.
  ///
  /// - Parameter path: an absolute path; the directories above it may be links.
  /// - Throws: `untrustedStore` if it belongs to another user or is open to others; `system`.
  public init(path: String) throws(RootFSError) {
    guard path.utf8.first == slash else {
      throw RootFSError(.untrustedStore, "the path of the store must be absolute", subject: path)
    }
    let directory = try Self.openOrMake(path)
    let status: FileStatus
    do throws(SyscallError) { status = try Linux.fstat(directory.fd) } catch {
      throw RootFSError(.system, "cannot open the store", subject: path, errno: error.errno.rawValue)
    }
    guard status.uid == geteuid() else {
      throw RootFSError(
        .untrustedStore, "the store belongs to user \(status.uid), not to user \(geteuid())", subject: path)
    }
    // Trees have set-user-ID programs of any age in them, which nobody else may reach.
    guard status.mode & 0o077 == 0 else {
      throw RootFSError(
        .untrustedStore, "the store is open to other users; run chmod 700 on it", subject: path)
    }
    self.path = path
    self.directory = directory
  }

  private static func openOrMake(_ path: String) throws(RootFSError) -> Descriptor {
    do throws(SyscallError) {
      do throws(SyscallError) {
        return try openat(.workingDirectory, path, [.readOnly, .directory])
      } catch {
        if error.errno != .noEntry { throw error }
      }
      try makeDirectories(path)
      return try openat(.workingDirectory, path, [.readOnly, .directory])
    } catch {
      throw RootFSError(.system, "cannot open the store", subject: path, errno: error.errno.rawValue)
    }
  }

  private static func makeDirectories(_ path: String) throws(SyscallError) {
    let parts = path.utf8.split(separator: slash)
    var place = ""
    for (index, part) in parts.enumerated() {
      place += "/" + String(Substring(part))
      let isStore = index == parts.count - 1
      do throws(SyscallError) {
        try mkdirat(.workingDirectory, place, mode: isStore ? 0o700 : 0o755)
      } catch {
        if error.errno != .exists { throw error }
      }
    }
  }

  /// Makes the tree that `reference` names, or finds it made.
  ///
  /// - Parameters:
  ///   - options: how archives are unpacked.
  ///   - searchPath: where `host:` looks for commands; nil takes `PATH` of the environment.
  ///   - progress: called on this thread, some times a second, while an archive is unpacked.
  public func prepare(
    _ reference: RootFSReference, options: UnpackOptions = UnpackOptions(), searchPath: String? = nil,
    progress: (RootFSProgress) -> Void = { _ in }
  ) throws(RootFSError) -> PreparedRootFS {
    try checkOptions(reference, options)
    switch reference {
    case .directory(let path): return try useDirectory(path, reference, options)
    case .archive(let path): return try prepareArchive(path, reference, options, progress)
    case .host(let names):
      return try prepareHost(names, reference, options, searchPath ?? Self.environmentPath(), progress)
    case .url(let url): return try prepareDownload(url, reference, options, progress)
    case .standardInput: return try prepareStandardInput(reference, options, progress)
    case .debootstrap(let suite, let mirror):
      return try prepareDebian(suite, mirror, reference, options, progress)
    case .path(let path):
      let status: FileStatus
      do throws(SyscallError) { status = try fstatat(.workingDirectory, path) } catch {
        throw ArchiveFile.failure(error, path)
      }
      if status.isDirectory { return try useDirectory(path, reference, options) }
      return try prepareArchive(path, reference, options, progress, known: status)
    }
  }

  /// Everything that a `host:` reference would contain, and why.
  ///
  /// - Parameter additions: see `UnpackOptions.additions`.
  public static func explain(
    host names: [String], additions: [String] = [], searchPath: String? = nil
  ) throws(RootFSError) -> [HostMember] {
    try HostClosure(of: names, additions: additions, searchPath: searchPath ?? environmentPath()).members
  }

  private static func environmentPath() -> String {
    guard let value = getenv("PATH") else {
      return SystemPath.text
    }
    return String(cString: value)
  }

  /// Refuses options that would be in vain.
  private func checkOptions(_ reference: RootFSReference, _ options: UnpackOptions) throws(RootFSError) {
    if case .host = reference {
    } else if !options.additions.isEmpty {
      throw RootFSError(
        .unsupported, "only host: roots take files of this machine (--with); --volume shows them in others",
        subject: reference.description)
    }
    switch reference {
    case .host, .debootstrap:
      guard options.expectedDigest == nil else {
        throw RootFSError(
          .unsupported, "has no checksum: --checksum is for archives", subject: reference.description)
      }
    default: break
    }
  }

  private func useDirectory(
    _ path: String, _ reference: RootFSReference, _ options: UnpackOptions
  ) throws(RootFSError) -> PreparedRootFS {
    guard options.expectedDigest == nil else {
      throw RootFSError(
        .unsupported, "a directory has no checksum: --checksum is for archives", subject: path)
    }
    do throws(SyscallError) {
      _ = try openat(.workingDirectory, path, [.path, .directory])
    } catch {
      let code: RootFSError.Code = error.errno == .notDirectory ? .unsupported : .notFound
      throw RootFSError(code, "cannot open the directory", subject: path, errno: error.errno.rawValue)
    }
    guard try !isEmpty(path) else {
      throw RootFSError(
        .unsupported, "the directory is empty: there is nothing in it to be a root file system", subject: path
      )
    }
    guard let real = realpath(path, nil) else {
      throw RootFSError(.system, "cannot find the real path", subject: path, errno: errno)
    }
    defer { free(real) }
    return PreparedRootFS(
      path: String(cString: real), isShared: false, digest: nil, source: reference.description,
      wasCached: true,
      warnings: [], lease: nil)
  }

  /// Whether a directory has nothing in it; no, if the caller may use but not list it.
  private func isEmpty(_ path: String) throws(RootFSError) -> Bool {
    do throws(SyscallError) {
      let directory = try openat(.workingDirectory, path, [.readOnly, .directory])
      return try listDirectory(directory.fd).isEmpty
    } catch {
      if error.errno == .accessDenied { return false }
      throw RootFSError(.system, "cannot list the directory", subject: path, errno: error.errno.rawValue)
    }
  }

  // MARK: Trees by digest

  /// The path of the tree `digest`, relative to the store.
  static func treePath(_ digest: RootFSDigest) -> String { "sha256/" + digest.hex }

  /// Opens a complete tree; nil if there is none.
  func lease(on digest: RootFSDigest) throws(RootFSError) -> RootFSLease? {
    do throws(SyscallError) {
      let mark = try openat(
        directory.fd, Self.treePath(digest) + "/complete", [.readOnly, .noFollow, .nonBlocking])
      _ = try flock(mark.fd, exclusive: false, wait: true)
      // Whoever removes a tree unlinks its mark first, under an exclusive lock.
      guard try Linux.fstat(mark.fd).linkCount > 0 else { return nil }
      return RootFSLease(mark)
    } catch {
      if error.errno == .noEntry || error.errno == .notDirectory { return nil }
      throw failure("open the tree \(digest.hex)", error)
    }
  }

  func prepared(
    _ digest: RootFSDigest, _ lease: RootFSLease, _ reference: RootFSReference, wasCached: Bool,
    warnings: [String] = []
  ) -> PreparedRootFS {
    PreparedRootFS(
      path: path + "/" + Self.treePath(digest) + "/root", isShared: true, digest: digest,
      source: reference.description, wasCached: wasCached, warnings: warnings, lease: lease)
  }

  /// A system call on the store itself that failed; `doing` completes "cannot …".
  func failure(_ doing: String, _ error: SyscallError) -> RootFSError {
    RootFSError(.system, "cannot \(doing)", subject: path, errno: error.errno.rawValue)
  }

  /// Makes the directories of the store that are missing.
  func makeLayout() throws(RootFSError) {
    for name in ["sha256", "index", "locks", "downloads"] {
      do throws(SyscallError) { try mkdirat(directory.fd, name, mode: 0o700) } catch {
        if error.errno != .exists { throw failure("create \(name)", error) }
      }
    }
  }
}
