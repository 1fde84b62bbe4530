// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Reads the members of a tar archive from a stream: V7, ustar, pax with global headers, GNU long names, GNU and pax
/// sparse files, base-256 numbers.
///
/// The reader is strict where tolerance would let two programs see two different trees in one archive: data on a
/// member that cannot have any, several name headers for one member, bytes behind the end mark and a missing end
/// mark are errors. Memory is bounded by `TarLimits` whatever the archive says.
struct TarReader<Source: ByteSource> {
  private var source: Source
  let limits: TarLimits
  /// Bytes of the stream read so far.
  private(set) var position: UInt64 = 0
  /// Stored bytes of the current member that were not handed out yet.
  private(set) var remaining: UInt64 = 0
  private var padding = 0
  /// Bytes of the source's window that `content` handed out and the source still holds.
  private var borrowed = 0
  private var global = PaxRecords()
  private var entryCount: UInt64 = 0
  private var isFinished = false

  init(_ source: Source, limits: TarLimits = TarLimits()) {
    self.source = source
    self.limits = limits
  }

  /// The next member, or nil behind the last one. What is left of the current member's content is skipped.
  ///
  /// - Throws: `damagedArchive`, `refusedEntry` or `limitExceeded`, and what the source throws. The reader is of no use
  ///   after an error.
  mutating func next() throws(RootFSError) -> TarEntry? {
    if isFinished { return nil }
    try skipContent()
    var names = Names()
    while true {
      guard let block = try readBlock() else { throw truncated("has no end mark") }
      if block.allSatisfy({ $0 == 0 }) {
        guard names.isEmpty else {
          throw RootFSError(.damagedArchive, "an extended header at the end describes no member")
        }
        try finish()
        return nil
      }
      let start = position - UInt64(TarHeader.size)
      do throws(RootFSError) {
        let header = try TarHeader(block)
        if try readExtension(header, into: &names) { continue }
        return try member(header, names)
      } catch {
        // A long-name header may have named the member already.
        if error.entry == nil, let name = names.best { throw error.inEntry(name) }
        var located = error
        if error.entry == nil { located.reason = "header at byte \(start): " + error.reason }
        throw located
      }
    }
  }

  /// The next stored bytes of the current member's content, at most `limit` of them; empty behind its end.
  ///
  /// The memory is valid until the next call of any method. The bytes of a file with holes are those of its
  /// segments, one after the other.
  mutating func content(atMost limit: UInt64 = .max) throws(RootFSError) -> UnsafeRawBufferPointer {
    releaseWindow()
    if remaining == 0 || limit == 0 { return UnsafeRawBufferPointer(start: nil, count: 0) }
    let window = try source.window()
    guard !window.isEmpty else { throw truncated("ends \(remaining) bytes before the end of a member") }
    let count = min(window.count, Int(clamping: min(remaining, limit)))
    borrowed = count
    return UnsafeRawBufferPointer(rebasing: window[..<count])
  }

  private mutating func releaseWindow() {
    if borrowed == 0 { return }
    source.consume(borrowed)
    position += UInt64(borrowed)
    remaining -= UInt64(borrowed)
    borrowed = 0
  }

  private mutating func skipContent() throws(RootFSError) {
    while try !content().isEmpty {}
    if padding > 0 {
      remaining = UInt64(padding)
      padding = 0
      while try !content().isEmpty {}
    }
  }

  /// Announces `size` bytes of content, padded to whole blocks.
  private mutating func beginContent(_ size: UInt64) {
    remaining = size
    padding = Int((512 - size % 512) % 512)
  }

  /// The next 512 bytes, or nil at the end of the stream.
  mutating func readBlock() throws(RootFSError) -> [UInt8]? {
    releaseWindow()
    var block: [UInt8] = []
    block.reserveCapacity(TarHeader.size)
    while block.count < TarHeader.size {
      let window = try source.window()
      if window.isEmpty {
        if block.isEmpty { return nil }
        throw truncated("ends in the middle of a block")
      }
      let count = min(window.count, TarHeader.size - block.count)
      block.append(contentsOf: window[..<count])
      source.consume(count)
      position += UInt64(count)
    }
    return block
  }

  /// Reads the rest of the stream behind the first zero block: archives are padded with zeros, nothing else.
  private mutating func finish() throws(RootFSError) {
    isFinished = true
    while true {
      let window = try source.window()
      if window.isEmpty { return }
      if let junk = window.firstIndex(where: { $0 != 0 }) {
        throw RootFSError(
          .damagedArchive,
          "data follows the end mark at byte \(position + UInt64(junk)); are these two archives in one file?")
      }
      source.consume(window.count)
      position += UInt64(window.count)
    }
  }

  func truncated(_ what: String) -> RootFSError {
    RootFSError(.damagedArchive, "the archive \(what) (after \(position) bytes); it is probably truncated")
  }
}

// MARK: - Headers of headers

/// What the headers in front of a member say of it.
struct Names {
  var pax: PaxRecords?
  var longName: [UInt8]?
  var longLink: [UInt8]?

  var isEmpty: Bool { pax == nil && longName == nil && longLink == nil }
  /// The member's name, as far as it is known.
  var best: [UInt8]? { pax?.sparse.name ?? pax?.path ?? longName }
}

