// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

extension FileIdentity {
  init(_ status: FileStatus) {
    device = status.device
    inode = status.inode
    sizeBytes = status.sizeBytes
    modifiedNanoseconds = status.modifiedNanoseconds
    mode = status.mode
    userID = status.uid
    groupID = status.gid
  }
}

/// Looks at the host's files and remembers every answer, so that a later run can tell with as many calls of lstat(2)
/// whether it would get the same ones.
final class HostFiles {
  /// What the host said of a path.
  enum Answer: Equatable {
    case absent
    /// The caller may not even look; programs that search pass over it.
    case denied
    case directory
    case link(FileIdentity, target: String)
    case file(FileIdentity)
  }

  /// A path that was followed to its end.
  struct Resolved {
    /// The real path, without links on the way.
    var path: String
    var identity: FileIdentity
    var isDirectory: Bool
  }

  /// One component of a walk: a real path, what is there, and whether the walk's last component led here.
  typealias Visit = (path: String, answer: Answer, isLast: Bool)

  private(set) var answers: [String: Answer] = [:]
  /// Directories of which everything was asked for: a file more or less changes their times.
  private(set) var listed: [String: FileIdentity] = [:]

  /// Links that one path may lead through, as in the kernel.
  private static let maximumLinks = 40

  /// What is at `path`, whose parent has no links in it.
  func look(at path: String) throws(RootFSError) -> Answer {
    if let known = answers[path] { return known }
    let answer = try ask(path)
    answers[path] = answer
    return answer
  }

  private func ask(_ path: String) throws(RootFSError) -> Answer {
    do throws(SyscallError) {
      let status = try fstatat(.workingDirectory, path, followLinks: false)
      if status.isDirectory { return .directory }
      if status.isSymbolicLink {
        return .link(FileIdentity(status), target: try readlinkat(.workingDirectory, path))
      }
      return .file(FileIdentity(status))
    } catch {
      if error.errno == .noEntry || error.errno == .notDirectory { return .absent }
      if error.errno == .accessDenied { return .denied }
      throw RootFSError(.system, "cannot look at it", subject: path, errno: error.errno.rawValue)
    }
  }

  /// Follows `path` from the root, calling `visit` for every component and link on the way and the end itself.
  ///
  /// - Returns: what it leads to, or nil if that is nothing that the caller can see.
  @discardableResult
  func resolve(
    _ path: String, visit: (Visit) throws(RootFSError) -> Void = { _ in }
  ) throws(RootFSError) -> Resolved? {
    var pending = Self.components(path)
    var place = ""
    var links = 0
    var end: Answer = .directory
    while let name = pending.popLast() {
      if name == ".." {
        place = Self.parent(of: place)
        continue
      }
      guard end == .directory else { return nil }
      let next = place + "/" + name
      let answer = try look(at: next)
      if answer == .absent || answer == .denied { return nil }
      try visit((next, answer, pending.isEmpty))
      if case .link(_, let target) = answer {
        links += 1
        guard links <= Self.maximumLinks else { return nil }
        if target.utf8.first == slash { place = "" }
        pending += Self.components(target)
      } else {
        place = next
        end = answer
      }
    }
    if case .file(let identity) = end { return Resolved(path: place, identity: identity, isDirectory: false) }
    let nothing = FileIdentity(
      device: 0, inode: 0, sizeBytes: 0, modifiedNanoseconds: 0, mode: 0, userID: 0, groupID: 0)
    return Resolved(path: place.isEmpty ? "/" : place, identity: nothing, isDirectory: true)
  }

  /// The names in the directory `path`, sorted; none if it does not exist.
  ///
  /// - Parameter remembers: whether another name in it shall count as another answer; `path` has no links in it then.
  func list(_ path: String, remembers: Bool = false) throws(RootFSError) -> [String] {
    do throws(SyscallError) {
      let directory = try openat(.workingDirectory, path, [.readOnly, .directory])
      // Before the reading: a name that comes meanwhile is another answer the next time.
      if remembers { listed[path] = FileIdentity(try fstat(directory.fd)) }
      return try listDirectory(directory.fd).map { $0.name }.sorted()
    } catch {
      if error.errno == .noEntry || error.errno == .notDirectory { return [] }
      if remembers, error.errno == .accessDenied { return [] }
      throw RootFSError(.system, "cannot list the directory", subject: path, errno: error.errno.rawValue)
    }
  }

  /// The components of a path, last first, without `.`.
  private static func components(_ path: String) -> [String] {
    path.utf8.split(separator: slash).reversed().map { String(Substring($0)) }.filter { $0 != "." }
  }

  /// The path up to its last slash; `` for the root and what is directly in it.
  static func parent(of path: String) -> String {
    guard let end = path.utf8.lastIndex(of: slash) else { return "" }
    return String(path[..<end])
  }

  /// The path behind its last slash.
  static func name(of path: String) -> String {
    guard let end = path.utf8.lastIndex(of: slash) else { return path }
    return String(path[path.utf8.index(after: end)...])
  }
}
