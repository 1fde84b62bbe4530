// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The name of a kernel parameter, resolved to the parts of its path below `/proc/sys`.
///
/// Both spellings of sysctl(8) are understood. The first separator decides: after a dot, dots separate and a slash stands
/// for a dot inside a part; after a slash it is the other way round. So `net.ipv4.conf.eth0/100.forwarding` and
/// `net/ipv4/conf/eth0.100/forwarding` are the same. No part can be empty, `.` or `..`: a key cannot leave its branch.
public struct SysctlKey: Equatable, Sendable {
  public let components: [String]

  /// Resolves a key; `nil` for one that is not well formed.
  public init?(_ key: String) {
    let (dot, slash) = (UInt8(ascii: "."), UInt8(ascii: "/"))
    guard let separator = key.utf8.first(where: { $0 == dot || $0 == slash }) else { return nil }
    let parts = key.utf8.split(separator: separator, omittingEmptySubsequences: false)
    components = parts.map { part in
      separator == slash
        ? String(Substring(part)) : String(decoding: part.map { $0 == slash ? dot : $0 }, as: UTF8.self)
    }
    let isValid = components.allSatisfy { component in
      !component.isEmpty && component != "." && component != ".."
        && component.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    }
    guard isValid else { return nil }
  }

  /// The path relative to `/proc/sys`.
  public var path: String { components.joined(separator: "/") }

  /// What the kernel keeps per namespace, so that setting it changes nothing outside.
  enum Scope: Equatable {
    case namespace(NamespaceType)
    /// The property of the configuration to use instead.
    case property(String)
    case host
  }

  var scope: Scope {
    switch components[0] {
    case "net": return .namespace(.network)
    case "user": return .namespace(.user)
    case "fs" where components.count > 2 && components[1] == "mqueue": return .namespace(.ipc)
    case "kernel" where components.count == 2:
      if Self.ipcParameters.contains(components[1]) { return .namespace(.ipc) }
      if components[1] == "domainname" { return .namespace(.uts) }
      return components[1] == "hostname" ? .property("hostname") : .host
    default: return .host
    }
  }

  /// The entries of `/proc/sys/kernel` that belong to an IPC namespace (`ipc/ipc_sysctl.c`).
  private static let ipcParameters: [String] = [
    "auto_msgmni", "msg_next_id", "msgmax", "msgmnb", "msgmni", "sem", "sem_next_id", "shm_next_id",
    "shm_rmid_forced", "shmall", "shmmax", "shmmni",
  ]
}
