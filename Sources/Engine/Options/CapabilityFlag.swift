// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI

/// Capabilities: `--cap-add`, `--cap-drop`.
public enum CapabilitySet {
  /// What a container gets unless told otherwise.
  ///
  /// Docker's list without `NET_RAW` (spoofing on shared networks), `MKNOD` and `AUDIT_WRITE`; the same eleven as
  /// podman's.
  public static let defaults = [
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
    "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_SETFCAP",
  ]

  /// Parses one name, with or without `CAP_`, in any case; `ALL` stands for every capability.
  ///
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  static func parse(_ text: String) throws(EngineError) -> String {
    var name = text.asciiUppercased
    if name == "ALL" || name == "CAP_ALL" { return "ALL" }
    if !name.hasPrefix("CAP_") { name = "CAP_" + name }
    guard CapabilityName.number(of: name) != nil else {
      throw EngineError("unknown capability; capabilities(7) lists them")
    }
    return name
  }

  /// The set that results from the flags, in the kernel's order.
  ///
  /// `--cap-add ALL` starts from everything and takes the drops away; `--cap-drop ALL` starts from nothing and adds;
  /// otherwise the drops leave the defaults first and the additions come back in.
  ///
  /// - Parameter available: What `ALL` stands for: bit n is capability n. Those that the kernel does not know, or that
  ///   the engine itself was denied, cannot be given away.
  static func resolve(add: [String], drop: [String], available: UInt64) -> [String] {
    if add.contains("ALL") {
      if drop.contains("ALL") { return [] }
      return CapabilityName.all.enumerated().filter { available >> UInt64($0.offset) & 1 == 1 }.map(\.element)
        .filter { !drop.contains($0) }
    }
    let base = drop.contains("ALL") ? [] : defaults.filter { !drop.contains($0) }
    return CapabilityName.all.filter { base.contains($0) || add.contains($0) }
  }
}
