// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
import OCI

/// The ranges of ids that `--userns auto` gives to containers: 65536 ids each, from the part that systemd sets aside for
/// containers (524288 to 1879048191) and that no user has.
enum IdentityRanges {
  static let size: UInt32 = 65536
  private static let first: UInt32 = 8
  private static let count: UInt32 = 28664

  /// The range that a container tries first: chosen by its id, so that few want the same.
  static func preferred(_ id: String) -> UInt32 {
    var hash: UInt32 = 0
    for byte in id.utf8.prefix(16) { hash = hash &* 31 &+ UInt32(byte) }
    return first + hash % count
  }

  static func next(_ range: UInt32) -> UInt32 { first + (range - first + 1) % count }

  static func maps(_ range: UInt32) -> IdentityMaps {
    let mapping = [IDMapping(containerID: 0, hostID: range * size, size: size)]
    return IdentityMaps(users: mapping, groups: mapping)
  }
}
