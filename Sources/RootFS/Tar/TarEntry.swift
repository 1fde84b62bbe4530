// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// One member of a tar archive, as its headers describe it. Nothing in it has been checked for safety.
struct TarEntry: Equatable {
  /// What the member is.
  enum Kind: Equatable {
    case file
    case hardLink
    case symbolicLink
    case characterDevice
    case blockDevice
    case directory
    case fifo
  }

  /// An extended attribute.
  struct Attribute: Equatable {
    var name: [UInt8]
    var value: [UInt8]
  }

  /// A run of stored bytes in a file with holes.
  struct Segment: Equatable {
    /// Where the run begins in the file.
    var offset: UInt64
    /// How many bytes it has.
    var count: UInt64
  }

  var kind: Kind
  /// The member's name as stored, without NUL bytes.
  var path: [UInt8]
  /// Target of a link as stored, without NUL bytes; empty for other kinds.
  var linkTarget: [UInt8] = []
  /// Permission bits including set-user-ID, set-group-ID and sticky (0 to 0o7777).
  var mode: UInt32
  /// Owner, 0 to 2^32 - 2.
  var userID: UInt32 = 0
  /// Group, 0 to 2^32 - 2.
  var groupID: UInt32 = 0
  /// Size of the file in bytes, holes included; 0 for other kinds.
  var size: UInt64 = 0
  /// Seconds since 1970; may be negative.
  var modifiedSeconds: Int64 = 0
  /// 0 to 999,999,999.
  var modifiedNanoseconds: Int64 = 0
  var deviceMajor: UInt32 = 0
  var deviceMinor: UInt32 = 0
  var attributes: [Attribute] = []
  /// The stored runs of a file with holes, ascending and without overlap; nil for a file stored as a whole.
  var segments: [Segment]?
}

/// Bounds on what a tar archive may ask for (each protects memory, not policy).
struct TarLimits {
  /// Bytes of one extended or long-name header.
  var extendedHeaderBytes: UInt64 = 1 << 20
  /// Members, headers of headers not counted.
  var entries: UInt64 = 1_000_000
  /// Size of one file in bytes, holes included.
  var fileBytes: UInt64 = 1 << 40
  /// Runs of data in one file with holes.
  var segments = 65536
  /// Extended attributes of one member.
  var attributes = 256
}
