// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// Namespaces, and the other flags that clone3(2), unshare(2) and setns(2) share.
public struct CloneFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let newMount = CloneFlags(rawValue: CL_CLONE_NEWNS)
  public static let newPID = CloneFlags(rawValue: CL_CLONE_NEWPID)
  public static let newNetwork = CloneFlags(rawValue: CL_CLONE_NEWNET)
  public static let newIPC = CloneFlags(rawValue: CL_CLONE_NEWIPC)
  public static let newUTS = CloneFlags(rawValue: CL_CLONE_NEWUTS)
  public static let newUser = CloneFlags(rawValue: CL_CLONE_NEWUSER)
  public static let newCgroup = CloneFlags(rawValue: CL_CLONE_NEWCGROUP)
  /// Takes effect for children only.
  public static let newTime = CloneFlags(rawValue: CL_CLONE_NEWTIME)
  /// The child becomes a sibling: its parent is the caller's parent.
  public static let parent = CloneFlags(rawValue: CL_CLONE_PARENT)
}

/// unshare(2).
public func unshare(_ flags: CloneFlags) throws(SyscallError) {
  try check(cl_unshare(UInt(flags.rawValue)), "unshare")
}

/// setns(2): enters the namespace that `fd` refers to, or with a pidfd (Linux 5.8) all of `flags` at once.
public func setns(_ fd: FD, _ flags: CloneFlags) throws(SyscallError) {
  try check(cl_setns(fd.rawValue, Int32(truncatingIfNeeded: flags.rawValue)), "setns")
}

/// sethostname(2).
public func sethostname(_ name: String) throws(SyscallError) {
  try check(cl_sethostname(name, name.utf8.count), "sethostname", name)
}

/// setdomainname(2).
public func setdomainname(_ name: String) throws(SyscallError) {
  try check(cl_setdomainname(name, name.utf8.count), "setdomainname", name)
}

/// Brings a network interface of the caller's network namespace up (netdevice(7)).
public func bringInterfaceUp(_ name: String) throws(SyscallError) {
  let socket = Descriptor(owning: Int32(try check(cl_inet_socket(), "socket")))
  try check(cl_interface_up(socket.rawValue, name), "ioctl SIOCSIFFLAGS", name)
}

/// The type of an open namespace, as the flag that makes one (`NS_GET_NSTYPE`, ioctl_ns(2)).
public func namespaceType(_ fd: FD) throws(SyscallError) -> CloneFlags {
  CloneFlags(rawValue: UInt64(try check(cl_namespace_type(fd.rawValue), "ioctl NS_GET_NSTYPE")))
}

/// Whether this process is in a user namespace other than the first, which maps every id to itself
/// (user_namespaces(7)). False without proc, and on kernels without user namespaces.
public func isInUserNamespace() -> Bool {
  do throws(SyscallError) {
    let map = try readFile(.workingDirectory, "/proc/self/uid_map", limit: 4096)
    let words = map.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
    return !words.elementsEqual(["0", "0", "4294967295"]) { $0.elementsEqual($1.utf8) }
  } catch {
    return false
  }
}
