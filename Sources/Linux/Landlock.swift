// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// Landlock: a process gives up access to files and ports, for itself and all that it starts (landlock(7)).
public enum Landlock {
  /// The version of the kernel's interface; 0 where the kernel has none, or was booted without it.
  public static var version: Int { max(0, cl_landlock_version()) }
}

/// What Landlock decides about files (`LANDLOCK_ACCESS_FS_*`).
public struct LandlockFileRights: OptionSet, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Files and the lists of directories.
  public static let read = LandlockFileRights(rawValue: CL_LANDLOCK_READ)
  public static let execute = LandlockFileRights(rawValue: CL_LANDLOCK_EXECUTE)
  /// Writing, truncating (version 3), making, removing, renaming and linking into other directories (version 2).
  public static let write = LandlockFileRights(rawValue: CL_LANDLOCK_WRITE)
  /// All that a rule on something other than a directory may hold.
  public static let ofFiles = LandlockFileRights(rawValue: CL_LANDLOCK_OF_FILES)
}

/// What Landlock decides about TCP (`LANDLOCK_ACCESS_NET_*`, version 4).
public struct LandlockPortRights: OptionSet, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let bind = LandlockPortRights(rawValue: CL_LANDLOCK_BIND)
  public static let connect = LandlockPortRights(rawValue: CL_LANDLOCK_CONNECT)
}

/// Makes a ruleset without rules, close-on-exec: what it is about is refused (landlock_create_ruleset(2)).
public func landlockCreateRuleset(
  files: LandlockFileRights, ports: LandlockPortRights
) throws(SyscallError) -> Descriptor {
  let result = cl_landlock_create(files.rawValue, ports.rawValue)
  return Descriptor(owning: Int32(try check(result, "landlock_create_ruleset")))
}

/// Allows something for a file, or for a directory and all below it (landlock_add_rule(2)).
public func landlockAllow(
  _ ruleset: FD, beneath object: FD, _ rights: LandlockFileRights
) throws(SyscallError) {
  try check(cl_landlock_allow_path(ruleset.rawValue, object.rawValue, rights.rawValue), "landlock_add_rule")
}

/// Allows something for a port (landlock_add_rule(2)).
public func landlockAllow(
  _ ruleset: FD, port: UInt16, _ rights: LandlockPortRights
) throws(SyscallError) {
  try check(cl_landlock_allow_port(ruleset.rawValue, port, rights.rawValue), "landlock_add_rule")
}

/// From here on this process and its children are held to the rules; irrevocable (landlock_restrict_self(2)).
///
/// - Throws: `EPERM` for who has neither `CAP_SYS_ADMIN` nor promised to gain no privileges.
public func landlockRestrictSelf(_ ruleset: FD) throws(SyscallError) {
  try check(cl_landlock_restrict_self(ruleset.rawValue), "landlock_restrict_self")
}
