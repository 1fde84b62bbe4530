// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The list of libraries that ldconfig(8) writes to `/etc/ld.so.cache` and the loader consults.
///
/// Two formats exist: entries of 24 bytes behind `glibc-ld.so.cache1.1`, and the historic one of 12 bytes behind
/// `ld.so-1.7.0`, which may carry the new one behind it. String offsets of the new format count from its own
/// beginning, those of the old one from the end of its entries.
struct LoaderCache: Equatable {
  /// Paths by library name, in the file's order: for one name the loader prefers the first that fits the machine.
  private(set) var paths: [String: [String]] = [:]

  static let path = "/etc/ld.so.cache"
  /// The size of a cache is some 64 bytes for each library installed.
  static let maximumBytes = 64 << 20

  private static let newMagic = Array("glibc-ld.so.cache1.1".utf8)
  private static let oldMagic = Array("ld.so-1.7.0\0".utf8)

  /// Parses the content of a cache file.
  ///
  /// - Throws: `damagedProgram` if it has neither format or is truncated. The loader itself ignores such a file.
  init(_ data: [UInt8]) throws(RootFSError) {
    if data.starts(with: Self.newMagic) {
      try parseNew(data[...])
      return
    }
    guard data.starts(with: Self.oldMagic) else { throw Self.damaged("has an unknown format") }
    let header = 16
    let count = try Self.number(data, 12)
    let (size, overflow) = count.multipliedReportingOverflow(by: 12)
    guard !overflow, size <= data.count - header else { throw Self.damaged("is truncated") }
    let end = header + size
    let aligned = (end + 7) & ~7
    if aligned <= data.count, data[aligned...].starts(with: Self.newMagic) {
      try parseNew(data[aligned...])
      return
    }
    for index in 0..<count {
      try add(data[...], entry: header + index * 12, stringsFrom: end)
    }
  }

  private mutating func parseNew(_ data: ArraySlice<UInt8>) throws(RootFSError) {
    let start = data.startIndex
    let header = 48
    guard data.count >= header else { throw Self.damaged("is truncated") }
    // Byte 28: 2 for little and 3 for big endian, 0 in old files; only the machine's own order is ever read.
    let isBig = Int(bigEndian: 1) == 1
    if data[start + 28] & 3 == (isBig ? 2 : 3) {
      throw Self.damaged("is of a machine with another byte order")
    }
    let count = try Self.number(Array(data.prefix(header)), 20)
    let (size, overflow) = count.multipliedReportingOverflow(by: 24)
    guard !overflow, size <= data.count - header else { throw Self.damaged("is truncated") }
    for index in 0..<count {
      try add(data, entry: start + header + index * 24, stringsFrom: start)
    }
  }

  /// Both formats begin an entry with flags, the offset of the name and the offset of the path.
  private mutating func add(
    _ data: ArraySlice<UInt8>, entry: Int, stringsFrom base: Int
  ) throws(RootFSError) {
    let fields = Array(data[entry..<(entry + 12)])
    let name = try Self.string(data, base, try Self.number(fields, 4))
    let path = try Self.string(data, base, try Self.number(fields, 8))
    guard path.utf8.first == slash else { throw Self.damaged("names the relative path \(quoted(path))") }
    if paths[name]?.contains(path) != true { paths[name, default: []].append(path) }
  }

  /// The 32-bit number at `offset`, in the machine's byte order.
  private static func number(_ data: [UInt8], _ offset: Int) throws(RootFSError) -> Int {
    guard data.count >= offset + 4 else { throw damaged("is truncated") }
    return Int(data.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) })
  }

  private static func string(
    _ data: ArraySlice<UInt8>, _ base: Int, _ offset: Int
  ) throws(RootFSError) -> String {
    guard offset < data.endIndex - base else { throw damaged("is truncated") }
    let bytes = data[(base + offset)...].prefix(4096).prefix { $0 != 0 }
    guard bytes.count < 4096, bytes.endIndex < data.endIndex,
      let text = String(validating: bytes, as: UTF8.self)
    else { throw damaged("has a name that is not text") }
    return text
  }

  private static func damaged(_ what: String) -> RootFSError {
    RootFSError(.damagedProgram, what + "; run ldconfig to make it anew", subject: path)
  }
}
