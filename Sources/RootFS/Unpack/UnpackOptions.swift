// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// How a reference becomes a tree.
public struct UnpackOptions: Sendable {
  /// What happens to character and block devices.
  public enum Devices: Sendable {
    /// They are left out and counted. Containers get their `/dev` from the runtime, so that the nodes which
    /// distributions put into their archives are never seen, and a node of an image that nobody has mounted over
    /// would be a way to the host's disks.
    case skip
    /// They are made; needs root.
    case create
    /// They are an error.
    case refuse
  }

  /// What happens to owners.
  public enum Ownership: Sendable {
    /// Numeric owners are kept; needs root.
    case preserve
    /// Everything belongs to the caller, and set-ID bits that would then mean somebody else are dropped.
    case caller
  }

  /// When to ask for what is not on this machine.
  public enum PullPolicy: String, Sendable, CaseIterable {
    /// Only if nothing is stored.
    case missing
    /// Every time: what has changed is fetched anew.
    case always
    /// Never.
    case never
  }

  /// What happens to devices; `skip` unless set.
  public var devices = Devices.skip
  /// What happens to owners; nil chooses `preserve` for root and `caller` for everybody else.
  public var ownership: Ownership?
  /// How many bytes the archive may unpack to for each of its own, before `ratioFreeBytes` are counted.
  public var maximumRatio: UInt64 = 200
  /// Bytes that any archive may unpack to, however small it is.
  public var ratioFreeBytes: UInt64 = 64 << 20
  /// Bytes that must stay free on the file system.
  public var reservedBytes: UInt64 = 64 << 20
  /// The digest that the archive must have, for archives that came from elsewhere; nil accepts any.
  public var expectedDigest: RootFSDigest?
  /// Bytes that a download may have.
  public var maximumDownloadBytes: UInt64 = 8 << 30
  /// When servers and mirrors are asked, where something is stored already.
  public var pull = PullPolicy.missing
  /// Files, directories and programs of the host that a `host:` tree has besides, as absolute paths.
  public var additions: [String] = []
  /// Members that an archive may have.
  public var maximumEntries: UInt64 = 1_000_000

  /// The defaults described above.
  public init() {}
}

/// What unpacking did beside the obvious.
public struct UnpackReport: Sendable, Equatable {
  /// Members that were made.
  public var entries: UInt64 = 0
  /// Bytes of regular files.
  public var fileBytes: UInt64 = 0
  /// Devices that were left out.
  public var skippedDevices: UInt64 = 0
  /// Extended attributes that were left out: not of a kind that images may set, or not supported by the file system.
  public var droppedAttributes: UInt64 = 0
  /// Files that lost set-user-ID or set-group-ID because their owner could not be kept.
  public var droppedSetID: UInt64 = 0

  /// One line for each thing that the user may want to know; empty when everything was made as stored.
  public var warnings: [String] {
    var lines: [String] = []
    if skippedDevices > 0 {
      lines.append("left out \(skippedDevices) device nodes: containers get /dev from the runtime")
    }
    if droppedAttributes > 0 { lines.append("left out \(droppedAttributes) extended attributes") }
    if droppedSetID > 0 {
      lines.append("dropped set-ID bits of \(droppedSetID) files whose owner cannot be kept without root")
    }
    return lines
  }
}
