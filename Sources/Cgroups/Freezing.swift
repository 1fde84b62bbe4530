// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// Tells whether a container is frozen.
public struct Freezer: Equatable, Sendable {
  /// The file on the host that says `1` then.
  public let file: String

  public init(file: String) { self.file = file }

  init(_ record: CgroupRecord) {
    file = record.hostPath + (record.version == .v1 ? "/freezer.self_freezing" : "/cgroup.freeze")
  }

  /// Whether the container itself is frozen (paused), as opposed to a cgroup above it. False when the cgroup does not
  /// exist.
  public func isFrozen() throws(CgroupError) -> Bool {
    do throws(SyscallError) {
      // path: of the host's cgroups, which have no symbolic links; nothing is written
      return try readKernelFile(.workingDirectory, file).first == UInt8(ascii: "1")
    } catch {
      if error.errno == .noEntry || error.errno == .noDevice { return false }
      throw .refused("cannot read \(file)", error)
    }
  }
}

extension CgroupSet {
  /// The hierarchy that freezes: version 1's freezer where there is one, because all processes of the container are
  /// in it, whichever way they came.
  private var freezing: CgroupRecord? { record(.freezer) ?? unified }

  /// Stops all processes of the container until ``thaw()``, and waits until they have stopped.
  ///
  /// - Throws: ``CgroupError/Reason/timedOut`` when not all stopped in time; they run again then.
  public func freeze(timeoutMilliseconds: Int = 10_000) throws(CgroupError) {
    let record = try freezingRecord()
    let leaf = try openLeaf(record)
    do throws(CgroupError) {
      switch record.version {
      case .v1: try freezeV1(leaf.fd, record, Deadline(milliseconds: timeoutMilliseconds))
      case .v2: try freezeV2(leaf.fd, record, Deadline(milliseconds: timeoutMilliseconds))
      }
    } catch {
      var failure = error
      do throws(CgroupError) {
        // Half frozen is the worst of states.
        try setState(leaf.fd, record, frozen: false)
      } catch { failure.cleanUpFailures.append(error.message) }
      throw failure
    }
  }

  /// Lets the processes run again.
  public func thaw() throws(CgroupError) {
    let record = try freezingRecord()
    let leaf = try openLeaf(record)
    try setState(leaf.fd, record, frozen: false)
  }

  /// Nil where the container is in no cgroup that can freeze.
  public var freezer: Freezer? { freezing.map(Freezer.init) }

  /// Whether the container is frozen (paused). False without a freezer.
  public func isFrozen() throws(CgroupError) -> Bool { try freezer?.isFrozen() ?? false }

  private func freezingRecord() throws(CgroupError) -> CgroupRecord {
    guard let freezing else {
      throw CgroupError(
        .controllerAbsent, "cannot pause or resume: this host has no freezer cgroup that the container is in")
    }
    return freezing
  }

  private func setState(_ leaf: FD, _ record: CgroupRecord, frozen: Bool) throws(CgroupError) {
    let file = record.version == .v1 ? "freezer.state" : "cgroup.freeze"
    let value = record.version == .v1 ? (frozen ? "FROZEN" : "THAWED") : (frozen ? "1" : "0")
    do throws(SyscallError) {
      try writeFile(leaf, file, value)
    } catch {
      throw .refused(
        "cannot write \"\(value)\" to \(record.hostPath)/\(file)", error,
        remedy: error.errno == .noEntry && record.version == .v2 ? "freezing needs Linux 5.2" : nil)
    }
  }

  /// Version 1 can stay at FREEZING while processes come and go; writing the state again takes in those that were
  /// missed, and letting all run for a moment resolves what waits for one that is frozen.
  private func freezeV1(_ leaf: FD, _ record: CgroupRecord, _ deadline: Deadline) throws(CgroupError) {
    var deadline = deadline
    var attempt = 0
    repeat {
      attempt += 1
      if attempt % 32 == 0 {
        try setState(leaf, record, frozen: false)
        sleepNanoseconds(1_000_000)
      }
      try setState(leaf, record, frozen: true)
      let state = try readWord(leaf, "freezer.state", of: record.hostPath)
      if state.elementsEqual("FROZEN".utf8) { return }
      if !state.elementsEqual("FREEZING".utf8) {
        // Somebody else thawed it in between.
        if !state.elementsEqual("THAWED".utf8) {
          throw CgroupError(
            .refused,
            "\(record.hostPath)/freezer.state is \"\(String(decoding: state, as: UTF8.self))\" while freezing"
          )
        }
      }
    } while deadline.wait()
    throw timedOut(record)
  }

  private func freezeV2(_ leaf: FD, _ record: CgroupRecord, _ deadline: Deadline) throws(CgroupError) {
    try setState(leaf, record, frozen: true)
    let events = try openBelow(leaf, "cgroup.events", .readOnly, record.hostPath)
    while true {
      let bytes: [UInt8]
      do throws(SyscallError) {
        bytes = try preadAll(events.fd, limit: 4096)
      } catch {
        throw .refused("cannot read \(record.hostPath)/cgroup.events", error)
      }
      if number(for: "frozen", in: bytes) == 1 { return }
      let left = deadline.remainingMilliseconds
      if left == 0 { throw timedOut(record) }
      do throws(SyscallError) {
        var entries = [PollEntry(events.fd, wantsRead: false, wantsChange: true)]
        try poll(&entries, timeoutMilliseconds: left)
      } catch {
        throw .refused("cannot wait for \(record.hostPath)/cgroup.events", error)
      }
    }
  }

  private func timedOut(_ record: CgroupRecord) -> CgroupError {
    CgroupError(
      .timedOut,
      "unable to freeze \(record.hostPath): some of its processes do not stop (uninterruptible wait?)")
  }
}
