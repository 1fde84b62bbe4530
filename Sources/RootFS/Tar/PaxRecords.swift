// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What pax extended headers say of the next member, or of all that follow (POSIX.1-2017 pax, "pax Extended Header";
/// GNU tar manual, "Sparse Formats"; xattrs as star(1) and GNU tar write them).
struct PaxRecords: Equatable {
  var path: [UInt8]?
  var linkPath: [UInt8]?
  var size: UInt64?
  var userID: UInt32?
  var groupID: UInt32?
  var modified: (seconds: Int64, nanoseconds: Int64)?
  var attributes: [TarEntry.Attribute] = []
  var sparse = Sparse()

  /// The keywords of GNU's three sparse formats.
  struct Sparse: Equatable {
    var major: UInt64?
    var minor: UInt64?
    var name: [UInt8]?
    /// The size with holes.
    var realSize: UInt64?
    /// The map of formats 0.0 and 0.1.
    var segments: [TarEntry.Segment] = []
    /// The offset of a 0.0 record whose length has not come yet.
    var pendingOffset: UInt64?

    /// Whether any sparse keyword was present.
    var isPresent: Bool {
      major != nil || minor != nil || name != nil || realSize != nil || !segments.isEmpty
        || pendingOffset != nil
    }
  }

  static func == (left: PaxRecords, right: PaxRecords) -> Bool {
    left.path == right.path && left.linkPath == right.linkPath && left.size == right.size
      && left.userID == right.userID && left.groupID == right.groupID
      && left.modified?.seconds == right.modified?.seconds
      && left.modified?.nanoseconds == right.modified?.nanoseconds
      && left.attributes == right.attributes && left.sparse == right.sparse
  }

  init() {}

  /// Reads the records of one extended header: `LENGTH KEYWORD=VALUE\n`, the length in decimal and counting itself.
  init(_ data: [UInt8], limits: TarLimits) throws(RootFSError) {
    var rest = data[...]
    while let first = rest.first {
      // Some writers pad the last block inside the declared size.
      if first == 0 && rest.allSatisfy({ $0 == 0 }) { return }
      guard let space = rest.prefix(21).firstIndex(of: UInt8(ascii: " ")),
        let length = decimal(rest[rest.startIndex..<space]), let count = Int(exactly: length),
        count <= rest.count, count > space - rest.startIndex + 2
      else { throw Self.damaged("a record's length is wrong") }
      let record = rest[(space + 1)..<(rest.startIndex + count)]
      guard record.last == UInt8(ascii: "\n"), let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
        throw Self.damaged("a record has no \"=\" or line end")
      }
      try apply(record[record.startIndex..<equals], record[(equals + 1)...].dropLast(), limits)
      rest = rest.dropFirst(count)
    }
  }

  private mutating func apply(
    _ key: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>, _ limits: TarLimits
  ) throws(RootFSError) {
    guard let keyword = String(validating: key, as: UTF8.self), !keyword.isEmpty else {
      throw Self.damaged("keyword \(quoted(key)) is not text")
    }
    let prefix = "SCHILY.xattr."
    if keyword.utf8.starts(with: prefix.utf8) {
      return try setAttribute(Array(key.dropFirst(prefix.utf8.count)), Array(value), limits)
    }
    if keyword.utf8.starts(with: "GNU.sparse.".utf8) {
      return try sparse.apply(keyword, value, limits)
    }
    // An empty value withdraws what an earlier header said.
    switch keyword {
    case "path": path = try value.isEmpty ? nil : Self.name(value, keyword)
    case "linkpath": linkPath = try value.isEmpty ? nil : Self.name(value, keyword)
    case "size": size = try value.isEmpty ? nil : Self.number(value, keyword)
    case "uid": userID = try value.isEmpty ? nil : Self.identifier(value, keyword)
    case "gid": groupID = try value.isEmpty ? nil : Self.identifier(value, keyword)
    case "mtime": modified = try value.isEmpty ? nil : Self.time(value)
    // Comments, access times, user names, vendor keywords: nothing that an unpacked tree shows.
    default: break
    }
  }

  private mutating func setAttribute(
    _ name: [UInt8], _ value: [UInt8], _ limits: TarLimits
  ) throws(RootFSError) {
    guard !name.isEmpty, !name.contains(0) else { throw Self.damaged("an extended attribute has no name") }
    attributes.removeAll { $0.name == name }
    guard attributes.count < limits.attributes else {
      throw RootFSError(.limitExceeded, "more than \(limits.attributes) extended attributes")
    }
    attributes.append(TarEntry.Attribute(name: name, value: value))
  }

  /// The records for a member: this header's, and where it is silent the global header's.
  func merged(over global: PaxRecords) -> PaxRecords {
    var result = self
    if result.userID == nil { result.userID = global.userID }
    if result.groupID == nil { result.groupID = global.groupID }
    if result.modified == nil { result.modified = global.modified }
    for attribute in global.attributes where !attributes.contains(where: { $0.name == attribute.name }) {
      result.attributes.append(attribute)
    }
    return result
  }

  static func name(_ value: ArraySlice<UInt8>, _ keyword: String) throws(RootFSError) -> [UInt8] {
    guard !value.contains(0) else {
      throw RootFSError(.refusedEntry, "\(keyword) \(quoted(value)) contains a NUL byte")
    }
    return Array(value)
  }

  static func number(_ value: ArraySlice<UInt8>, _ keyword: String) throws(RootFSError) -> UInt64 {
    guard let number = decimal(value) else {
      throw damaged("\(keyword) \(quoted(value)) is not a number from 0 to 2^64 - 1")
    }
    return number
  }

  private static func identifier(
    _ value: ArraySlice<UInt8>, _ keyword: String
  ) throws(RootFSError) -> UInt32 {
    guard let number = decimal(value), let id = UInt32(exactly: number), id != .max else {
      throw RootFSError(.refusedEntry, "\(keyword) \(quoted(value)) is not between 0 and 4294967294")
    }
    return id
  }

  /// `[-]SECONDS[.FRACTION]`; digits beyond nanoseconds are cut off, towards the past.
  private static func time(
    _ value: ArraySlice<UInt8>
  ) throws(RootFSError) -> (seconds: Int64, nanoseconds: Int64) {
    let isNegative = value.first == UInt8(ascii: "-")
    let parts = value.dropFirst(isNegative ? 1 : 0).split(
      separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    let fraction = parts.count > 1 ? parts[1] : []
    guard let whole = parts.first, let magnitude = decimal(whole),
      fraction.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
    else { throw damaged("mtime \(quoted(value)) is not a time") }
    var nanoseconds: Int64 = 0
    for index in 0..<9 {
      let digit = index < fraction.count ? fraction[fraction.startIndex + index] - UInt8(ascii: "0") : 0
      nanoseconds = nanoseconds * 10 + Int64(digit)
    }
    guard let seconds = Int64(exactly: magnitude) else {
      guard isNegative, magnitude == UInt64(Int64.max) + 1, nanoseconds == 0 else {
        throw damaged("mtime \(quoted(value)) does not fit 64 bits")
      }
      return (.min, 0)
    }
    if !isNegative { return (seconds, nanoseconds) }
    return nanoseconds == 0 ? (-seconds, 0) : (-seconds - 1, 1_000_000_000 - nanoseconds)
  }

  static func damaged(_ what: String) -> RootFSError {
    RootFSError(.damagedArchive, "extended header: " + what)
  }
}

