// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// Attributes of a mount, as fsmount(2) and mount_setattr(2) take them.
public struct MountAttributes: OptionSet, Hashable, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let readOnly = MountAttributes(rawValue: CL_MOUNT_ATTR_RDONLY)
  public static let noSUID = MountAttributes(rawValue: CL_MOUNT_ATTR_NOSUID)
  public static let noDevices = MountAttributes(rawValue: CL_MOUNT_ATTR_NODEV)
  public static let noExec = MountAttributes(rawValue: CL_MOUNT_ATTR_NOEXEC)
  public static let noAccessTime = MountAttributes(rawValue: CL_MOUNT_ATTR_NOATIME)
  public static let strictAccessTime = MountAttributes(rawValue: CL_MOUNT_ATTR_STRICTATIME)
  public static let noDirectoryAccessTime = MountAttributes(rawValue: CL_MOUNT_ATTR_NODIRATIME)
  /// Linux 5.14.
  public static let noSymlinkFollow = MountAttributes(rawValue: CL_MOUNT_ATTR_NOSYMFOLLOW)
  /// All access time modes; what is to be cleared before one of them is set.
  public static let accessTimeMask = MountAttributes(rawValue: CL_MOUNT_ATTR__ATIME)
  static let idmap = MountAttributes(rawValue: CL_MOUNT_ATTR_IDMAP)
}

/// Propagation types of mount_namespaces(7).
public enum MountPropagation: Hashable, Sendable {
  case `private`, shared, slave, unbindable

  var flag: UInt64 {
    switch self {
    case .private: CL_MS_PRIVATE
    case .shared: CL_MS_SHARED
    case .slave: CL_MS_SLAVE
    case .unbindable: CL_MS_UNBINDABLE
    }
  }
}

/// fsopen(2): a context in which a file system is configured (Linux 5.2).
public func fsopen(_ type: String) throws(SyscallError) -> Descriptor {
  let result = type.withCString { cl_fsopen($0, UInt32(FSOPEN_CLOEXEC)) }
  return Descriptor(owning: Int32(try check(result, "fsopen", type)))
}

/// fsconfig(2) with a string value; a file system's own words about a refusal are in the error's detail.
public func fsconfigSet(_ context: FD, _ key: String, _ value: String) throws(SyscallError) {
  let command = UInt32(FSCONFIG_SET_STRING.rawValue)
  let result = key.withCString { key in
    value.withCString { cl_fsconfig(context.rawValue, command, key, $0, 0) }
  }
  if result < 0 { throw contextFailure(context, result, "fsconfig", "\(key)=\(value)") }
}

/// fsconfig(2) with an option that has no value.
public func fsconfigSet(_ context: FD, flag key: String) throws(SyscallError) {
  let command = UInt32(FSCONFIG_SET_FLAG.rawValue)
  let result = key.withCString { cl_fsconfig(context.rawValue, command, $0, nil, 0) }
  if result < 0 { throw contextFailure(context, result, "fsconfig", key) }
}

/// fsconfig(2), `FSCONFIG_CMD_CREATE`: makes the superblock, or finds an existing one.
public func fsconfigCreate(_ context: FD) throws(SyscallError) {
  let result = cl_fsconfig(context.rawValue, UInt32(FSCONFIG_CMD_CREATE.rawValue), nil, nil, 0)
  if result < 0 { throw contextFailure(context, result, "fsconfig", "create") }
}

/// fsmount(2): a detached mount of the configured file system.
public func fsmount(_ context: FD, _ attributes: MountAttributes) throws(SyscallError) -> Descriptor {
  let result = cl_fsmount(context.rawValue, UInt32(FSMOUNT_CLOEXEC), UInt32(attributes.rawValue))
  if result < 0 { throw contextFailure(context, result, "fsmount", "") }
  return Descriptor(owning: Int32(result))
}

/// Adds what the kernel wrote into the context's log, such as "e tmpfs: Unknown parameter 'frob'".
private func contextFailure(
  _ context: FD, _ result: Int, _ call: StaticString, _ detail: String
) -> SyscallError {
  var said: [String] = []
  for _ in 0..<8 {
    let line = withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer -> String? in
      let length = cl_read(context.rawValue, buffer.baseAddress, buffer.count)
      if length <= 2 { return nil }
      // Two bytes of severity come first: "e ", "w " or "i ".
      return String(
        decoding: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[2..<length]), as: UTF8.self)
    }
    guard let line else { break }
    said.append(line)
  }
  let words = said.joined(separator: "; ")
  let parts = [detail, words].filter { !$0.isEmpty }
  return failure(result, call, parts.joined(separator: ": "))
}

