// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What the file `complete` of a stored tree says: lines of a keyword and a value.
///
/// Its existence is what counts. The content is for people and for finding the archive again; a file that a loss of
/// power has emptied is as good as any.
struct TreeMark: Equatable {
  /// The reference that the tree was made from first.
  var source = ""
  /// Seconds since 1970.
  var createdSeconds: Int64 = 0
  /// The archive's digest and size; nil for host trees.
  var archive: RootFSDigest?
  var archiveBytes: UInt64?
  var report = UnpackReport()

  static let maximumBytes = 64 << 10

  init() {}

  var encoded: [UInt8] {
    var lines = [
      "roost-tree 1", "source " + quoted(source), "created \(createdSeconds)", "entries \(report.entries)",
      "bytes \(report.fileBytes)", "skipped-devices \(report.skippedDevices)",
      "dropped-attributes \(report.droppedAttributes)", "dropped-set-id \(report.droppedSetID)",
    ]
    if let archive, let archiveBytes {
      lines.append("archive \(archive.hex)")
      lines.append("archive-bytes \(archiveBytes)")
    }
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  /// Reads what can be read; unknown lines are of a later version.
  init(_ bytes: [UInt8]) {
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let space = line.firstIndex(of: UInt8(ascii: " ")) else { continue }
      let value = line[line.index(after: space)...]
      let text = String(decoding: value, as: UTF8.self)
      let number = decimal(value)
      switch String(decoding: line[..<space], as: UTF8.self) {
      case "source": source = text.count >= 2 ? String(text.dropFirst().dropLast()) : ""
      case "created": createdSeconds = number.flatMap { Int64(exactly: $0) } ?? 0
      case "entries": report.entries = number ?? 0
      case "bytes": report.fileBytes = number ?? 0
      case "skipped-devices": report.skippedDevices = number ?? 0
      case "dropped-attributes": report.droppedAttributes = number ?? 0
      case "dropped-set-id": report.droppedSetID = number ?? 0
      case "archive": archive = RootFSDigest(text)
      case "archive-bytes": archiveBytes = number
      default: break
      }
    }
  }
}
