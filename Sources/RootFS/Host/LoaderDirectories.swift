// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The directories that a loader searches without being told, which are compiled into it.
///
/// They differ from one distribution to the next (`/lib/x86_64-linux-gnu/`, `/lib64/`, a Nix store path) and nothing
/// publishes them, so that they are read from the loader itself.
struct LoaderDirectories: Equatable {
  /// Absolute paths without a trailing slash, in the order of the search; empty if they were not found.
  var paths: [String]

  /// A loader has a few hundred kilobytes.
  static let maximumLoaderBytes = 16 << 20

  /// Reads the directories from the content of the loader at `path`.
  init(loader content: [UInt8], path: String) {
    let name = path.utf8.split(separator: slash).last.map { String(Substring($0)) } ?? ""
    if name.hasPrefix("ld-musl") {
      // musl(1) has them as one string, separated by colons, and no cache file.
      paths = ["/lib", "/usr/local/lib", "/usr/lib"]
    } else {
      paths = Self.glibc(content)
    }
  }

  /// glibc stores its directories as successive strings that begin and end with a slash, the one run of such strings
  /// in its read-only data.
  private static func glibc(_ content: [UInt8]) -> [String] {
    var best: [String] = []
    var run: [String] = []
    var start = 0
    while start < content.count {
      guard content[start] == slash, start > 0, content[start - 1] == 0 else {
        start += 1
        continue
      }
      run = []
      while start < content.count, content[start] == slash, let (text, next) = directory(content, at: start) {
        run.append(text)
        start = next
      }
      if run.count > best.count { best = run }
      start += 1
    }
    return best.count >= 2 ? best : []
  }

  /// The string at `start` without its last slash, if it looks like a library directory, and where the next begins.
  private static func directory(_ content: [UInt8], at start: Int) -> (text: String, next: Int)? {
    let bytes = content[start...].prefix(1024).prefix { $0 != 0 }
    guard bytes.count > 2, bytes.last == slash, bytes.endIndex < content.count,
      bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), let text = String(validating: bytes, as: UTF8.self)
    else { return nil }
    return (String(Substring(text.utf8.dropLast())), bytes.endIndex + 1)
  }
}
