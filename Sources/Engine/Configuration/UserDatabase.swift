// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
public import OCI

/// The users and groups that a root file system knows: the text of its own `/etc/passwd` and `/etc/group`, see
/// passwd(5) and group(5). Lines that do not parse are skipped, as the C library does.
public struct UserDatabase: Equatable, Sendable {
  struct Account: Equatable, Sendable {
    var name: String
    var uid: UInt32
    var gid: UInt32
    var home: String
  }

  struct Group: Equatable, Sendable {
    var name: String
    var gid: UInt32
    var members: [String]
  }

  var accounts: [Account] = []
  var groups: [Group] = []

  /// - Parameters:
  ///   - passwd: The text of `/etc/passwd`; empty when the root has none.
  ///   - group: The text of `/etc/group`.
  public init(passwd: String = "", group: String = "") {
    for line in passwd.pieces(separatedBy: Byte.newline) {
      let fields = line.pieces(separatedBy: Byte.colon)
      guard fields.count >= 6, !fields[0].isEmpty, let uid = Self.id(fields[2]), let gid = Self.id(fields[3])
      else { continue }
      accounts.append(Account(name: fields[0], uid: uid, gid: gid, home: fields[5]))
    }
    for line in group.pieces(separatedBy: Byte.newline) {
      let fields = line.pieces(separatedBy: Byte.colon)
      guard fields.count >= 3, !fields[0].isEmpty, let gid = Self.id(fields[2]) else { continue }
      let members = fields.count > 3 ? fields[3].pieces(separatedBy: Byte.comma).filter { !$0.isEmpty } : []
      groups.append(Group(name: fields[0], gid: gid, members: members))
    }
  }

  private static func id(_ text: String) -> UInt32? {
    guard let id = decimal(text, as: UInt32.self), id != .max else { return nil }
    return id
  }

  /// Who a container's process is, and where its home is.
  public struct Resolution: Equatable, Sendable {
    public var user: User
    public var home: String
  }

  /// Turns names into numbers.
  ///
  /// Without a group, the group is the account's own (0 for a number that has no account) and the process joins the
  /// groups that list the account as a member; with one, it is in that group only. The group itself is always part of
  /// the supplementary list: a file may deny access to a group, and then no set-group-id program may be a way out of
  /// it (CVE-2022-36109).
  ///
  /// - Parameters:
  ///   - request: The value of `--user`; nil for root.
  ///   - additional: The values of `--group-add`.
  /// - Throws: ``EngineError`` naming the flag and the file that lacks the name.
  public func resolve(
    _ request: UserRequest?, additional: [Identity] = [], umask: UInt32? = nil
  ) throws(EngineError) -> Resolution {
    let request = request ?? UserRequest(user: .id(0), group: nil)
    let account: Account?
    let uid: UInt32
    switch request.user {
    case .id(let id):
      account = accounts.first { $0.uid == id }
      uid = id
    case .name(let name):
      guard let found = accounts.first(where: { $0.name == name }) else {
        throw EngineError("--user \(name.quoted): the container's /etc/passwd has no such user")
      }
      account = found
      uid = found.uid
    }
    var gids: [UInt32]
    if let group = request.group {
      gids = [try gid(of: group, flag: "--user")]
    } else {
      gids = [account?.gid ?? 0]
      if let account {
        for group in groups where group.members.contains(account.name) && !gids.contains(group.gid) {
          gids.append(group.gid)
        }
      }
    }
    let primary = gids[0]
    for identity in additional {
      let gid = try gid(of: identity, flag: "--group-add")
      if !gids.contains(gid) { gids.append(gid) }
    }
    let home = account?.home ?? "/"
    return Resolution(
      user: User(uid: uid, gid: primary, umask: umask, additionalGids: gids),
      home: home.utf8.first == Byte.slash ? home : "/")
  }

  private func gid(of identity: Identity, flag: String) throws(EngineError) -> UInt32 {
    switch identity {
    case .id(let id): return id
    case .name(let name):
      guard let group = groups.first(where: { $0.name == name }) else {
        throw EngineError("\(flag) \(name.quoted): the container's /etc/group has no such group")
      }
      return group.gid
    }
  }
}
