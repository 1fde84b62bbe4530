// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Writes tar archives for tests, correct ones and others.
struct TarWriter {
  private(set) var bytes: [UInt8] = []

  /// One header block, with whatever a test wants to be wrong.
  struct Header {
    var name: [UInt8]
    var type: UInt8
    var mode: UInt64 = 0o644
    var userID: UInt64 = 0
    var groupID: UInt64 = 0
    var size: UInt64 = 0
    var modified: UInt64 = 1_000_000_000
    var link: [UInt8] = []
    var magic: [UInt8] = Array("ustar\u{0}00".utf8)
    var major: UInt64 = 0
    var minor: UInt64 = 0
    var prefix: [UInt8] = []
    /// Bytes put over the block before the checksum is made.
    var patches: [(offset: Int, bytes: [UInt8])] = []
    /// A checksum in place of the right one.
    var checksum: [UInt8]?

    init(_ name: String, _ type: Character = "0") {
      self.name = Array(name.utf8)
      self.type = type.asciiValue ?? 0
    }

    var block: [UInt8] {
      var block = [UInt8](repeating: 0, count: 512)
      func put(_ value: [UInt8], _ offset: Int, _ limit: Int) {
        for (index, byte) in value.prefix(limit).enumerated() { block[offset + index] = byte }
      }
      put(name, 0, 100)
      put(octal(mode, 7), 100, 8)
      put(octal(userID, 7), 108, 8)
      put(octal(groupID, 7), 116, 8)
      put(octal(size, 11), 124, 12)
      put(octal(modified, 11), 136, 12)
      block[156] = type
      put(link, 157, 100)
      put(magic, 257, 8)
      put(octal(major, 7), 329, 8)
      put(octal(minor, 7), 337, 8)
      put(prefix, 345, 155)
      for (offset, bytes) in patches { put(bytes, offset, 512 - offset) }
      put(Array("        ".utf8), 148, 8)
      let sum = block.reduce(0) { $0 + UInt64($1) }
      put(checksum ?? octal(sum, 6) + [0, 0x20], 148, 8)
      return block
    }

    private func octal(_ value: UInt64, _ digits: Int) -> [UInt8] {
      let text = Array(String(value, radix: 8).utf8)
      return [UInt8](repeating: 0x30, count: max(0, digits - text.count)) + text.suffix(digits)
    }
  }

  /// A twelve- or eight-byte base-256 field.
  static func base256(_ value: Int64, width: Int) -> [UInt8] {
    var field = [UInt8](repeating: value < 0 ? 0xff : 0, count: width)
    for index in 0..<8 { field[width - 1 - index] = UInt8(truncatingIfNeeded: value >> (8 * Int64(index))) }
    field[0] = value < 0 ? 0xff : 0x80
    return field
  }

  mutating func add(_ header: Header, _ content: [UInt8] = []) {
    bytes += header.block
    addContent(content)
  }

  mutating func addContent(_ content: [UInt8]) {
    bytes += content
    bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }

  mutating func file(_ name: String, _ content: String = "content\n", mode: UInt64 = 0o644) {
    var header = Header(name)
    header.mode = mode
    header.size = UInt64(content.utf8.count)
    add(header, Array(content.utf8))
  }

  mutating func directory(_ name: String, mode: UInt64 = 0o755) {
    var header = Header(name, "5")
    header.mode = mode
    add(header)
  }

  mutating func symbolicLink(_ name: String, _ target: String) {
    var header = Header(name, "2")
    header.link = Array(target.utf8)
    header.mode = 0o777
    add(header)
  }

  mutating func hardLink(_ name: String, _ target: String) {
    var header = Header(name, "1")
    header.link = Array(target.utf8)
    add(header)
  }

  mutating func device(_ name: String, _ type: Character, _ major: UInt64, _ minor: UInt64) {
    var header = Header(name, type)
    header.major = major
    header.minor = minor
    add(header)
  }

  /// An extended header with well-formed records.
  mutating func pax(_ records: [(String, [UInt8])], type: Character = "x") {
    paxData(records.flatMap { Self.paxRecord($0.0, $0.1) }, type: type)
  }

  mutating func pax(_ records: KeyValuePairs<String, String>, type: Character = "x") {
    pax(records.map { ($0.key, Array($0.value.utf8)) }, type: type)
  }

  /// An extended header with any content.
  mutating func paxData(_ data: [UInt8], type: Character = "x") {
    var header = Header("PaxHeaders/x", type)
    header.size = UInt64(data.count)
    add(header, data)
  }

  static func paxRecord(_ key: String, _ value: [UInt8]) -> [UInt8] {
    let rest = [0x20] + Array(key.utf8) + [0x3d] + value + [0x0a]
    var length = rest.count + 1
    while String(length).utf8.count + rest.count != length { length = String(length).utf8.count + rest.count }
    return Array(String(length).utf8) + rest
  }

  /// A GNU long name (`L`) or long link (`K`).
  mutating func long(_ type: Character, _ name: [UInt8]) {
    var header = Header("././@LongLink", type)
    header.magic = Array("ustar  \u{0}".utf8)
    header.size = UInt64(name.count + 1)
    add(header, name + [0])
  }

  mutating func end() { bytes += [UInt8](repeating: 0, count: 1024) }

  /// The archive that `build` describes, with its end mark.
  static func archive(_ build: (inout TarWriter) -> Void) -> [UInt8] {
    var writer = TarWriter()
    build(&writer)
    writer.end()
    return writer.bytes
  }
}
