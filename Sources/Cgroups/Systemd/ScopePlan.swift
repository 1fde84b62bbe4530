// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import DBus
public import OCI

/// The unit of systemd whose cgroups a container gets (`--systemd-cgroup`): a value, made without asking systemd.
///
/// systemd owns the upper part of the tree then and hands the scope's directory over (`Delegate=`). A scope cannot be
/// made without a process, so it is started when the container's process exists and waits.
public struct ScopePlan: Equatable, Sendable {
  /// `roost-web.scope`.
  public var unit: String
  /// `machine.slice`: below which unit it is.
  public var slice: String
  public var manager: SystemdManager.Kind
  /// Without `PIDs`, which is known only later.
  public var properties: [UnitProperty]

  /// By which a unit is known to be ours.
  var description: String {
    properties.last { $0.name == "Description" }?.value.text ?? ""
  }

  /// What the container's state records before the unit is asked for.
  public var record: UnitRecord { UnitRecord(name: unit, manager: manager, description: description) }
}

/// A property of a unit, as the manager's D-Bus interface takes it (org.freedesktop.systemd1(5)).
public struct UnitProperty: Equatable, Sendable {
  public var name: String
  public var value: DBusValue
  /// Whether a systemd that does not know it may go without: the value is written to the cgroup's file as well.
  public var isOptional: Bool

  public init(_ name: String, _ value: DBusValue, isOptional: Bool = false) {
    self.name = name
    self.value = value
    self.isOptional = isOptional
  }
}

extension UnitProperty: CustomStringConvertible {
  public var description: String { assignment + (isOptional ? " optional" : "") }

  /// `MemoryMax=uint64 67108864`.
  public var assignment: String { "\(name)=\(value)" }
}

/// What the container's state keeps of its unit.
public struct UnitRecord: Equatable, Sendable {
  public var name: String
  public var manager: SystemdManager.Kind
  /// The unit's `Description=`: one of the same name and with another is somebody else's.
  public var description: String

  public init(name: String, manager: SystemdManager.Kind, description: String) {
    self.name = name
    self.manager = manager
    self.description = description
  }
}

/// What a caller chooses when it wants systemd to manage the cgroups.
public struct SystemdOptions: Equatable, Sendable {
  public var manager: SystemdManager.Kind
  /// The container's annotations; those that start with `org.systemd.property.` become properties.
  public var annotations: [KeyValue] = []
  /// The kernel's names of device numbers, which wildcards in device rules need.
  public var deviceGroups: [DeviceGroup] = []

  public init(_ manager: SystemdManager.Kind) { self.manager = manager }
}

extension ScopePlan {
  /// - Parameters:
  ///   - path: `linux.cgroupsPath`, `slice:prefix:name`.
  ///   - allowsDevices: false where devices cannot be restricted, as for an ordinary user.
  init(
    _ path: String?, id: String, _ resources: Resources?, _ choice: SystemdOptions, isV2: Bool,
    devices: DeviceRuleList?
  ) throws(CgroupError) {
    let name = try ScopeName(path, id: id, manager: choice.manager)
    unit = name.unit
    slice = name.slice
    manager = choice.manager
    properties = [
      UnitProperty("Description", .string("roost-runtime container \(id)")),
      UnitProperty("Slice", .string(name.slice)),
      UnitProperty("Delegate", .boolean(true)),
      // By default systemd would end the processes at shutdown before the engine that looks after them has.
      UnitProperty("DefaultDependencies", .boolean(false)),
      UnitProperty("MemoryAccounting", .boolean(true)), UnitProperty("CPUAccounting", .boolean(true)),
      UnitProperty("TasksAccounting", .boolean(true)),
      UnitProperty(isV2 ? "IOAccounting" : "BlockIOAccounting", .boolean(true)),
      // A scope whose last process was killed would stay as "failed" otherwise, and so would its name.
      UnitProperty("CollectMode", .string("inactive-or-failed"), isOptional: true),
    ]
    if let resources {
      properties += try PropertyConversion(isV2: isV2, .creation).properties(resources)
    }
    if let devices { properties += devices.unitProperties(groups: choice.deviceGroups) }
    try add(choice.annotations)
  }

  /// `org.systemd.property.NAME`: the value is GVariant text, as with runc. They come last, so they hold.
  private mutating func add(_ annotations: [KeyValue]) throws(CgroupError) {
    let prefix = "org.systemd.property."
    for annotation in annotations where annotation.key.utf8.starts(with: prefix.utf8) {
      let field = "/annotations/" + pointerToken(annotation.key)
      var name = String(decoding: annotation.key.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
      let isName =
        name.utf8.count >= 3
        && name.utf8.allSatisfy { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }
      guard isName else {
        throw CgroupError(.invalidValue, field: field, "\"\(name)\" is not the name of a unit's property")
      }
      var value: DBusValue
      do throws(DBusError) { value = try DBusValue(text: annotation.value) } catch {
        throw CgroupError(
          .invalidValue, field: field,
          "\(error): write it as GVariant text, such as 'text', true, uint64 5 or ['a', 'b']")
      }
      if let exact = ScopePlan.exactTime(name) {
        guard let microseconds = ScopePlan.microseconds(value) else {
          throw CgroupError(.invalidValue, field: field, "\(value) is not a number of seconds")
        }
        name = exact
        value = .uint64(microseconds)
      }
      properties.removeAll { $0.name == name }
      properties.append(UnitProperty(name, value))
    }
  }

  /// Unit files have `TimeoutStopSec`, the bus has `TimeoutStopUSec`.
  ///
  /// - Returns: nil for a name that is not one of a time.
  private static func exactTime(_ name: String) -> String? {
    guard name.utf8.count > 3, name.hasSuffix("Sec") else { return nil }
    let rest = name.dropLast(3)
    guard let last = rest.utf8.last, last >= UInt8(ascii: "a"), last <= UInt8(ascii: "z") else { return nil }
    return rest + "USec"
  }

  private static func microseconds(_ value: DBusValue) -> UInt64? {
    let seconds: UInt64?
    switch value {
    case .byte(let number): seconds = UInt64(number)
    case .int16(let number): seconds = UInt64(exactly: number)
    case .uint16(let number): seconds = UInt64(number)
    case .int32(let number): seconds = UInt64(exactly: number)
    case .uint32(let number): seconds = UInt64(number)
    case .int64(let number): seconds = UInt64(exactly: number)
    case .uint64(let number): seconds = number
    case .double(let number):
      return number >= 0 && number < 1e12 ? UInt64(number * 1_000_000) : nil
    default: return nil
    }
    guard let seconds else { return nil }
    let (result, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    return overflow ? nil : result
  }
}
