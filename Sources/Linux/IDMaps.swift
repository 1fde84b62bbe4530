// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// One line of an id map (user_namespaces(7)): `count` ids from `inside` on are those from `outside` on in the parent
/// namespace.
public struct IDMapLine: Equatable, Hashable, Sendable {
  public var inside: UInt32
  public var outside: UInt32
  public var count: UInt32

  public init(inside: UInt32, outside: UInt32, count: UInt32) {
    self.inside = inside
    self.outside = outside
    self.count = count
  }

  /// As the kernel and newuidmap(1) take it.
  public var fields: [String] { ["\(inside)", "\(outside)", "\(count)"] }
}

/// Which of the two maps of a user namespace.
public enum IDMapKind: Sendable {
  case user, group

  /// The file in `/proc/PID`.
  public var file: String { self == .user ? "uid_map" : "gid_map" }
  /// The program that writes it for ordinary users.
  public var helper: String { self == .user ? "newuidmap" : "newgidmap" }
}

/// Whether the caller lives in the user namespace that the machine started with. Only there is user 0 the machine's
/// administrator; in any other, nodes cannot be made and cgroups are somebody else's. One system call.
public func isInInitialUserNamespace() throws(SyscallError) -> Bool {
  try fstatat(.workingDirectory, "/proc/self/ns/user").inode == UInt64(cl_user_ns_init_inode)
}

/// Whether processes of the caller's user namespace may call setgroups(2) at all (user_namespaces(7)).
public func isSetgroupsAllowed() throws(SyscallError) -> Bool {
  try readText(.workingDirectory, "/proc/self/setgroups", limit: 16).utf8.starts(with: "allow".utf8)
}

/// newuidmap(1) or newgidmap(1) at work: set-user-ID programs that write a map for an ordinary user, after a look at
/// which subordinate ids the administrator gave that user (subuid(5)).
///
/// The program is a child that is made when this value is and waits until ``finish()``. So a process can start it while
/// it is still outside the user namespace that it is about to enter, where the program means nothing.
public final class IDMapHelper {
  private let kind: IDMapKind
  private let channel: Descriptor
  private let output: Descriptor
  private let pidfd: Descriptor

  /// Where distributions install the programs; the caller's `PATH` is not asked, as they get privileges.
  private static let directories = ["/usr/bin", "/bin", "/usr/sbin", "/usr/local/bin", "/run/wrappers/bin"]

  /// Makes the child.
  ///
  /// - Parameters:
  ///   - pid: the process whose namespace gets the map, once ``finish()`` is called.
  public init(_ kind: IDMapKind, pid: Int32, _ lines: [IDMapLine]) throws(SyscallError) {
    let name = kind.helper
    let arguments = CStringArray([name, "\(pid)"] + lines.flatMap { $0.fields })
    let environment = CStringArray([])
    let candidates = IDMapHelper.directories.map { "\($0)/\(name)" }
    self.kind = kind
    output = try memfdCreate(name)
    let written = FD(output.rawValue)
    let pair = try socketpair(.sequencedPacket)
    switch try clone3([]) {
    case .child:
      let end = FD(pair.takeSecond().release())
      IDMapHelper.become(candidates, arguments, environment, waitingOn: end, output: written)
    case .parent(_, let pidfd):
      self.pidfd = pidfd
      channel = pair.takeFirst()
    }
  }

  private static func become(
    _ candidates: [String], _ arguments: CStringArray, _ environment: CStringArray, waitingOn socket: FD,
    output: FD
  ) -> Never {
    do throws(SyscallError) {
      // End of file: whoever made us has given up.
      guard try !receive(socket, limit: 1).bytes.isEmpty else { exitProcess(0) }
      for number in 0..<Int32(3) { try dup3(output, onto: number) }
      try closeRange(from: 3)
      var last = SyscallError("execve", .noEntry, "")
      for candidate in candidates {
        last = execve(candidate, arguments, environment)
        if last.errno != .noEntry { break }
      }
      exitProcess(last.errno == .noEntry ? missingStatus : 126)
    } catch {
      exitProcess(126)
    }
  }

  /// The shells' status for a program that does not exist.
  private static let missingStatus: Int32 = 127

  /// Lets the program run and waits for its end.
  ///
  /// - Throws: `ENOENT` when it is not installed, `EPERM` with its own words when it refuses.
  public func finish() throws(SyscallError) {
    try send(channel.fd, [1])
    guard let status = try waitid(pidfd.fd), status != .exited(0) else { return }
    if status == .exited(IDMapHelper.missingStatus) {
      throw SyscallError(
        kind.helper, .noEntry, "it writes the maps of ordinary users: install the package uidmap")
    }
    let said = try preadAll(output.fd, limit: 512).map { $0 < 0x20 || $0 == 0x7F ? UInt8(0x20) : $0 }
    let words = String(decoding: said, as: UTF8.self)
    throw SyscallError(
      kind.helper, .notPermitted, words.isEmpty ? "it ended with status \(status.shellStatus)" : words)
  }
}

/// A user namespace that exists only as a descriptor, for an idmapped mount.
public func makeUserNamespace(users: [IDMapLine], groups: [IDMapLine]) throws(SyscallError) -> Descriptor {
  func text(_ lines: [IDMapLine]) -> String {
    lines.map { $0.fields.joined(separator: " ") }.joined(separator: "\n")
  }
  let pair = try socketpair(.sequencedPacket)
  switch try clone3(.newUser) {
  case .child:
    // Lives until the parent has opened its namespace: the read ends when the parent closes its end.
    let end = pair.takeSecond()
    _ = try? receive(end.fd, limit: 1)  // bestEffort: any answer means the end
    exitProcess(0)
  case .parent(let pid, let pidfd):
    let proc = try openat(.workingDirectory, "/proc/\(pid)", [.path, .directory])
    try writeFile(proc.fd, IDMapKind.user.file, text(users))
    try writeFile(proc.fd, IDMapKind.group.file, text(groups))
    let namespace = try openat(proc.fd, "ns/user", .readOnly)
    try pidfdSendSignal(pidfd.fd, SIGKILL)
    _ = try waitid(pidfd.fd)
    return namespace
  }
}