extension TarReader {
  /// Takes in a header that describes other headers.
  ///
  /// - Returns: false if `header` is a member of its own.
  private mutating func readExtension(
    _ header: TarHeader, into names: inout Names
  ) throws(RootFSError) -> Bool {
    switch header.type {
    case UInt8(ascii: "x"), UInt8(ascii: "X"):
      guard names.pax == nil else { throw RootFSError(.refusedEntry, "two extended headers for one member") }
      names.pax = try PaxRecords(try extensionData(header), limits: limits)
    case UInt8(ascii: "g"):
      let records = try PaxRecords(try extensionData(header), limits: limits)
      guard records.path == nil, records.linkPath == nil, records.size == nil, !records.sparse.isPresent
      else {
        throw RootFSError(.refusedEntry, "a global header gives all members one name or size")
      }
      global = records.merged(over: global)
    case UInt8(ascii: "L"):
      guard names.longName == nil else { throw RootFSError(.refusedEntry, "two long names for one member") }
      names.longName = Array(try extensionData(header).prefix { $0 != 0 })
    case UInt8(ascii: "K"):
      guard names.longLink == nil else { throw RootFSError(.refusedEntry, "two long links for one member") }
      names.longLink = Array(try extensionData(header).prefix { $0 != 0 })
    case UInt8(ascii: "V"):
      // A volume label: a name without a member.
      beginContent(try header.size)
      try skipContent()
    default: return false
    }
    if names.longName != nil && names.pax?.path != nil {
      throw RootFSError(.refusedEntry, "both a pax and a GNU header name the member")
    }
    if names.longLink != nil && names.pax?.linkPath != nil {
      throw RootFSError(.refusedEntry, "both a pax and a GNU header name the link's target")
    }
    return true
  }

  private mutating func extensionData(_ header: TarHeader) throws(RootFSError) -> [UInt8] {
    let size = try header.size
    guard size <= limits.extendedHeaderBytes else {
      throw RootFSError(
        .limitExceeded,
        "an extended header of \(size) bytes; at most \(limits.extendedHeaderBytes) are accepted")
    }
    beginContent(size)
    var data: [UInt8] = []
    while true {
      let part = try content()
      if part.isEmpty { break }
      data.append(contentsOf: part)
    }
    try skipContent()
    return data
  }

  // MARK: Members

  /// Builds the member that `header` and the headers before it describe, and makes its content ready to read.
  private mutating func member(_ header: TarHeader, _ names: Names) throws(RootFSError) -> TarEntry {
    let path = names.best ?? header.path
    do throws(RootFSError) {
      entryCount += 1
      guard entryCount <= limits.entries else {
        throw RootFSError(.limitExceeded, "the archive has more than \(limits.entries) members")
      }
      let pax = (names.pax ?? PaxRecords()).merged(over: global)
      let kind = try kind(header, path)
      var entry = TarEntry(kind: kind, path: path, mode: try header.mode)
      // A field that an extended header replaces may hold anything.
      if let id = pax.userID { entry.userID = id } else { entry.userID = try header.userID }
      if let id = pax.groupID { entry.groupID = id } else { entry.groupID = try header.groupID }
      if let time = pax.modified {
        (entry.modifiedSeconds, entry.modifiedNanoseconds) = time
      } else {
        entry.modifiedSeconds = try header.modifiedSeconds
      }
      entry.attributes = pax.attributes
      if kind == .hardLink || kind == .symbolicLink {
        entry.linkTarget = pax.linkPath ?? names.longLink ?? header.linkTarget
      }
      if kind == .characterDevice || kind == .blockDevice {
        entry.deviceMajor = try header.deviceMajor
        entry.deviceMinor = try header.deviceMinor
      }
      try setSize(of: &entry, header, pax)
      return entry
    } catch {
      throw error.inEntry(path)
    }
  }

  private mutating func setSize(
    of entry: inout TarEntry, _ header: TarHeader, _ pax: PaxRecords
  ) throws(RootFSError) {
    let stored: UInt64
    if let size = pax.size { stored = size } else { stored = try header.size }
    guard entry.kind == .file else {
      // Programs disagree about whether such a member's bytes exist, so that one could hide members from another.
      guard stored == 0 else {
        throw RootFSError(.refusedEntry, "declares \(stored) bytes of data, which its type cannot have")
      }
      return
    }
    entry.size = stored
    try checkFileSize(stored)
    if header.type == UInt8(ascii: "S") {
      try readGNUSparse(header, of: &entry)
      beginContent(stored)
    } else if pax.sparse.isPresent {
      beginContent(stored)
      try readPaxSparse(pax.sparse, of: &entry)
    } else {
      beginContent(stored)
      return
    }
    try checkFileSize(entry.size)
    try checkSegments(of: entry, stored: remaining)
  }

  private func checkFileSize(_ size: UInt64) throws(RootFSError) {
    guard size <= limits.fileBytes else {
      throw RootFSError(.limitExceeded, "has \(size) bytes; at most \(limits.fileBytes) are accepted")
    }
  }

  private func kind(_ header: TarHeader, _ path: [UInt8]) throws(RootFSError) -> TarEntry.Kind {
    switch header.type {
    case 0, UInt8(ascii: "0"), UInt8(ascii: "7"):
      // Before POSIX a directory was a file whose name ends in a slash.
      return path.last == slash ? .directory : .file
    case UInt8(ascii: "S"): return .file
    case UInt8(ascii: "1"): return .hardLink
    case UInt8(ascii: "2"): return .symbolicLink
    case UInt8(ascii: "3"): return .characterDevice
    case UInt8(ascii: "4"): return .blockDevice
    case UInt8(ascii: "5"): return .directory
    case UInt8(ascii: "6"): return .fifo
    case UInt8(ascii: "M"), UInt8(ascii: "D"):
      throw RootFSError(.unsupported, "belongs to a multi-volume or incremental archive")
    default:
      throw RootFSError(.unsupported, "has the unknown type \(quoted([header.type]))")
    }
  }
}
