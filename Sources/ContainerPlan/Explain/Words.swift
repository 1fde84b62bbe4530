// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
internal import OCI

/// The names that the kernel's headers and manual pages have for the values in a plan.
enum Words {
  static func flags(_ flags: CloneFlags) -> String {
    let table: [(CloneFlags, String)] = [
      (.newMount, "CLONE_NEWNS"), (.newUTS, "CLONE_NEWUTS"), (.newIPC, "CLONE_NEWIPC"),
      (.newNetwork, "CLONE_NEWNET"), (.newPID, "CLONE_NEWPID"), (.newUser, "CLONE_NEWUSER"),
      (.newCgroup, "CLONE_NEWCGROUP"), (.newTime, "CLONE_NEWTIME"), (.parent, "CLONE_PARENT"),
    ]
    return table.filter { flags.contains($0.0) }.map { $0.1 }.joined(separator: "|")
  }

  /// The types of the namespaces that the flags stand for, in the order of the manual pages' lists.
  static func types(_ flags: CloneFlags) -> [NamespaceType] {
    let order: [NamespaceType] = [.mount, .uts, .ipc, .network, .pid, .user, .cgroup, .time]
    return order.filter { flags.contains($0.flag) }
  }

  static func name(_ type: NamespaceType) -> String {
    switch type {
    case .pid: "PID"
    case .network: "network"
    case .mount: "mount"
    case .ipc: "IPC"
    case .uts: "UTS"
    case .user: "user"
    case .cgroup: "cgroup"
    case .time: "time"
    }
  }

  /// The manual page of a type of namespace.
  static func manual(_ type: NamespaceType) -> String {
    switch type {
    case .pid: "pid_namespaces(7)"
    case .network: "network_namespaces(7)"
    case .mount: "mount_namespaces(7)"
    case .ipc: "ipc_namespaces(7)"
    case .uts: "uts_namespaces(7)"
    case .user: "user_namespaces(7)"
    case .cgroup: "cgroup_namespaces(7)"
    case .time: "time_namespaces(7)"
    }
  }

  /// The option of unshare(1) and nsenter(1).
  static func option(_ type: NamespaceType) -> String {
    switch type {
    case .pid: "--pid"
    case .network: "--net"
    case .mount: "--mount"
    case .ipc: "--ipc"
    case .uts: "--uts"
    case .user: "--user"
    case .cgroup: "--cgroup"
    case .time: "--time"
    }
  }

  private static let attributes: [(MountAttributes, kernel: String, option: String)] = [
    (.readOnly, "MOUNT_ATTR_RDONLY", "ro"), (.noSUID, "MOUNT_ATTR_NOSUID", "nosuid"),
    (.noDevices, "MOUNT_ATTR_NODEV", "nodev"), (.noExec, "MOUNT_ATTR_NOEXEC", "noexec"),
    (.noAccessTime, "MOUNT_ATTR_NOATIME", "noatime"),
    (.strictAccessTime, "MOUNT_ATTR_STRICTATIME", "strictatime"),
    (.noDirectoryAccessTime, "MOUNT_ATTR_NODIRATIME", "nodiratime"),
    (.noSymlinkFollow, "MOUNT_ATTR_NOSYMFOLLOW", "nosymfollow"),
  ]

  static func kernelNames(_ set: MountAttributes) -> String {
    let names = attributes.filter { set.contains($0.0) }.map { $0.kernel }
    return names.isEmpty ? "0" : names.joined(separator: "|")
  }

  /// The words of mount(8) for attributes that are set and cleared.
  static func options(_ change: MountAttributeChange) -> [String] {
    let set = attributes.filter { change.setting.contains($0.0) }.map { $0.option }
    // The access time modes are one field; clearing it is the default, relatime.
    let clearsTime =
      change.clearing.contains(.accessTimeMask) && change.setting.isDisjoint(with: .accessTimeMask)
    let single = attributes.filter {
      !MountAttributes.accessTimeMask.contains($0.0) && change.clearing.contains($0.0)
    }
    let negative = single.map { $0.option == "ro" ? "rw" : String($0.option.dropFirst(2)) }
    return set + (clearsTime ? ["relatime"] : []) + negative
  }

  /// The word of mount(8), such as `rslave`.
  static func propagation(_ propagation: PlannedPropagation) -> String {
    let word =
      switch propagation.type {
      case .private: "private"
      case .shared: "shared"
      case .slave: "slave"
      case .unbindable: "unbindable"
      }
    return propagation.recursive ? "r" + word : word
  }

  static func kernelName(_ propagation: MountPropagation) -> String {
    switch propagation {
    case .private: "MS_PRIVATE"
    case .shared: "MS_SHARED"
    case .slave: "MS_SLAVE"
    case .unbindable: "MS_UNBINDABLE"
    }
  }

  /// `CAP_CHOWN` and so on, in the order of their numbers.
  static func capabilities(_ mask: CapabilityMask) -> [String] {
    (0..<64).filter { mask.contains(CapabilityMask(number: $0)) }.map {
      CapabilityName.all.indices.contains($0) ? CapabilityName.all[$0] : "\($0)"
    }
  }

  /// The lines of `uid_map`.
  static func mappings(_ mappings: [IDMapping], separator: String = ", ") -> String {
    mappings.map { "\($0.containerID) \($0.hostID) \($0.size)" }.joined(separator: separator)
  }

  static func octal(_ mode: UInt32) -> String { "0" + String(mode, radix: 8) }

  /// The numbers of a bit mask as a list such as `0-3,7`.
  static func list(_ words: [UInt64]) -> String {
    var ranges: [(first: Int, last: Int)] = []
    for (index, word) in words.enumerated() {
      for bit in 0..<64 where word & 1 << UInt64(bit) != 0 {
        let number = 64 * index + bit
        if let last = ranges.last, last.last + 1 == number {
          ranges[ranges.count - 1].last = number
        } else {
          ranges.append((number, number))
        }
      }
    }
    return ranges.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }.joined(
      separator: ",")
  }
}

/// Texts of a configuration in forms that a terminal and a shell take as they are meant.
enum Quoting {
  /// A string literal of C. Control characters, which could drive a terminal, are escaped.
  static func c(_ text: String) -> String { "\"" + escaped(text, quote: 0x22) + "\"" }

  /// The text as it is, with control characters escaped.
  static func plain(_ text: String) -> String { escaped(text, quote: nil) }

  /// One word for a POSIX shell; with control characters, for bash.
  static func shell(_ text: String) -> String {
    if !text.isEmpty && text.utf8.allSatisfy(isSafe) { return text }
    if plain(text) != text { return "$'" + escaped(text, quote: 0x27) + "'" }
    let parts = text.utf8.split(separator: 0x27, omittingEmptySubsequences: false)
    return "'" + parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "'\\''") + "'"
  }

  static func shell(_ texts: [String]) -> String { texts.map { shell($0) }.joined(separator: " ") }

  private static func isSafe(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "_-./:=@,+%".utf8.contains(byte)
    }
  }

  /// - Parameter quote: the delimiter, which is escaped together with backslashes; nil for neither.
  private static func escaped(_ text: String, quote: UInt8?) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      let value = scalar.value
      if value == 0x0A {
        result += "\\n"
      } else if value < 0x20 || value == 0x7F {
        result += hexadecimal("\\x", value)
      } else if (0x80..<0xA0).contains(value) {
        result += hexadecimal("\\u00", value)
      } else {
        if let quote, value == UInt32(quote) || value == 0x5C { result += "\\" }
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func hexadecimal(_ prefix: String, _ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return prefix + (digits.utf8.count < 2 ? "0" : "") + digits
  }
}
