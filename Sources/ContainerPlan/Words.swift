// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

package import Linux
package import OCI

/// The names that the kernel's headers and manual pages have for the values in a plan.
package enum Words {
  /// The types of the namespaces that the flags stand for, in the order of the manual pages' lists.
  package static func types(_ flags: CloneFlags) -> [NamespaceType] {
    let order: [NamespaceType] = [.mount, .uts, .ipc, .network, .pid, .user, .cgroup, .time]
    return order.filter { flags.contains($0.flag) }
  }

  package static let attributes: [(MountAttributes, kernel: String, option: String)] = [
    (.readOnly, "MOUNT_ATTR_RDONLY", "ro"), (.noSUID, "MOUNT_ATTR_NOSUID", "nosuid"),
    (.noDevices, "MOUNT_ATTR_NODEV", "nodev"), (.noExec, "MOUNT_ATTR_NOEXEC", "noexec"),
    (.noAccessTime, "MOUNT_ATTR_NOATIME", "noatime"),
    (.strictAccessTime, "MOUNT_ATTR_STRICTATIME", "strictatime"),
    (.noDirectoryAccessTime, "MOUNT_ATTR_NODIRATIME", "nodiratime"),
    (.noSymlinkFollow, "MOUNT_ATTR_NOSYMFOLLOW", "nosymfollow"),
  ]

  /// The words of mount(8) for attributes that are set and cleared.
  package static func options(_ change: MountAttributeChange) -> [String] {
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
  package static func propagation(_ propagation: PlannedPropagation) -> String {
    let word =
      switch propagation.type {
      case .private: "private"
      case .shared: "shared"
      case .slave: "slave"
      case .unbindable: "unbindable"
      }
    return propagation.recursive ? "r" + word : word
  }

  /// `CAP_CHOWN` and so on, in the order of their numbers.
  package static func capabilities(_ mask: CapabilityMask) -> [String] {
    (0..<64).filter { mask.contains(CapabilityMask(number: $0)) }.map {
      CapabilityName.all.indices.contains($0) ? CapabilityName.all[$0] : "\($0)"
    }
  }

  /// The lines of `uid_map`.
  package static func mappings(_ mappings: [IDMapping], separator: String = ", ") -> String {
    mappings.map { "\($0.containerID) \($0.hostID) \($0.size)" }.joined(separator: separator)
  }

  package static func octal(_ mode: UInt32) -> String { "0" + String(mode, radix: 8) }

  /// The numbers of a bit mask as a list such as `0-3,7`.
  package static func list(_ words: [UInt64]) -> String {
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
