// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import DBus
internal import Linux
internal import OCI

/// A line of /proc/devices: a major number and the name of the driver that has it.
public struct DeviceGroup: Equatable, Sendable {
  public var isBlock: Bool
  public var major: UInt32
  public var name: String

  public init(isBlock: Bool, major: UInt32, name: String) {
    self.isBlock = isBlock
    self.major = major
    self.name = name
  }

  /// What /proc/devices says; nothing where it cannot be read, and then wildcards have no name.
  public static func current() -> [DeviceGroup] {
    do throws(SyscallError) {
      return parse(try readFile(.workingDirectory, "/proc/devices", limit: 1 << 20))
    } catch { return [] }
  }

  static func parse(_ bytes: [UInt8]) -> [DeviceGroup] {
    var result: [DeviceGroup] = []
    var isBlock = false
    for line in lines(bytes) {
      if line.starts(with: "Block devices".utf8) { isBlock = true }
      let parts = words(line)
      guard parts.count == 2, let number = parseNumber(parts[0]), let major = UInt32(exactly: number) else {
        continue
      }
      result.append(
        DeviceGroup(isBlock: isBlock, major: major, name: String(decoding: parts[1], as: UTF8.self)))
    }
    return result
  }
}

extension DeviceRuleList {
  /// The rules as `DevicePolicy=` and `DeviceAllow=`.
  ///
  /// systemd knows only lists of what is allowed. Where the rules cannot be said so, it is told to restrict nothing, and
  /// they hold all the same: the container's own program, or the files of version 1, stand beside systemd's.
  func unitProperties(groups: [DeviceGroup]) -> [UnitProperty] {
    guard let allowed = allowed(groups) else { return [UnitProperty("DevicePolicy", .string("auto"))] }
    return [
      UnitProperty("DevicePolicy", .string("strict")),
      UnitProperty(
        "DeviceAllow",
        .array(of: "(ss)", allowed.map { .structure([.string($0.path), .string($0.access)]) })),
    ]
  }

  /// Nil where a list of what is allowed would not be the same.
  private func allowed(_ groups: [DeviceGroup]) -> [(path: String, access: String)]? {
    if allowsByDefault { return nil }
    var result: [(path: String, access: String)] = []
    var earlier: [Entry] = []
    for entry in entries {
      if !entry.allow {
        // What nothing has allowed yet need not be forbidden.
        if earlier.contains(where: { $0.overlaps(entry) }) { return nil }
        continue
      }
      earlier.append(entry)
      for isBlock in entry.isBlock.map({ [$0] }) ?? [false, true] {
        guard let path = DeviceRuleList.path(entry, isBlock: isBlock, groups) else { return nil }
        result.append((path, entry.access.description))
      }
    }
    return result
  }

  private static func path(_ entry: Entry, isBlock: Bool, _ groups: [DeviceGroup]) -> String? {
    switch (entry.major, entry.minor) {
    case (let major?, let minor?): return (isBlock ? "/dev/block/" : "/dev/char/") + "\(major):\(minor)"
    case (let major?, nil):
      // By name only: all majors of the driver, which may be more than the rule allows, and our own program is exact.
      let group = groups.first { $0.isBlock == isBlock && $0.major == major }
      return group.map { (isBlock ? "block-" : "char-") + $0.name }
    case (nil, nil): return isBlock ? "block-*" : "char-*"
    case (nil, _?): return nil
    }
  }
}
