// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// Flags of open(2). `cloexec` is always added by the functions of this module.
public struct OpenFlags: OptionSet, Sendable {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  public static let readOnly = OpenFlags(rawValue: O_RDONLY)
  public static let writeOnly = OpenFlags(rawValue: O_WRONLY)
  public static let readWrite = OpenFlags(rawValue: O_RDWR)
  public static let path = OpenFlags(rawValue: Int32(cl_o_path))
  public static let directory = OpenFlags(rawValue: O_DIRECTORY)
  public static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
  public static let create = OpenFlags(rawValue: O_CREAT)
  public static let exclusive = OpenFlags(rawValue: O_EXCL)
  public static let truncate = OpenFlags(rawValue: O_TRUNC)
  public static let append = OpenFlags(rawValue: O_APPEND)
  public static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
  public static let noControllingTerminal = OpenFlags(rawValue: O_NOCTTY)
}

/// How openat2(2) may resolve a path.
public struct ResolveFlags: OptionSet, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Neither `..` nor an absolute path or link may leave the starting directory.
  public static let beneath = ResolveFlags(rawValue: UInt64(RESOLVE_BENEATH))
  /// The starting directory is `/` for absolute paths, links and `..`, as after chroot(2).
  public static let inRoot = ResolveFlags(rawValue: UInt64(RESOLVE_IN_ROOT))
  public static let noSymlinks = ResolveFlags(rawValue: UInt64(RESOLVE_NO_SYMLINKS))
  public static let noMagicLinks = ResolveFlags(rawValue: UInt64(RESOLVE_NO_MAGICLINKS))
  /// No mount point may be crossed.
  public static let noCrossDevice = ResolveFlags(rawValue: UInt64(RESOLVE_NO_XDEV))
}

// A `String` that is handed to C as it is gets copied, twice; `withCString` shows C the text where it stands.

/// openat(2), close-on-exec.
public func openat(
  _ directory: FD, _ path: String, _ flags: OpenFlags, mode: UInt32 = 0
) throws(SyscallError) -> Descriptor {
  let result = try checkRetrying("open", path) {
    path.withCString { cl_openat(directory.rawValue, $0, flags.rawValue | O_CLOEXEC, mode) }
  }
  return Descriptor(owning: Int32(result))
}

/// openat2(2), close-on-exec (Linux 5.6).
///
/// `EAGAIN`, which the kernel returns when a rename elsewhere raced with a `..`, is repeated a bounded number of times.
public func openat2(
  _ directory: FD, _ path: String, _ flags: OpenFlags, mode: UInt32 = 0, resolve: ResolveFlags
) throws(SyscallError) -> Descriptor {
  var attempts = 0
  while true {
    let result = path.withCString {
      cl_openat2(directory.rawValue, $0, UInt64(flags.rawValue | O_CLOEXEC), UInt64(mode), resolve.rawValue)
    }
    if result >= 0 { return Descriptor(owning: Int32(result)) }
    attempts += 1
    let again = result == -Int(EAGAIN) || result == -Int(EINTR)
    if !again || attempts > 128 { throw failure(result, "openat2", path) }
  }
}

/// What stat(2) says of a file.
public struct FileStatus: Sendable {
  public let device: UInt64
  public let inode: UInt64
  public let mode: UInt32
  public let linkCount: UInt64
  public let uid: UInt32
  public let gid: UInt32
  /// The device number of a device node.
  public let specialDevice: UInt64
  public let sizeBytes: Int64
  /// Last change of the content, nanoseconds since 1970.
  public let modifiedNanoseconds: Int64
  /// Last change of the inode, nanoseconds since 1970.
  public let changedNanoseconds: Int64

