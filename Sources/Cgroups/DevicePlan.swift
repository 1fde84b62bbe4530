// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import OCI

extension ResourcePlanner {
  /// `linux.resources.devices` and the devices that every container may use, as one ordered list.
  ///
  /// The list starts from "nothing is allowed", whatever a parent cgroup allows. Without any rule nothing is written.
  ///
  /// - Throws: also when a rule cannot be enforced here: devices left open in silence are a way out of the container.
  mutating func addDevices(_ rules: [DeviceRule], defaults: [DeviceRule]) throws(CgroupError) {
    if rules.isEmpty && defaults.isEmpty { return }
    let list = try DeviceRuleList(rules, defaults: defaults)
    if let index = host.index(of: .devices) {
      for write in try list.writes() { self.write(write, at: Place(index: index, version: .v1), .devices) }
    } else if let index = host.unified {
      setProgram(list.program(), at: index)
    } else {
      // Says which controller is missing.
      _ = try place(.devices, field: "/linux/resources/devices")
    }
  }
}

/// Rules for devices, reduced to what counts: a default, and rules in order of which the last that matches decides.
struct DeviceRuleList: Equatable {
  struct Entry: Equatable {
    var allow: Bool
    /// `nil`: both kinds.
    var isBlock: Bool?
    var major: UInt32?
    var minor: UInt32?
    var access: DeviceAccess
    var field: String

    /// Whether some device is meant by both.
    func overlaps(_ other: Entry) -> Bool {
      (isBlock ?? other.isBlock) == (other.isBlock ?? isBlock)
        && (major ?? other.major) == (other.major ?? major)
        && (minor ?? other.minor) == (other.minor ?? minor)
    }
  }

  private(set) var allowsByDefault = false
  private(set) var entries: [Entry] = []

  /// The field that set the default last.
  private var defaultField = DeviceRuleList.field

  private static let field = "/linux/resources/devices"

  /// So many rules make a program that BPF's jumps can cross, and bound what comparing them with one another costs.
  static let largestCount = 4096

  /// - Parameter defaults: not in the configuration, so that an error can only name the list.
  init(_ rules: [DeviceRule], defaults: [DeviceRule] = []) throws(CgroupError) {
    if rules.count + defaults.count > DeviceRuleList.largestCount {
      throw CgroupError(
        .invalidValue, field: DeviceRuleList.field,
        "there are more than \(DeviceRuleList.largestCount) rules: use wildcards")
    }
    entries.reserveCapacity(rules.count + defaults.count)
    for (number, rule) in rules.enumerated() { try add(rule, DeviceRuleList.field + "/" + String(number)) }
    for rule in defaults { try add(rule, DeviceRuleList.field) }
  }

  private mutating func add(_ rule: DeviceRule, _ field: String) throws(CgroupError) {
    if rule.access.isEmpty {
      throw CgroupError(.invalidValue, field: field + "/access", "none of r, w and m is given")
    }
    if rule.type == .all && rule.major == nil && rule.minor == nil && rule.access == .all {
      // What came before no longer matters.
      allowsByDefault = rule.allow
      defaultField = field
      entries.removeAll(keepingCapacity: true)
      return
    }
    // The kernel takes type "a" for everything, whatever numbers and accesses stand beside it. Nobody who writes
    // them can mean that, so they count here, as a rule for each kind.
    let isBlock: Bool? =
      switch rule.type {
      case .all: nil
      case .block: true
      case .character: false
      }
    entries.append(
      Entry(
        allow: rule.allow, isBlock: isBlock, major: rule.major, minor: rule.minor, access: rule.access,
        field: field))
  }

  // MARK: Version 1

  /// An exception from the default, as the kernel keeps it: one for each kind and pair of numbers.
  private struct Exception {
    var isBlock: Bool
    var major: UInt32?
    var minor: UInt32?
    var access: DeviceAccess
    var field: String

    /// As the kernel reads it. Joined, not interpolated: there is a dozen of these in every start.
    var line: String {
      var line = isBlock ? "b " : "c "
      line += major.map { String($0) } ?? "*"
      line += ":"
      line += minor.map { String($0) } ?? "*"
      line += " "
      line += access.description
      return line
    }

    func covers(_ other: Exception) -> Bool {
      isBlock == other.isBlock && (major == nil || major == other.major)
        && (minor == nil || minor == other.minor)
    }

    func isSameDevice(_ other: Exception) -> Bool {
      isBlock == other.isBlock && major == other.major && minor == other.minor
    }
  }

  /// The lines for `devices.deny` and `devices.allow`.
  ///
  /// - Throws: where a rule takes something out of a wildcard, which version 1 ignores in silence.
  func writes() throws(CgroupError) -> [FileWrite] {
    var exceptions: [Exception] = []
    for entry in entries {
      for isBlock in entry.isBlock.map({ [$0] }) ?? [false, true] {
        let exception = Exception(
          isBlock: isBlock, major: entry.major, minor: entry.minor, access: entry.access, field: entry.field)
        if entry.allow == allowsByDefault {
          try DeviceRuleList.remove(exception, from: &exceptions)
        } else {
          DeviceRuleList.add(exception, to: &exceptions)
        }
      }
    }
    var result: [FileWrite] = []
    result.reserveCapacity(exceptions.count + 1)
    result.append(FileWrite(allowsByDefault ? "devices.allow" : "devices.deny", "a", field: defaultField))
    let file = allowsByDefault ? "devices.deny" : "devices.allow"
    for exception in exceptions {
      result.append(FileWrite(file, exception.line, field: exception.field))
    }
    return result
  }

  private static func add(_ exception: Exception, to list: inout [Exception]) {
    if let index = list.firstIndex(where: { $0.isSameDevice(exception) }) {
      list[index].access.formUnion(exception.access)
    } else {
      list.append(exception)
    }
  }

  private static func remove(_ exception: Exception, from list: inout [Exception]) throws(CgroupError) {
    for other in list where other.covers(exception) && !other.isSameDevice(exception) {
      if !other.access.isDisjoint(with: exception.access) {
        throw CgroupError(
          .unsupported, field: exception.field,
          "cgroup v1 cannot make an exception from the wildcard of \(other.field): list the devices one by one"
        )
      }
    }
    // A wider rule takes the narrower exceptions with it.
    for index in list.indices.reversed() where exception.covers(list[index]) {
      list[index].access.subtract(exception.access)
      if list[index].access.isEmpty { list.remove(at: index) }
    }
  }

  // MARK: Version 2

  /// The program for `BPF_PROG_TYPE_CGROUP_DEVICE`.
  func program() -> DeviceProgram { DeviceProgram(entries, allowsByDefault: allowsByDefault) }
}
