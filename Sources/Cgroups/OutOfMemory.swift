// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Linux

extension CgroupSet {
  /// How many processes of the container were killed because it reached its memory limit. 0 without the controller
  /// and before Linux 4.13.
  public func oomKills() throws(CgroupError) -> UInt64 {
    guard let source = outOfMemorySource else { return 0 }
    let directory = try openLeaf(source.record)
    guard let bytes = try readBytesIfPresent(directory.fd, source.file, of: source.record.hostPath) else {
      return 0
    }
    return number(for: "oom_kill", in: bytes) ?? 0
  }

  /// Begins to watch for processes that are killed because the container reached its memory limit.
  ///
  /// - Throws: ``CgroupError/Reason/controllerAbsent`` where nothing counts the container's memory.
  public func watchOutOfMemory() throws(CgroupError) -> OutOfMemoryEvents {
    guard let source = outOfMemorySource else {
      throw CgroupError(
        .controllerAbsent, "cannot watch for want of memory: the container is in no memory cgroup")
    }
    return try OutOfMemoryEvents(source.record, openLeaf(source.record), file: source.file)
  }

  /// The cgroup that counts the container's memory, and the file with the number of kills.
  private var outOfMemorySource: (record: CgroupRecord, file: String)? {
    if let record = record(.memory) { return (record, "memory.oom_control") }
    return unified.map { ($0, "memory.events") }
  }
}

/// A watch over a container's memory cgroup.
///
/// Version 1 announces by an eventfd that the limit is reached (memcg's `cgroup.event_control`); version 2 lets
/// `memory.events` be polled. Kills are counted from the moment that the watch begins.
public final class OutOfMemoryEvents {
  public enum Change: Equatable, Sendable {
    /// The time is over.
    case none
    /// The limit was reached, and processes have been killed for it or are about to be.
    case outOfMemory
    /// The container's cgroup was removed.
    case removed
    /// The process that was watched beside has ended.
    case ended
  }

  private let hostPath: String
  private let counter: Descriptor
  /// The eventfd of version 1; -1 on version 2.
  private let notification: Int32
  private var kills: UInt64 = 0

  init(_ record: CgroupRecord, _ leaf: consuming Descriptor, file: String) throws(CgroupError) {
    hostPath = record.hostPath + "/" + file
    let directory = leaf.fd
    do throws(SyscallError) {
      counter = try openat(directory, file, .readOnly)
      if record.version == .v1 {
        let event = try eventfd()
        try writeFile(directory, "cgroup.event_control", "\(event.rawValue) \(counter.rawValue)")
        notification = event.release()
      } else {
        notification = -1
      }
    } catch {
      throw .refused(
        "cannot watch \(hostPath)", error,
        remedy: error.errno == .noEntry ? "the memory controller is not enabled there" : nil)
    }
    kills = try readKills() ?? 0
  }

  deinit {
    if notification >= 0 { closeInherited(notification) }
  }

  /// Waits for the next change.
  ///
  /// - Parameters:
  ///   - timeoutMilliseconds: negative waits for ever.
  ///   - process: a pidfd, whose process ends the wait when it ends.
  public func wait(timeoutMilliseconds: Int32 = -1, process: FD? = nil) throws(CgroupError) -> Change {
    let deadline = timeoutMilliseconds < 0 ? nil : Deadline(milliseconds: Int(timeoutMilliseconds))
    while true {
      let left = deadline?.remainingMilliseconds ?? -1
      let (isChanged, hasEnded) = try poll(left, process)
      guard let now = try readKills() else { return .removed }
      let rose = now > kills
      kills = now
      // The eventfd says that the limit is reached, which the count of kills follows at some distance.
      if rose || (isChanged && notification >= 0) { return .outOfMemory }
      if hasEnded { return .ended }
      if deadline?.remainingMilliseconds == 0 { return .none }
    }
  }

  private func poll(
    _ timeoutMilliseconds: Int32, _ process: FD?
  ) throws(CgroupError) -> (isChanged: Bool, hasEnded: Bool) {
    let event = FD(notification)
    do throws(SyscallError) {
      var entries = [
        notification < 0 ? PollEntry(counter.fd, wantsRead: false, wantsChange: true) : PollEntry(event),
        PollEntry(process ?? FD(-1)),
      ]
      try Linux.poll(&entries, timeoutMilliseconds: timeoutMilliseconds)
      let isChanged = try notification < 0 ? entries[0].isChanged : readEvents(event) > 0
      return (isChanged, entries[1].isReadable)
    } catch {
      throw .refused("cannot wait for \(hostPath)", error)
    }
  }

  /// Nil when the cgroup is gone.
  private func readKills() throws(CgroupError) -> UInt64? {
    do throws(SyscallError) {
      return number(for: "oom_kill", in: try preadAll(counter.fd, limit: 4096)) ?? 0
    } catch {
      if isGone(error) { return nil }
      throw .refused("cannot read \(hostPath)", error)
    }
  }
}
