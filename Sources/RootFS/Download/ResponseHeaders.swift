// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What the headers of the last answer say (RFC 9110): those before it were redirects.
struct ResponseHeaders: Equatable {
  /// The status code; 0 if there was no answer.
  var status = 0
  /// `Content-Length`: bytes of this answer.
  var lengthBytes: UInt64?
  /// The size behind the slash of `Content-Range`.
  var rangeTotalBytes: UInt64?
  /// A strong `ETag`, or `Last-Modified`: by these a server tells whether it still has the same bytes.
  var validator: String?

  static let maximumBytes = 1 << 20

  init() {}

  /// Parses what curl wrote down.
  init(_ bytes: [UInt8]) {
    for line in bytes.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
      if line.starts(with: Array("HTTP/".utf8)) {
        self = ResponseHeaders()
        let words = line.split(separator: 0x20)
        if words.count > 1 { status = decimal(words[1]).flatMap { Int(exactly: $0) } ?? 0 }
        continue
      }
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let name = line[..<colon].map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }
      let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
      note(String(decoding: name, as: UTF8.self), value)
    }
  }

  private mutating func note(_ name: String, _ value: ArraySlice<UInt8>) {
    switch name {
    case "content-length": lengthBytes = decimal(value)
    case "content-range":
      guard let end = value.lastIndex(of: slash) else { break }
      rangeTotalBytes = decimal(value[(end + 1)...])
    case "etag":
      // Weak ones stand for equal meaning, not for equal bytes.
      if value.first == UInt8(ascii: "\""), let text = Self.text(value) { validator = text }
    case "last-modified": if validator == nil { validator = Self.text(value) }
    default: break
    }
  }

  /// A value that may be sent back.
  private static func text(_ value: ArraySlice<UInt8>) -> String? {
    guard value.count <= 512, value.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) else { return nil }
    return String(decoding: value, as: UTF8.self)
  }

  /// How long the whole archive is, as far as this answer tells.
  var totalBytes: UInt64? { status == 206 ? rangeTotalBytes : lengthBytes }
}
