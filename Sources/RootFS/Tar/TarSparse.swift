// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// Files with holes: GNU tar's old format and the pax formats 0.0, 0.1 and 1.0 (GNU tar manual, "Sparse Formats").

extension TarReader {
  /// Reads the map in a GNU sparse header and in the blocks that continue it.
  mutating func readGNUSparse(_ header: TarHeader, of entry: inout TarEntry) throws(RootFSError) {
    var (segments, continues, size) = try header.gnuSparse()
    while continues {
      guard let block = try readBlock() else { throw truncated("ends in a map of holes") }
      segments += try TarHeader.sparseRuns(block, from: 0, count: 21)
      try checkCount(segments.count)
      continues = block[504] != 0
    }
    entry.segments = segments
    entry.size = size
  }

  /// Takes the map from the pax records or, in format 1.0, from the beginning of the content.
  mutating func readPaxSparse(
    _ sparse: PaxRecords.Sparse, of entry: inout TarEntry
  ) throws(RootFSError) {
    guard let size = sparse.realSize, sparse.pendingOffset == nil else {
      throw RootFSError(.damagedArchive, "the sparse headers are incomplete")
    }
    entry.size = size
    switch (sparse.major, sparse.minor) {
    case (nil, nil): entry.segments = sparse.segments
    case (1, 0): entry.segments = try readSparseMap()
    default: throw RootFSError(.unsupported, "has an unknown sparse format")
    }
  }

  /// The map of format 1.0: a count, then offset and length of each run, every number on a line of its own, padded to
  /// whole blocks.
  private mutating func readSparseMap() throws(RootFSError) -> [TarEntry.Segment] {
    var numbers: [UInt64] = []
    var digits: [UInt8] = []
    var expected = 1
    while numbers.count < expected {
      for byte in try contentBlock() where numbers.count < expected {
        guard byte == UInt8(ascii: "\n") else {
          digits.append(byte)
          guard digits.count <= 20 else { throw damagedMap() }
          continue
        }
        guard let number = decimal(digits) else { throw damagedMap() }
        digits = []
        if numbers.isEmpty {
          guard let count = Int(exactly: number) else { throw damagedMap() }
          try checkCount(count)
          expected = 1 + 2 * count
        }
        numbers.append(number)
      }
    }
    return stride(from: 1, to: numbers.count, by: 2).map {
      TarEntry.Segment(offset: numbers[$0], count: numbers[$0 + 1])
    }
  }

  /// The next 512 bytes of the content.
  private mutating func contentBlock() throws(RootFSError) -> [UInt8] {
    var block: [UInt8] = []
    while block.count < 512 {
      let part = try content(atMost: UInt64(512 - block.count))
      guard !part.isEmpty else { throw damagedMap() }
      block.append(contentsOf: part)
    }
    // Gives the bytes back to the source, so that `remaining` counts what follows the map.
    _ = try content(atMost: 0)
    return block
  }

  private func checkCount(_ count: Int) throws(RootFSError) {
    guard count <= limits.segments else {
      throw RootFSError(.limitExceeded, "more than \(limits.segments) runs in one sparse file")
    }
  }

  /// Checks that the runs ascend, stay inside the file and add up to the bytes that are stored.
  func checkSegments(of entry: TarEntry, stored: UInt64) throws(RootFSError) {
    guard let segments = entry.segments else { return }
    var end: UInt64 = 0
    var total: UInt64 = 0
    for segment in segments {
      let (next, overflow) = segment.offset.addingReportingOverflow(segment.count)
      guard !overflow, segment.offset >= end, next <= entry.size else {
        throw RootFSError(.damagedArchive, "the map of holes leaves the file or overlaps itself")
      }
      end = next
      total += segment.count
    }
    guard total == stored else {
      throw RootFSError(
        .damagedArchive, "the map of holes describes \(total) bytes where \(stored) are stored")
    }
  }

  private func damagedMap() -> RootFSError {
    RootFSError(.damagedArchive, "the map of holes is not a list of numbers")
  }
}
