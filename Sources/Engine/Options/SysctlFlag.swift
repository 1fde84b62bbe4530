// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
import Networking
import OCI

/// Kernel settings of the container's own namespaces: `--sysctl KEY=VALUE`.
enum SysctlFlag {
  /// Parses one setting. Only keys that a namespace of the container owns are accepted: anything else would change
  /// the host.
  ///
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  static func parse(_ text: String) throws(EngineError) -> KeyValue {
    let (key, value) = text.cut(at: Byte.equals)
    guard let value else { throw EngineError("the value is missing: expected KEY=VALUE") }
    guard let parts = SysctlKey(key)?.components else {
      throw EngineError(
        "\(key.quoted) is no sysctl: expected names joined by dots, as in net.ipv4.ip_forward")
    }
    if value.hasControlCharacter { throw EngineError("the value holds a control character") }
    guard owner(of: parts) != nil else {
      throw EngineError("\(key) belongs to no namespace of the container: setting it would change the host")
    }
    return KeyValue(key, value)
  }

  /// Which namespace a key belongs to; nil for settings of the whole machine.
  static func owner(of key: String) -> NamespaceType? {
    SysctlKey(key).flatMap { owner(of: $0.components) }
  }

  private static func owner(of parts: [String]) -> NamespaceType? {
    switch parts.first {
    case "net": return .network
    case "fs" where parts.count > 2 && parts[1] == "mqueue": return .ipc
    case "kernel" where parts.count == 2:
      if parts[1] == "domainname" { return .uts }
      return ipcKeys.contains(parts[1]) ? .ipc : nil
    default: return nil
    }
  }

  /// The keys of ipc_namespaces(7) below `kernel`.
  private static let ipcKeys = [
    "msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced",
  ]
}

extension RunOptions {
  /// The settings of the network that the engine makes itself: a container with ids of its own has no rights over a
  /// namespace that is the machine's.
  func networkSettings(_ facts: Facts) -> [NetworkSetting] {
    guard facts.userNamespace != nil, case .attached = effectiveNetwork else { return [] }
    return sysctls.compactMap { sysctl in
      guard let key = SysctlKey(sysctl.key), SysctlFlag.owner(of: sysctl.key) == .network else { return nil }
      return NetworkSetting(path: key.components.dropFirst().joined(separator: "/"), value: sysctl.value)
    }
  }
}
