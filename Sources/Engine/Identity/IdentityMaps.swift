// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
public import OCI

/// Which users and groups of the host stand behind those of a container: the two maps of a user namespace.
public struct IdentityMaps: Equatable, Sendable {
  public var users: [IDMapping]
  public var groups: [IDMapping]

  public init(users: [IDMapping], groups: [IDMapping]) {
    self.users = users
    self.groups = groups
  }

  /// Whether there is but one user and one group, so that nothing can belong to anybody else.
  public var areOwn: Bool { IDMapping.areOwn(users, groups) }

  func hasUser(_ id: UInt32) -> Bool { Self.contains(users, id) }

  func hasGroup(_ id: UInt32) -> Bool { Self.contains(groups, id) }

  private static func contains(_ mappings: [IDMapping], _ id: UInt32) -> Bool {
    mappings.contains { id >= $0.containerID && id - $0.containerID < $0.size }
  }

  /// The maps of the namespace that the caller lives in.
  static func current() throws(SyscallError) -> IdentityMaps {
    IdentityMaps(users: try read(.user), groups: try read(.group))
  }

  private static func read(_ kind: IDMapKind) throws(SyscallError) -> [IDMapping] {
    // At most 340 lines (user_namespaces(7)).
    parse(try readText(.workingDirectory, "/proc/self/\(kind.file)", limit: 1 << 16))
  }

  /// The ranges of `/proc/PID/uid_map` or `gid_map`.
  static func parse(_ text: String) -> [IDMapping] {
    text.pieces(separatedBy: Byte.newline).compactMap { line in
      let fields = line.pieces(separatedBy: Byte.space).filter { !$0.isEmpty }
      guard fields.count == 3, let inside = decimal(fields[0], as: UInt32.self),
        let outside = decimal(fields[1], as: UInt32.self), let count = decimal(fields[2], as: UInt32.self)
      else { return nil }
      return IDMapping(containerID: inside, hostID: outside, size: count)
    }
  }
}

extension IDMapLine {
  init(_ mapping: IDMapping) {
    self.init(inside: mapping.containerID, outside: mapping.hostID, count: mapping.size)
  }
}

/// The ids that the administrator has set aside for ordinary users: `/etc/subuid` and `/etc/subgid`, see subuid(5).
enum SubordinateIDs {
  /// A user's maps: the user is the container's root, and the subordinate ids follow from 1 on. Without subordinate ids
  /// of both kinds the user is all that there is.
  static func maps(user: UInt32, group: UInt32) throws(EngineError) -> IdentityMaps {
    let name = try name(of: user)
    let users = ranges(try text("/etc/subuid"), user: user, name: name)
    let groups = ranges(try text("/etc/subgid"), user: user, name: name)
    if users.isEmpty || groups.isEmpty { return maps(user, group, users: [], groups: []) }
    return maps(user, group, users: users, groups: groups)
  }

  private static func maps(
    _ user: UInt32, _ group: UInt32, users: [Range], groups: [Range]
  ) -> IdentityMaps {
    IdentityMaps(users: mappings(user, users), groups: mappings(group, groups))
  }

  struct Range: Equatable {
    var first: UInt32
    var count: UInt32
  }

  /// - Parameter own: what root of the container is on the host.
  private static func mappings(_ own: UInt32, _ ranges: [Range]) -> [IDMapping] {
    var result = [IDMapping(containerID: 0, hostID: own, size: 1)]
    var next: UInt32 = 1
    for range in ranges {
      // The last id means "nobody" to the kernel and is no id.
      let room = UInt32.max - 1 - next
      let count = min(range.count, room)
      if count == 0 { break }
      result.append(IDMapping(containerID: next, hostID: range.first, size: count))
      next += count
    }
    return result
  }

  /// The lines of a user, by name or number; lines that do not parse are somebody else's mistake.
  static func ranges(_ text: String, user: UInt32, name: String?) -> [Range] {
    text.pieces(separatedBy: Byte.newline).compactMap { line in
      let fields = line.pieces(separatedBy: Byte.colon)
      guard fields.count == 3, fields[0] == String(user) || name.map({ fields[0] == $0 }) == true,
        let first = decimal(fields[1], as: UInt32.self), let count = decimal(fields[2], as: UInt32.self),
        count > 0, first <= UInt32.max - count
      else { return nil }
      return Range(first: first, count: count)
    }
  }

  private static func name(of user: UInt32) throws(EngineError) -> String? {
    UserDatabase(passwd: try text("/etc/passwd")).accounts.first { $0.uid == user }?.name
  }

  private static func text(_ path: String) throws(EngineError) -> String {
    do {
      return String(decoding: try readFile(.workingDirectory, path, limit: 1 << 22), as: UTF8.self)
    } catch {
      if error.errno == .noEntry { return "" }
      throw EngineError("\(path): \(error)")
    }
  }
}
