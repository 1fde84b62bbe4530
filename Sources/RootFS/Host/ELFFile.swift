// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What the loader must know of a program or shared library (elf(5); System V gABI, chapters 4 and 5).
struct ELFFile: Equatable {
  /// What two objects must share to be loaded into one process.
  struct Architecture: Hashable {
    /// 32 or 64.
    var bits: Int
    var isBigEndian: Bool
    /// An `EM_*` value.
    var machine: UInt16
  }

  var architecture: Architecture
  /// The loader that the kernel starts (`PT_INTERP`); nil for libraries and static programs.
  var interpreter: String?
  /// Names of the libraries that must be loaded too (`DT_NEEDED`), in order.
  var needed: [String] = []
  /// Libraries that are loaded if they exist (`DT_AUXILIARY`).
  var auxiliary: [String] = []
  /// Colon-separated directories for this object and those that it loads (`DT_RPATH`).
  var rpath: String?
  /// Colon-separated directories for this object only (`DT_RUNPATH`); disables `rpath`.
  var runpath: String?
  /// The library's own name (`DT_SONAME`).
  var soname: String?
  /// Whether the default directories are not to be searched (`DF_1_NODEFLIB`).
  var ignoresDefaultDirectories = false

  static let magic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]

  // Bounds: far beyond every real file, and small enough to read.
  private static let maximumHeaders = 4096
  private static let maximumDynamicBytes = 1 << 20
  private static let maximumStringBytes = 4096

  /// Reads the headers of `source`.
  ///
  /// - Throws: `damagedProgram` if it is not ELF or contradicts itself.
  init(_ source: some RandomAccess) throws(RootFSError) {
    let reader = try Reader(source)
    architecture = reader.architecture
    let segments = try reader.segments()
    if let segment = segments.first(where: { $0.type == 3 }) {  // PT_INTERP
      interpreter = try reader.string(at: segment.offset, limit: segment.fileSize, "interpreter")
    }
    guard let dynamic = segments.first(where: { $0.type == 2 }) else { return }  // PT_DYNAMIC
    let entries = try reader.dynamicEntries(dynamic)
    guard let table = try reader.stringTable(entries, segments) else { return }
    for (tag, value) in entries {
      switch tag {
      case 1: needed.append(try reader.string(table, value, "DT_NEEDED"))
      case 14: soname = try reader.string(table, value, "DT_SONAME")
      case 15: rpath = try reader.string(table, value, "DT_RPATH")
      case 29: runpath = try reader.string(table, value, "DT_RUNPATH")
      case 0x7fff_fffd: auxiliary.append(try reader.string(table, value, "DT_AUXILIARY"))
      case 0x7fff_ffff: needed.append(try reader.string(table, value, "DT_FILTER"))
      case 0x6fff_fffb: ignoresDefaultDirectories = value & 0x800 != 0  // DT_FLAGS_1
      default: break
      }
    }
  }

  private struct Segment {
    var type: UInt32
    var offset: UInt64
    var address: UInt64
    var fileSize: UInt64
  }

  private struct StringTable {
    var offset: UInt64
    var size: UInt64
  }

  private struct Reader<Source: RandomAccess> {
    let source: Source
    let header: [UInt8]
    let architecture: Architecture

    init(_ source: Source) throws(RootFSError) {
      self.source = source
      let start = try source.bytes(at: 0, count: 64)
      guard start.count >= 52, start.starts(with: ELFFile.magic) else {
        throw RootFSError(.damagedProgram, "is not an ELF file")
      }
      guard start[4] == 1 || start[4] == 2, start[5] == 1 || start[5] == 2 else {
        throw RootFSError(.damagedProgram, "has an unknown ELF class or byte order")
      }
      guard start[4] == 1 || start.count == 64 else {
        throw RootFSError(.damagedProgram, "the file ends before the end of its header")
      }
      header = start
      let isBig = start[5] == 2
      architecture = Architecture(
        bits: start[4] == 1 ? 32 : 64, isBigEndian: isBig,
        machine: UInt16(truncatingIfNeeded: Self.integer(start, 18, 2, isBig)))
    }

    private var is64: Bool { architecture.bits == 64 }

    /// The unsigned integer of `width` bytes at `offset`, which the caller knows to be inside.
    private static func integer(_ bytes: [UInt8], _ offset: Int, _ width: Int, _ isBig: Bool) -> UInt64 {
      var value: UInt64 = 0
      for index in 0..<width {
        value = value << 8 | UInt64(bytes[offset + (isBig ? index : width - 1 - index)])
      }
      return value
    }

    private func field(_ bytes: [UInt8], _ offset: Int, _ width: Int) -> UInt64 {
      Self.integer(bytes, offset, width, architecture.isBigEndian)
    }

    func segments() throws(RootFSError) -> [Segment] {
      let start = is64 ? field(header, 32, 8) : field(header, 28, 4)
      let size = Int(is64 ? field(header, 54, 2) : field(header, 42, 2))
      let count = Int(is64 ? field(header, 56, 2) : field(header, 44, 2))
      if count == 0 { return [] }
      guard size >= (is64 ? 56 : 32), count <= ELFFile.maximumHeaders, size <= 4096 else {
        throw RootFSError(.damagedProgram, "has impossible program headers")
      }
      let table = try source.exactly(size * count, at: start, "program headers")
      return (0..<count).map { index in
        let base = index * size
        let type = UInt32(truncatingIfNeeded: field(table, base, 4))
        if is64 {
          return Segment(
            type: type, offset: field(table, base + 8, 8), address: field(table, base + 16, 8),
            fileSize: field(table, base + 32, 8))
        }
        return Segment(
          type: type, offset: field(table, base + 4, 4), address: field(table, base + 8, 4),
          fileSize: field(table, base + 16, 4))
      }
    }

    /// The entries of the dynamic section up to `DT_NULL`.
    func dynamicEntries(_ segment: Segment) throws(RootFSError) -> [(tag: UInt64, value: UInt64)] {
      guard segment.fileSize <= UInt64(ELFFile.maximumDynamicBytes), let size = Int(exactly: segment.fileSize)
      else { throw RootFSError(.damagedProgram, "has a dynamic section of impossible size") }
      let table = try source.exactly(size, at: segment.offset, "dynamic section")
      let word = is64 ? 8 : 4
      var entries: [(tag: UInt64, value: UInt64)] = []
      for base in stride(from: 0, through: size - 2 * word, by: 2 * word) {
        let tag = field(table, base, word)
        if tag == 0 { break }
        entries.append((tag, field(table, base + word, word)))
      }
      return entries
    }

    /// Where the strings of the dynamic section are in the file: its addresses are those in memory.
    func stringTable(
      _ entries: [(tag: UInt64, value: UInt64)], _ segments: [Segment]
    ) throws(RootFSError) -> StringTable? {
      guard let address = entries.first(where: { $0.tag == 5 })?.value,
        let size = entries.first(where: { $0.tag == 10 })?.value
      else { return nil }
      for segment in segments where segment.type == 1 && address >= segment.address {  // PT_LOAD
        let inside = address - segment.address
        guard inside < segment.fileSize else { continue }
        let (offset, overflow) = segment.offset.addingReportingOverflow(inside)
        if !overflow { return StringTable(offset: offset, size: size) }
      }
      throw RootFSError(.damagedProgram, "has a string table outside its segments")
    }

    func string(_ table: StringTable, _ index: UInt64, _ what: String) throws(RootFSError) -> String {
      let (offset, overflow) = table.offset.addingReportingOverflow(index)
      guard index < table.size, !overflow else {
        throw RootFSError(.damagedProgram, "\(what) is outside the string table")
      }
      return try string(at: offset, limit: table.size - index, what)
    }

    /// The text from `offset` up to a NUL byte, which must come within `limit` bytes.
    func string(at offset: UInt64, limit: UInt64, _ what: String) throws(RootFSError) -> String {
      let count = Int(clamping: min(limit, UInt64(ELFFile.maximumStringBytes)))
      let bytes = try source.bytes(at: offset, count: count)
      guard let end = bytes.firstIndex(of: 0), let text = String(validating: bytes[..<end], as: UTF8.self)
      else {
        throw RootFSError(.damagedProgram, "\(what) is not a text of at most 4095 bytes")
      }
      return text
    }
  }
}
