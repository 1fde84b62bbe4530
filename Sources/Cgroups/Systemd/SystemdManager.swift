// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import DBus
internal import Linux

/// A running systemd, asked over D-Bus (org.freedesktop.systemd1(5)): the system's, or the one of a user.
///
/// Its private socket is tried first: it needs no bus daemon, no greeting and no subscription. The bus is what a
/// container or a sandbox may have been given instead.
public final class SystemdManager {
  public enum Kind: String, Sendable {
    /// Process 1.
    case system
    /// `systemd --user` of the caller.
    case user
  }

  private let connection: DBusConnection
  private let isPeer: Bool

  private static let name = "org.freedesktop.systemd1"
  private static let path = "/org/freedesktop/systemd1"
  private static let interface = "org.freedesktop.systemd1.Manager"
  /// systemd's own default for starting and stopping is 90 s; a scope has nothing to start.
  private static let jobTimeoutMilliseconds = 30_000

  private init(_ connection: DBusConnection, isPeer: Bool) {
    self.connection = connection
    self.isPeer = isPeer
  }

  // MARK: Connecting

  /// - Throws: ``CgroupError/Reason/unsupported`` where there is no systemd, with what to do instead.
  public static func connect(_ kind: Kind) throws(CgroupError) -> SystemdManager {
    try check(kind)
    let doors = doors(kind)
    var failures: [String] = []
    for door in doors {
      do throws(DBusError) {
        let connection = try DBusConnection(door.address, hello: !door.isPeer)
        if !door.isPeer { try connection.addMatch(jobRemovedRule) }
        return SystemdManager(connection, isPeer: door.isPeer)
      } catch { failures.append("\(door.address.path): \(error)") }
    }
    let reasons = failures.isEmpty ? "no address is known" : failures.joined(separator: "; ")
    throw CgroupError(
      .refused,
      kind == .system
        ? "cannot reach systemd (\(reasons)): leave out --systemd-cgroup to use cgroupfs"
        : "cannot reach the user's systemd (\(reasons)): log in, or loginctl enable-linger, and set XDG_RUNTIME_DIR"
    )
  }

  /// Asks whether there is a systemd at all (sd_booted(3)), without speaking to it.
  public static func check(_ kind: Kind) throws(CgroupError) {
    do throws(SyscallError) {
      if try fstatat(.workingDirectory, "/run/systemd/system").isDirectory { return }
    } catch {
      if error.errno != .noEntry && error.errno != .notDirectory {
        throw .refused("cannot look for systemd at /run/systemd/system", error)
      }
    }
    throw CgroupError(
      .unsupported,
      "systemd cgroup flag passed, but systemd support for managing cgroups is not available: this system was not "
        + "started by systemd (there is no /run/systemd/system); leave out --systemd-cgroup to use cgroupfs")
  }

  private struct Door {
    let address: DBusAddress
    let isPeer: Bool
  }

  private static func doors(_ kind: Kind) -> [Door] {
    switch kind {
    case .system:
      let bus = variable("DBUS_SYSTEM_BUS_ADDRESS").flatMap { DBusAddress(list: $0) }
      return [
        Door(address: DBusAddress(path: "/run/systemd/private"), isPeer: true),
        Door(address: bus ?? DBusAddress(path: "/run/dbus/system_bus_socket"), isPeer: false),
      ]
    case .user:
      let directory = variable("XDG_RUNTIME_DIR") ?? "/run/user/\(effectiveUserID())"
      var doors = [Door(address: DBusAddress(path: directory + "/systemd/private"), isPeer: true)]
      if let bus = variable("DBUS_SESSION_BUS_ADDRESS").flatMap({ DBusAddress(list: $0) }) {
        doors.append(Door(address: bus, isPeer: false))
      }
      return doors + [Door(address: DBusAddress(path: directory + "/bus"), isPeer: false)]
    }
  }

  private static func variable(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }

  // MARK: Units

  /// Starts a scope around a process and waits until it is in its cgroup.
  ///
  /// - Parameter pid: in the PID namespace of systemd.
  func start(_ scope: ScopePlan, pid: Int32) throws(CgroupError) {
    let properties =
      scope.properties + [UnitProperty("PIDs", .array(of: "u", [.uint32(UInt32(bitPattern: pid))]))]
    do throws(DBusError) {
      try start(scope.unit, properties)
    } catch {
      guard case .answered(let name, _) = error else { throw failure("start", scope.unit, error) }
      do throws(DBusError) {
        switch name {
        case "org.freedesktop.systemd1.UnitExists":
          // A scope that failed keeps its name until somebody has taken note.
          try call("ResetFailedUnit", [.string(scope.unit)])
          try start(scope.unit, properties)
        case "org.freedesktop.DBus.Error.PropertyReadOnly", "org.freedesktop.DBus.Error.InvalidArgs",
          "org.freedesktop.DBus.Error.UnknownProperty":
          let known = properties.filter { !$0.isOptional }
          if known.count == properties.count { throw error }
          try start(scope.unit, known)
        default: throw error
        }
      } catch let second {
        throw failure("start", scope.unit, second)
      }
    }
  }