  init(_ s: stat) {
    device = UInt64(s.st_dev)
    inode = UInt64(s.st_ino)
    mode = s.st_mode
    linkCount = UInt64(s.st_nlink)
    uid = s.st_uid
    gid = s.st_gid
    specialDevice = UInt64(s.st_rdev)
    sizeBytes = Int64(s.st_size)
    modifiedNanoseconds = Int64(s.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(s.st_mtim.tv_nsec)
    changedNanoseconds = Int64(s.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(s.st_ctim.tv_nsec)
  }

  /// Whether both are the same object, by whatever name.
  public func isSameFile(as other: FileStatus) -> Bool { device == other.device && inode == other.inode }

  public var fileType: UInt32 { mode & UInt32(S_IFMT) }
  public var isDirectory: Bool { fileType == UInt32(S_IFDIR) }
  public var isRegular: Bool { fileType == UInt32(S_IFREG) }
  public var isSymbolicLink: Bool { fileType == UInt32(S_IFLNK) }
  public var isCharacterDevice: Bool { fileType == UInt32(S_IFCHR) }
  public var isBlockDevice: Bool { fileType == UInt32(S_IFBLK) }
  public var isFIFO: Bool { fileType == UInt32(S_IFIFO) }
  public var isSocket: Bool { fileType == UInt32(S_IFSOCK) }
}

/// Builds a device number from its parts (makedev(3)).
public func makeDevice(major: UInt32, minor: UInt32) -> UInt64 { cl_makedev(major, minor) }

/// fstat(2).
public func fstat(_ fd: FD) throws(SyscallError) -> FileStatus {
  var out = stat()
  try check(cl_fstat(fd.rawValue, &out), "fstat")
  return FileStatus(out)
}

/// fstatat(2).
public func fstatat(
  _ directory: FD, _ path: String, followLinks: Bool = true
) throws(SyscallError) -> FileStatus {
  var out = stat()
  let flags = followLinks ? 0 : AT_SYMLINK_NOFOLLOW
  try check(path.withCString { cl_fstatat(directory.rawValue, $0, &out, flags) }, "stat", path)
  return FileStatus(out)
}

/// Whether the caller, with its effective ids and capabilities, may execute a file (faccessat2(2), Linux 5.8).
public func checkExecutable(_ directory: FD, _ path: String) throws(SyscallError) {
  try check(cl_faccessat2(directory.rawValue, path, X_OK, cl_at_eaccess), "access", path)
}

/// Whether the caller, with its effective ids and capabilities, may write to a file or directory (faccessat2(2),
/// Linux 5.8).
public func checkWritable(_ directory: FD, _ path: String) throws(SyscallError) {
  try check(cl_faccessat2(directory.rawValue, path, W_OK, cl_at_eaccess), "access", path)
}

/// What statfs(2) says of the file system that a file is on.
public struct FileSystemStatus: Sendable {
  /// The magic number, such as `PROC_SUPER_MAGIC`.
  public let magic: UInt64
  /// `ST_*` flags of the mount.
  public let flags: UInt64

  /// Whether nothing on it can be changed through this mount.
  public var isReadOnly: Bool { flags & UInt64(cl_st_rdonly) != 0 }

  /// Whether programs cannot be executed from it.
  public var isNoExec: Bool { flags & UInt64(cl_st_noexec) != 0 }
}

/// Magic numbers of file systems (statfs(2)).
public enum FileSystemMagic {
  public static let proc = UInt64(PROC_SUPER_MAGIC)
  public static let sysfs = UInt64(SYSFS_MAGIC)
  public static let cgroup = UInt64(CGROUP_SUPER_MAGIC)
  public static let cgroup2 = UInt64(CGROUP2_SUPER_MAGIC)
  public static let tmpfs = UInt64(TMPFS_MAGIC)
  public static let devpts = UInt64(DEVPTS_SUPER_MAGIC)
  public static let overlay = UInt64(OVERLAYFS_SUPER_MAGIC)
  public static let nsfs = UInt64(NSFS_MAGIC)
  public static let resctrl = UInt64(RDTGROUP_SUPER_MAGIC)
}

/// fstatfs(2).
public func fstatfs(_ fd: FD) throws(SyscallError) -> FileSystemStatus {
  var out = CLinux.statfs()
  try check(cl_fstatfs(fd.rawValue, &out), "fstatfs")
  return FileSystemStatus(
    magic: UInt64(truncatingIfNeeded: out.f_type), flags: UInt64(truncatingIfNeeded: out.f_flags))
}

/// statfs(2).
public func statfs(_ path: String) throws(SyscallError) -> FileSystemStatus {
  var out = CLinux.statfs()
  try check(path.withCString { cl_statfs($0, &out) }, "statfs", path)
  return FileSystemStatus(
    magic: UInt64(truncatingIfNeeded: out.f_type), flags: UInt64(truncatingIfNeeded: out.f_flags))
}

/// mkdirat(2).
public func mkdirat(_ directory: FD, _ path: String, mode: UInt32) throws(SyscallError) {
  try check(path.withCString { cl_mkdirat(directory.rawValue, $0, mode) }, "mkdir", path)
}

/// mknodat(2); `mode` includes the file type.
public func mknodat(
  _ directory: FD, _ path: String, mode: UInt32, device: UInt64 = 0
) throws(SyscallError) {
  try check(path.withCString { cl_mknodat(directory.rawValue, $0, mode, device) }, "mknod", path)
}

/// symlinkat(2).
public func symlinkat(_ target: String, _ directory: FD, _ path: String) throws(SyscallError) {
  let result = target.withCString { target in
    path.withCString { cl_symlinkat(target, directory.rawValue, $0) }
  }
  try check(result, "symlink", path)
}

/// linkat(2); never follows a symbolic link at `source`.
public func linkat(
  _ sourceDirectory: FD, _ source: String, _ directory: FD, _ path: String
) throws(SyscallError) {
  try check(cl_linkat(sourceDirectory.rawValue, source, directory.rawValue, path, 0), "link", path)
}

/// unlinkat(2).
public func unlinkat(_ directory: FD, _ path: String, isDirectory: Bool = false) throws(SyscallError) {
  let flags = isDirectory ? AT_REMOVEDIR : 0
  try check(
    path.withCString { cl_unlinkat(directory.rawValue, $0, flags) }, isDirectory ? "rmdir" : "unlink", path)
}

/// renameat2(2).
///
/// - Parameter replace: whether an existing target is replaced; otherwise that is `EEXIST`.
public func renameat(
  _ sourceDirectory: FD, _ source: String, _ directory: FD, _ path: String, replace: Bool = true
) throws(SyscallError) {
  let flags: UInt32 = replace ? 0 : 1
  let result = source.withCString { source in
    path.withCString { cl_renameat2(sourceDirectory.rawValue, source, directory.rawValue, $0, flags) }
  }
  try check(result, "rename", path)
}

/// readlinkat(2); targets longer than 4096 bytes are `ENAMETOOLONG`.
public func readlinkat(_ directory: FD, _ path: String) throws(SyscallError) -> String {
  var length = 0
  let target = try withTemporaryBytes(4097) { (buffer) throws(SyscallError) -> String in
    let result = path.withCString {
      cl_readlinkat(directory.rawValue, $0, buffer.baseAddress, buffer.count)
    }
    length = try check(result, "readlink", path)
    return String(
      decoding: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<length]), as: UTF8.self)
  }
  if length > 4096 { throw SyscallError("readlink", .nameTooLong, path) }
  return target
}