extension PaxRecords.Sparse {
  fileprivate mutating func apply(
    _ keyword: String, _ value: ArraySlice<UInt8>, _ limits: TarLimits
  ) throws(RootFSError) {
    switch keyword {
    case "GNU.sparse.major": major = try PaxRecords.number(value, keyword)
    case "GNU.sparse.minor": minor = try PaxRecords.number(value, keyword)
    case "GNU.sparse.name": name = try PaxRecords.name(value, keyword)
    case "GNU.sparse.size", "GNU.sparse.realsize": realSize = try PaxRecords.number(value, keyword)
    case "GNU.sparse.numblocks": _ = try PaxRecords.number(value, keyword)
    case "GNU.sparse.offset":
      guard pendingOffset == nil else { throw PaxRecords.damaged("two sparse offsets in a row") }
      pendingOffset = try PaxRecords.number(value, keyword)
    case "GNU.sparse.numbytes":
      guard let offset = pendingOffset else { throw PaxRecords.damaged("a sparse length without offset") }
      pendingOffset = nil
      try append(offset, try PaxRecords.number(value, keyword), limits)
    case "GNU.sparse.map":
      segments = []
      let parts = value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      guard parts.count % 2 == 0 else {
        throw PaxRecords.damaged("the sparse map has an odd number of values")
      }
      for index in stride(from: 0, to: parts.count, by: 2) {
        let offset = try PaxRecords.number(parts[index], keyword)
        try append(offset, try PaxRecords.number(parts[index + 1], keyword), limits)
      }
    default: throw PaxRecords.damaged("unknown sparse keyword \(quoted(keyword))")
    }
  }

  private mutating func append(
    _ offset: UInt64, _ count: UInt64, _ limits: TarLimits
  ) throws(RootFSError) {
    guard segments.count < limits.segments else {
      throw RootFSError(.limitExceeded, "more than \(limits.segments) runs in one sparse file")
    }
    segments.append(TarEntry.Segment(offset: offset, count: count))
  }
}

/// Decimal digits, nothing else; nil if there is none or the number does not fit.
func decimal(_ digits: some Collection<UInt8>) -> UInt64? {
  if digits.isEmpty { return nil }
  var value: UInt64 = 0
  for digit in digits {
    guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
    let (shifted, tooLarge) = value.multipliedReportingOverflow(by: 10)
    let (sum, overflow) = shifted.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
    if tooLarge || overflow { return nil }
    value = sum
  }
  return value
}
