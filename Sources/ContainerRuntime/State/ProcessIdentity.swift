// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Linux

/// A process that cannot be confused with a later one of the same number.
public struct ProcessIdentity: Equatable, Sendable {
  /// In the runtime's PID namespace.
  public var pid: Int32
  /// Clock ticks after boot at which it started (proc_pid_stat(5), field 22): a hundredth of a second is time enough for two
  /// processes of one number.
  public var startTime: UInt64
  /// That of its pidfd, which no other process has until the next boot (pidfs, Linux 6.9). Nil on older kernels, where all
  /// pidfds have the same.
  public var inode: UInt64?

  public init(pid: Int32, startTime: UInt64, inode: UInt64? = nil) {
    self.pid = pid
    self.startTime = startTime
    self.inode = inode
  }

  /// Of a process that is known to exist, such as an unreaped child.
  ///
  /// - Parameter pidfd: refers to it.
  public init(pid: Int32, pidfd: FD) throws(SyscallError) {
    guard let stat = try ProcessStat(pid: pid) else { throw SyscallError("open", .noProcess, "\(pid)") }
    let isOfPidfs = try fstatfs(pidfd).magic == ProcessIdentity.pidfsMagic
    self.init(pid: pid, startTime: stat.startTime, inode: isOfPidfs ? try fstat(pidfd).inode : nil)
  }

  /// `PID_FS_MAGIC` of `linux/magic.h`.
  private static let pidfsMagic: UInt64 = 0x5049_4446

  /// A pidfd of this very process; nil when it has ended, even if its number is in use again. A zombie has.
  public func open() throws(SyscallError) -> Descriptor? {
    guard pid > 0 else { return nil }
    do throws(SyscallError) {
      let pidfd = try pidfdOpen(pid)
      // Looked at after opening: if it matches now, the descriptor refers to the process that was recorded.
      guard try isBehind(pidfd.fd) else { return nil }
      return pidfd
    } catch {
      if error.errno == .noProcess || error.errno == .invalidArgument { return nil }
      throw error
    }
  }

  func isAlive() throws(SyscallError) -> Bool { try open() != nil }

  private func isBehind(_ pidfd: FD) throws(SyscallError) -> Bool {
    guard let inode else {
      guard let stat = try ProcessStat(pid: pid) else { return false }
      return stat.startTime == startTime && !stat.hasEnded
    }
    // Which costs half of what reading its files does.
    guard try fstat(pidfd).inode == inode else { return false }
    var entries = [PollEntry(pidfd)]
    return try poll(&entries, timeoutMilliseconds: 0) == 0
  }
}

/// The fields of `/proc/PID/stat` that tell whether a process still is the one it was.
struct ProcessStat {
  var startTime: UInt64
  /// Nothing of it runs any more; it may wait to be reaped.
  var hasEnded: Bool

  /// Nil when there is no such process.
  init?(pid: Int32) throws(SyscallError) {
    let bytes: [UInt8]
    do throws(SyscallError) {
      bytes = try readKernelFile(.workingDirectory, "/proc/\(pid)/stat")
    } catch {
      if error.errno == .noEntry || error.errno == .noProcess { return nil }
      throw error
    }
    // The command name is in parentheses and may contain anything, parentheses too.
    guard let close = bytes.lastIndex(of: 0x29) else { return nil }
    // Fields 3 to 22, each after one space.
    var field = 2
    var state: UInt8 = 0
    var threads: UInt64 = 0
    var ticks: UInt64 = 0
    for byte in bytes[(close + 1)...] {
      if byte == 0x20 {
        field += 1
        if field > 22 { break }
        continue
      }
      switch field {
      case 3: state = byte
      case 20: threads = threads &* 10 &+ UInt64(byte &- 0x30)
      case 22: ticks = ticks &* 10 &+ UInt64(byte &- 0x30)
      default: break
      }
    }
    guard field >= 22 else { return nil }
    startTime = ticks
    // The first thread of a process can end before the others: then it is a zombie that lives.
    hasEnded = (state == 0x5A || state == 0x58) && threads <= 1
  }
}
