// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// Sets real, effective and saved user id.
public func setresuid(_ uid: UInt32) throws(SyscallError) {
  try check(cl_setresuid(uid, uid, uid), "setresuid", "\(uid)")
}

/// Sets real, effective and saved group id.
public func setresgid(_ gid: UInt32) throws(SyscallError) {
  try check(cl_setresgid(gid, gid, gid), "setresgid", "\(gid)")
}

/// Replaces the supplementary groups (setgroups(2)); an empty list drops all.
public func setgroups(_ groups: [UInt32]) throws(SyscallError) {
  try check(cl_setgroups(groups.count, groups), "setgroups")
}

/// The supplementary groups (getgroups(2)).
public func getgroups() throws(SyscallError) -> [UInt32] {
  let count = try check(cl_getgroups(0, nil), "getgroups")
  var groups = [UInt32](repeating: 0, count: count)
  let got = try check(cl_getgroups(Int32(count), &groups), "getgroups")
  return Array(groups.prefix(got))
}

public func effectiveUserID() -> UInt32 { geteuid() }

public func effectiveGroupID() -> UInt32 { getegid() }

/// A set of capabilities as a bit mask by number (capabilities(7)).
public struct CapabilityMask: OptionSet, Hashable, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// - Parameter number: 0 to 63, such as `CAP_CHOWN`.
  public init(number: Int) { self.init(rawValue: 1 << UInt64(number & 63)) }
}

/// The three capability sets of a thread that capget(2) and capset(2) handle.
public struct CapabilitySets: Equatable, Sendable {
  public var effective: CapabilityMask
  public var permitted: CapabilityMask
  public var inheritable: CapabilityMask

  public init(effective: CapabilityMask, permitted: CapabilityMask, inheritable: CapabilityMask) {
    self.effective = effective
    self.permitted = permitted
    self.inheritable = inheritable
  }
}

/// capget(2) of the caller.
public func capget() throws(SyscallError) -> CapabilitySets {
  var effective: UInt64 = 0
  var permitted: UInt64 = 0
  var inheritable: UInt64 = 0
  try check(cl_capget(&effective, &permitted, &inheritable), "capget")
  return CapabilitySets(
    effective: CapabilityMask(rawValue: effective), permitted: CapabilityMask(rawValue: permitted),
    inheritable: CapabilityMask(rawValue: inheritable))
}

/// capset(2) of the caller.
public func capset(_ sets: CapabilitySets) throws(SyscallError) {
  try check(
    cl_capset(sets.effective.rawValue, sets.permitted.rawValue, sets.inheritable.rawValue), "capset")
}

/// Removes one capability from the bounding set (`PR_CAPBSET_DROP`).
///
/// - Returns: false when this kernel does not know the number.
public func dropBoundingCapability(_ number: Int) throws(SyscallError) -> Bool {
  let result = cl_prctl(PR_CAPBSET_DROP, UInt(number), 0, 0, 0)
  if result == -Int(EINVAL) { return false }
  try check(result, "prctl PR_CAPBSET_DROP", "\(number)")
  return true
}

/// Empties the ambient set (`PR_CAP_AMBIENT_CLEAR_ALL`).
public func clearAmbientCapabilities() throws(SyscallError) {
  try check(
    cl_prctl(PR_CAP_AMBIENT, UInt(PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0), "prctl PR_CAP_AMBIENT_CLEAR_ALL")
}

/// Adds one capability to the ambient set; it must be permitted and inheritable.
public func raiseAmbientCapability(_ number: Int) throws(SyscallError) {
  try check(
    cl_prctl(PR_CAP_AMBIENT, UInt(PR_CAP_AMBIENT_RAISE), UInt(number), 0, 0),
    "prctl PR_CAP_AMBIENT_RAISE", "\(number)")
}

/// Sets a resource limit of a process (prlimit(2)).
///
/// - Parameters:
///   - pid: 0 for the caller.
///   - resource: `RLIMIT_*`.
///   - soft: `UInt64.max` is unlimited.
public func prlimit(pid: Int32 = 0, resource: Int32, soft: UInt64, hard: UInt64) throws(SyscallError) {
  try check(cl_prlimit(pid, resource, soft, hard), "prlimit")
}

/// The soft and hard value of a resource limit of the caller.
public func getrlimit(_ resource: Int32) throws(SyscallError) -> (soft: UInt64, hard: UInt64) {
  var soft: UInt64 = 0
  var hard: UInt64 = 0
  try check(cl_prlimit_get(0, resource, &soft, &hard), "prlimit")
  return (soft, hard)
}