/// open_tree(2) with `OPEN_TREE_CLONE`: a detached copy of a mount (Linux 5.2).
///
/// - Parameters:
///   - path: empty means what `directory` itself refers to.
///   - recursive: with everything mounted below.
///   - followLinks: whether a symbolic link at the end of `path` is followed.
public func openTreeClone(
  _ directory: FD, _ path: String, recursive: Bool, followLinks: Bool = true
) throws(SyscallError) -> Descriptor {
  var flags = UInt32(OPEN_TREE_CLONE) | UInt32(bitPattern: O_CLOEXEC)
  if path.isEmpty { flags |= UInt32(cl_at_empty_path) }
  if recursive { flags |= UInt32(cl_at_recursive) }
  if !followLinks { flags |= UInt32(AT_SYMLINK_NOFOLLOW) }
  let result = path.withCString { cl_open_tree(directory.rawValue, $0, flags) }
  return Descriptor(owning: Int32(try check(result, "open_tree", path)))
}

/// move_mount(2): attaches a detached mount at what `target` refers to (Linux 5.2).
public func moveMount(_ mount: FD, onto target: FD) throws(SyscallError) {
  let flags = UInt32(MOVE_MOUNT_F_EMPTY_PATH) | UInt32(MOVE_MOUNT_T_EMPTY_PATH)
  try check(cl_move_mount(mount.rawValue, target.rawValue, flags), "move_mount")
}

/// A change for mount_setattr(2).
public struct MountAttributeChange: Equatable, Hashable, Sendable {
  public var setting: MountAttributes
  public var clearing: MountAttributes
  public var propagation: MountPropagation?

  public init(
    setting: MountAttributes = [], clearing: MountAttributes = [], propagation: MountPropagation? = nil
  ) {
    self.setting = setting
    self.clearing = clearing
    self.propagation = propagation
  }

  public var isEmpty: Bool { setting.isEmpty && clearing.isEmpty && propagation == nil }
}

/// mount_setattr(2) (Linux 5.12).
///
/// - Parameters:
///   - path: empty means the mount that `mount` refers to.
///   - userNamespace: ids are mapped through it (`MOUNT_ATTR_IDMAP`); only on detached mounts.
public func mountSetAttributes(
  _ mount: FD, at path: String = "", _ change: MountAttributeChange, recursive: Bool,
  userNamespace: FD? = nil
) throws(SyscallError) {
  var attributes = mount_attr()
  attributes.attr_set = change.setting.rawValue
  attributes.attr_clr = change.clearing.rawValue
  if let propagation = change.propagation { attributes.propagation = propagation.flag }
  // The access time modes are values of one field: the kernel wants it cleared whole or not at all.
  if !change.setting.union(change.clearing).isDisjoint(with: .accessTimeMask) {
    attributes.attr_clr |= CL_MOUNT_ATTR__ATIME
  }
  if let userNamespace {
    attributes.attr_set |= CL_MOUNT_ATTR_IDMAP
    attributes.userns_fd = UInt64(userNamespace.rawValue)
  }
  var flags: UInt32 = path.isEmpty ? UInt32(cl_at_empty_path) : 0
  if recursive { flags |= UInt32(cl_at_recursive) }
  let result = path.withCString { cl_mount_setattr(mount.rawValue, $0, flags, &attributes) }
  try check(result, "mount_setattr", path)
}

/// Changes the propagation of the mount at a path with mount(2), which kernels before 5.12 need.
public func setPropagation(
  _ path: String, _ propagation: MountPropagation, recursive: Bool
) throws(SyscallError) {
  let flags = propagation.flag | (recursive ? CL_MS_REC : 0)
  try check(cl_mount("", path, "", UInt(flags), nil), "mount", path)
}

/// pivot_root(".", "."): the working directory becomes the root, and the old root is mounted on top of it.
public func pivotRootToWorkingDirectory() throws(SyscallError) {
  try check(cl_pivot_root(".", "."), "pivot_root")
}

/// umount2(2) with `MNT_DETACH`: out of the tree at once, gone when the last user is.
public func detachMount(_ path: String) throws(SyscallError) {
  try check(cl_umount2(path, cl_mnt_detach | cl_umount_nofollow), "umount", path)
}
