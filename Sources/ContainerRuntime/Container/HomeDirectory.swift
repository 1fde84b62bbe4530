// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// The home directory that the container's own `/etc/passwd` gives a user; callers expect `HOME` to be set.
///
/// The file is the image's: it may be missing, a FIFO or endless. Whatever is wrong with it, the answer is `/`.
enum HomeDirectory {
  private static let sizeLimit = 1 << 20

  static func of(_ uid: UInt32) -> String {
    // bestEffort: the image need not have the file
    // path: in the container, after the change of root and of the user
    guard let file = try? openat(.workingDirectory, "/etc/passwd", [.readOnly, .nonBlocking]),
      let status = try? fstat(file.fd), status.isRegular,  // bestEffort: likewise
      let bytes = try? readAll(file.fd, limit: sizeLimit)  // bestEffort: likewise
    else { return "/" }
    return home(of: uid, in: bytes)
  }

  /// - Parameter bytes: the text of a passwd(5) file.
  static func home(of uid: UInt32, in bytes: [UInt8]) -> String {
    for line in bytes.split(separator: 0x0A) {
      let fields = line.split(separator: 0x3A, omittingEmptySubsequences: false)
      if fields.count >= 6, fields[2].elementsEqual("\(uid)".utf8), fields[5].first == 0x2F {
        return String(decoding: fields[5], as: UTF8.self)
      }
    }
    return "/"
  }
}