/// fchmod(2).
public func fchmod(_ fd: FD, _ mode: UInt32) throws(SyscallError) {
  try check(cl_fchmod(fd.rawValue, mode), "fchmod")
}

/// fchmodat(2), which follows symbolic links.
public func fchmodat(_ directory: FD, _ path: String, _ mode: UInt32) throws(SyscallError) {
  try check(cl_fchmodat(directory.rawValue, path, mode), "chmod", path)
}

/// fchown(2).
public func fchown(_ fd: FD, uid: UInt32, gid: UInt32) throws(SyscallError) {
  try check(cl_fchown(fd.rawValue, uid, gid), "fchown")
}

/// fchownat(2) on a name that is not followed when it is a symbolic link.
public func fchownat(_ directory: FD, _ path: String, uid: UInt32, gid: UInt32) throws(SyscallError) {
  try check(cl_fchownat(directory.rawValue, path, uid, gid, AT_SYMLINK_NOFOLLOW), "chown", path)
}

/// Sets access and modification time of a name that is not followed (utimensat(2)).
public func setModificationTime(
  _ directory: FD, _ path: String, seconds: Int64, nanoseconds: Int64
) throws(SyscallError) {
  let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
  let result = withUnsafeTemporaryAllocation(of: timespec.self, capacity: 2) { times in
    times.initialize(repeating: time)
    return cl_utimensat(directory.rawValue, path, times.baseAddress, AT_SYMLINK_NOFOLLOW)
  }
  try check(result, "utimensat", path)
}

/// fsetxattr(2).
public func fsetxattr(_ fd: FD, _ name: String, _ value: [UInt8]) throws(SyscallError) {
  try check(cl_lsetxattr_fd(fd.rawValue, name, value, value.count), "setxattr", name)
}

/// flock(2).
///
/// - Returns: false when `wait` is false and somebody else holds the lock.
public func flock(_ fd: FD, exclusive: Bool, wait: Bool) throws(SyscallError) -> Bool {
  let operation = (exclusive ? LOCK_EX : LOCK_SH) | (wait ? 0 : LOCK_NB)
  while true {
    let result = cl_flock(fd.rawValue, operation)
    if result >= 0 { return true }
    if result == -Int(EWOULDBLOCK) { return false }
    if result != -Int(EINTR) { throw failure(result, "flock", "") }
  }
}

/// Gives a lock of flock(2) back; closing the last descriptor does it too.
public func unlock(_ fd: FD) throws(SyscallError) {
  try check(cl_flock(fd.rawValue, LOCK_UN), "flock")
}

/// syncfs(2): everything written to the file system that `fd` is on reaches the disk.
public func syncfs(_ fd: FD) throws(SyscallError) {
  try check(cl_syncfs(fd.rawValue), "syncfs")
}

/// chdir(2).
public func chdir(_ path: String) throws(SyscallError) {
  try check(cl_chdir(path), "chdir", path)
}

/// fchdir(2).
public func fchdir(_ fd: FD) throws(SyscallError) {
  try check(cl_fchdir(fd.rawValue), "fchdir")
}

/// chroot(2).
public func chroot(_ path: String) throws(SyscallError) {
  try check(cl_chroot(path), "chroot", path)
}

/// The kernel's name for the working directory; starts with `(unreachable)` outside the root (getcwd(2)).
public func getcwd() throws(SyscallError) -> String {
  try withTemporaryBytes(4096) { (buffer) throws(SyscallError) -> String in
    let length = try check(cl_getcwd(buffer.baseAddress, buffer.count), "getcwd")
    let bytes = UnsafeRawBufferPointer(buffer)[..<max(0, length - 1)]
    return String(decoding: bytes, as: UTF8.self)
  }
}