  private func start(_ unit: String, _ properties: [UnitProperty]) throws(DBusError) {
    let answer = try call(
      "StartTransientUnit",
      [
        .string(unit), .string("fail"), SystemdManager.list(properties),
        .array(of: "(sa(sv))", []),
      ])
    try wait(for: answer, unit)
  }

  private static func list(_ properties: [UnitProperty]) -> DBusValue {
    .array(of: "(sv)", properties.map { .structure([.string($0.name), .variant($0.value)]) })
  }

  /// Changes properties of a unit until the next boot.
  func setProperties(_ unit: String, _ properties: [UnitProperty]) throws(CgroupError) {
    if properties.isEmpty { return }
    do throws(DBusError) {
      do throws(DBusError) {
        try call("SetUnitProperties", [.string(unit), .boolean(true), SystemdManager.list(properties)])
      } catch {
        let known = properties.filter { !$0.isOptional }
        guard case .answered = error, known.count < properties.count else { throw error }
        try call("SetUnitProperties", [.string(unit), .boolean(true), SystemdManager.list(known)])
      }
    } catch { throw failure("change", unit, error) }
  }

  /// Stops a unit and waits until it is gone. One that does not exist, or is not the recorded one, is gone.
  func stop(_ record: UnitRecord) throws(CgroupError) {
    do throws(DBusError) {
      guard try isOurs(record) else { return }
      do throws(DBusError) {
        try wait(for: try call("StopUnit", [.string(record.name), .string("replace")]), record.name)
      } catch {
        if !SystemdManager.isMissing(error) { throw error }
      }
      do throws(DBusError) { try call("ResetFailedUnit", [.string(record.name)]) } catch {
        if !SystemdManager.isMissing(error) { throw error }
      }
    } catch { throw failure("stop", record.name, error) }
  }

  /// Kills all processes of a unit.
  func kill(_ record: UnitRecord, _ signal: Int32) throws(CgroupError) {
    do throws(DBusError) {
      guard try isOurs(record) else { return }
      try call("KillUnit", [.string(record.name), .string("all"), .int32(signal)])
    } catch {
      if !SystemdManager.isMissing(error) { throw failure("kill", record.name, error) }
    }
  }

  /// Whether the unit of this name is the recorded one.
  private func isOurs(_ record: UnitRecord) throws(DBusError) -> Bool {
    let path: DBusValue?
    do throws(DBusError) { path = try call("GetUnit", [.string(record.name)]).first } catch {
      if SystemdManager.isMissing(error) { return false }
      throw error
    }
    guard let object = path?.text else { throw .malformed("GetUnit answered without a path") }
    let answer: [DBusValue]
    do throws(DBusError) {
      answer = try connection.call(
        .call(
          "Get", interface: "org.freedesktop.DBus.Properties", path: object,
          destination: isPeer ? nil : SystemdManager.name,
          [.string("org.freedesktop.systemd1.Unit"), .string("Description")]))
    } catch {
      if SystemdManager.isMissing(error) { return false }
      throw error
    }
    return answer.first?.unwrapped.text == record.description
  }

  private static func isMissing(_ error: DBusError) -> Bool {
    guard case .answered(let name, _) = error else { return false }
    return name == "org.freedesktop.systemd1.NoSuchUnit" || name == "org.freedesktop.DBus.Error.UnknownObject"
  }

  // MARK: Calls and jobs

  @discardableResult
  private func call(_ member: String, _ body: [DBusValue]) throws(DBusError) -> [DBusValue] {
    try connection.call(
      .call(
        member, interface: SystemdManager.interface, path: SystemdManager.path,
        destination: isPeer ? nil : SystemdManager.name, body))
  }

  private static let jobRemovedRule =
    "type='signal',sender='\(name)',path='\(path)',interface='\(interface)',member='JobRemoved'"

  /// Waits for the end of the job whose path a call has answered.
  private func wait(for answer: [DBusValue], _ unit: String) throws(DBusError) {
    guard let job = answer.first?.text else { throw .malformed("systemd answered without a job") }
    let removed = try connection.signal(timeoutMilliseconds: SystemdManager.jobTimeoutMilliseconds) {
      signal in
      signal.member == "JobRemoved" && signal.body.count == 4 && signal.body[1].text == job
    }
    guard let removed else { throw .timedOut("the job of \(unit)") }
    let result = removed.body[3].text ?? ""
    if result != "done" { throw .malformed("the job of \(unit) ended as \"\(result)\"") }
  }

  private func failure(_ verb: String, _ unit: String, _ error: DBusError) -> CgroupError {
    let remedy: String
    switch error {
    case .answered("org.freedesktop.systemd1.UnitExists", _):
      remedy = ": another container may have it: choose another linux.cgroupsPath"
    case .answered("org.freedesktop.DBus.Error.AccessDenied", _),
      .answered("org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", _):
      remedy = ": run as root, or use the user's systemd"
    default: remedy = ""
    }
    return CgroupError(.refused, "unable to \(verb) unit \"\(unit)\": \(error)\(remedy)")
  }
}
