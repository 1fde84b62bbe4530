// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The 512-byte header block that precedes every member (tar(5); POSIX.1-2017 pax, "ustar Interchange Format").
struct TarHeader {
  static let size = 512

  /// Which of the historic layouts the block has.
  enum Dialect {
    /// Before POSIX: no magic, no prefix.
    case v7
    /// POSIX.1-1988 and pax.
    case ustar
    /// GNU tar's own, which keeps other things where ustar has the prefix.
    case gnu
  }

  private let block: [UInt8]
  let dialect: Dialect

  /// Reads a block that is not all zero.
  ///
  /// - Throws: `damagedArchive` if the checksum does not match.
  init(_ block: [UInt8]) throws(RootFSError) {
    self.block = block
    guard Self.hasValidChecksum(block) else {
      throw RootFSError(.damagedArchive, "the header checksum is wrong")
    }
    if block[257..<263].elementsEqual("ustar\0".utf8) {
      dialect = .ustar
    } else if block[257..<265].elementsEqual("ustar  \0".utf8) {
      dialect = .gnu
    } else {
      dialect = .v7
    }
  }

  /// Whether the block's stored checksum is the sum of its bytes, the checksum field counted as blanks. Some historic
  /// writers summed signed bytes; both are accepted.
  static func hasValidChecksum(_ block: [UInt8]) -> Bool {
    guard block.count == size, let stored = octal(block[148..<156]) else { return false }
    var sum: Int64 = 0
    var high: Int64 = 0
    for byte in block {
      sum += Int64(byte)
      high += Int64(byte >> 7)
    }
    for byte in block[148..<156] {
      sum += 32 - Int64(byte)
      high -= Int64(byte >> 7)
    }
    return stored == sum || stored == sum - 256 * high
  }

  /// The type flag.
  var type: UInt8 { block[156] }

  /// The name: prefix and name joined where the dialect has a prefix.
  var path: [UInt8] {
    let name = string(0..<100)
    guard dialect == .ustar else { return name }
    // The star program stores times behind a shorter prefix and signs the block's end.
    let isStar = block[508..<512].elementsEqual("tar\0".utf8)
    let prefix = string(345..<(isStar ? 476 : 500))
    return prefix.isEmpty ? name : prefix + [slash] + name
  }

  var linkTarget: [UInt8] { string(157..<257) }

  var size: UInt64 {
    get throws(RootFSError) { try unsigned(124..<136, "size") }
  }
  var mode: UInt32 {
    get throws(RootFSError) { UInt32(truncatingIfNeeded: try number(100..<108, "mode")) & 0o7777 }
  }
  var userID: UInt32 {
    get throws(RootFSError) { try identifier(try number(108..<116, "uid"), "uid") }
  }
  var groupID: UInt32 {
    get throws(RootFSError) { try identifier(try number(116..<124, "gid"), "gid") }
  }
  var modifiedSeconds: Int64 {
    get throws(RootFSError) { try number(136..<148, "mtime") }
  }
  var deviceMajor: UInt32 {
    get throws(RootFSError) { try deviceNumber(329..<337, "devmajor") }
  }
  var deviceMinor: UInt32 {
    get throws(RootFSError) { try deviceNumber(337..<345, "devminor") }
  }

  /// The map of a GNU sparse member: up to four runs, whether more blocks follow, and the size with holes.
  func gnuSparse() throws(RootFSError) -> (segments: [TarEntry.Segment], continues: Bool, size: UInt64) {
    let segments = try Self.sparseRuns(block, from: 386, count: 4)
    return (segments, block[482] != 0, try unsigned(483..<495, "sparse size"))
  }

  /// Reads up to `count` pairs of twelve-byte numbers, the format of GNU's sparse maps; an empty pair ends the list.
  static func sparseRuns(
    _ block: [UInt8], from start: Int, count: Int
  ) throws(RootFSError) -> [TarEntry.Segment] {
    var runs: [TarEntry.Segment] = []
    for index in 0..<count {
      let offset = block[(start + index * 24)..<(start + index * 24 + 12)]
      let length = block[(start + index * 24 + 12)..<(start + index * 24 + 24)]
      if offset.first == 0 && length.first == 0 { break }
      guard let first = UInt64(exactly: try value(offset, "sparse offset")),
        let bytes = UInt64(exactly: try value(length, "sparse length"))
      else { throw RootFSError(.damagedArchive, "the map of holes has a negative number") }
      runs.append(TarEntry.Segment(offset: first, count: bytes))
    }
    return runs
  }

  /// `value` as an owner: 2^32 - 1 means "unchanged" to chown(2), so it never is one.
  func identifier(_ value: Int64, _ field: String) throws(RootFSError) -> UInt32 {
    guard let id = UInt32(exactly: value), id != .max else {
      throw RootFSError(.refusedEntry, "\(field) \(value) is not between 0 and 4294967294")
    }
    return id
  }

  private func deviceNumber(_ range: Range<Int>, _ field: String) throws(RootFSError) -> UInt32 {
    if dialect == .v7 { return 0 }
    guard let value = UInt32(exactly: try number(range, field)) else {
      throw RootFSError(.damagedArchive, "\(field) is out of range")
    }
    return value
  }

  private func unsigned(_ range: Range<Int>, _ field: String) throws(RootFSError) -> UInt64 {
    guard let value = UInt64(exactly: try number(range, field)) else {
      throw RootFSError(.damagedArchive, "\(field) is negative")
    }
    return value
  }

  private func number(_ range: Range<Int>, _ field: String) throws(RootFSError) -> Int64 {
    try Self.value(block[range], field)
  }

  private func string(_ range: Range<Int>) -> [UInt8] { Array(block[range].prefix { $0 != 0 }) }

  /// A numeric field: octal digits, or big-endian two's complement when the first byte has its top bit set.
  private static func value(_ field: ArraySlice<UInt8>, _ name: String) throws(RootFSError) -> Int64 {
    guard let first = field.first, first & 0x80 != 0 else {
      guard let value = octal(field) else {
        throw RootFSError(.damagedArchive, "\(name) is not an octal number of at most 63 bits")
      }
      return value
    }
    // The top bit is only the mark; the bit below it is the sign, which the mark's place repeats.
    let isNegative = first & 0x40 != 0
    var value: Int64 = isNegative ? -1 : 0
    for (index, byte) in field.enumerated() {
      let digit = index > 0 ? byte : isNegative ? byte | 0x80 : byte & 0x7f
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 256)
      guard !overflow else { throw RootFSError(.damagedArchive, "\(name) does not fit 64 bits") }
      value = shifted | Int64(digit)
    }
    return value
  }

  /// Octal digits between optional blanks, ended by a blank, a NUL or the end of the field; an empty field is 0.
  private static func octal(_ field: ArraySlice<UInt8>) -> Int64? {
    let blank = UInt8(ascii: " ")
    var value: Int64 = 0
    var isLeading = true
    for digit in field {
      if digit == blank && isLeading { continue }
      if digit == blank || digit == 0 { break }
      isLeading = false
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "7") else { return nil }
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 8)
      if overflow { return nil }
      value = shifted + Int64(digit - UInt8(ascii: "0"))
    }
    return value
  }
}
