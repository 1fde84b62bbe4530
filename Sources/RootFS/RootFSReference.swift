// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A ROOT argument, parsed but not yet looked at.
public enum RootFSReference: Sendable, Equatable {
  /// `./x`, `../x`, `/x`, `.` or `..`: a directory to use in place, or an archive to unpack; the file decides.
  case path(String)
  /// `dir:PATH`: a directory, used in place.
  case directory(String)
  /// `tar:PATH`: a tar archive, plain or compressed.
  case archive(String)
  /// `host:NAME,…`: programs of this machine, each a command name or an absolute path.
  case host([String])
  /// `https://…` or `http://…`: an archive to download.
  case url(DownloadURL)
  /// `-`: an archive on standard input.
  case standardInput
  /// `debootstrap:SUITE[,MIRROR]`: a Debian system, made from packages.
  case debootstrap(suite: String, mirror: String?)

  /// The longest path that the kernel accepts, without its terminating NUL (`PATH_MAX` - 1).
  static let maximumPathBytes = 4095
  /// How many programs one `host:` reference may name.
  static let maximumPrograms = 256

  /// Parses the ROOT argument `text`.
  ///
  /// - Throws: `invalidReference`, naming the accepted forms, if `text` is none of them.
  public static func parse(_ text: String) throws(RootFSError) -> RootFSReference {
    guard !text.utf8.contains(0) else { throw invalid(text, "contains a NUL byte") }
    if let path = text.droppingPrefix("dir:") { return .directory(try checkedPath(path, in: text)) }
    if let path = text.droppingPrefix("tar:") { return .archive(try checkedPath(path, in: text)) }
    if let list = text.droppingPrefix("host:") { return .host(try programs(list, in: text)) }
    if let rest = text.droppingPrefix("debootstrap:") { return try debian(rest, in: text) }
    if text == "-" { return .standardInput }
    if DownloadURL.isURL(text) { return .url(try DownloadURL(text)) }
    let bytes = text.utf8
    let isPath =
      bytes.first == slash || text == "." || text == ".." || text.hasPrefix("./") || text.hasPrefix("../")
    guard isPath else {
      throw invalid(
        text,
        "not a root file system: write ./NAME or /PATH for a directory or archive, dir:PATH, tar:PATH, "
          + "https://HOST/ARCHIVE, host:PROGRAM,…, debootstrap:SUITE, or - for an archive on standard input")
    }
    return .path(try checkedPath(text, in: text))
  }

  private static func checkedPath(_ path: String, in text: String) throws(RootFSError) -> String {
    guard !path.isEmpty else { throw invalid(text, "the path is empty") }
    guard path.utf8.count <= maximumPathBytes else {
      throw invalid(text, "the path is longer than \(maximumPathBytes) bytes")
    }
    return path
  }

  private static func programs(_ list: String, in text: String) throws(RootFSError) -> [String] {
    var names: [String] = []
    for part in list.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      let name = String(Substring(part))
      guard !name.isEmpty else {
        throw invalid(text, "names an empty program: write host:bash or host:bash,ls,…")
      }
      let isAbsolute = name.utf8.first == slash
      guard isAbsolute || !name.utf8.contains(slash) else {
        throw invalid(text, "program \(quoted(name)) must be a command name or an absolute path")
      }
      guard name != ".", name != "..", name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
        throw invalid(text, "program \(quoted(name)) is not a command name")
      }
      guard name.utf8.count <= (isAbsolute ? maximumPathBytes : 255) else {
        throw invalid(text, "program name \(quoted(name)) is too long")
      }
      if !names.contains(name) { names.append(name) }
    }
    guard names.count <= maximumPrograms else {
      throw invalid(text, "names \(names.count) programs; at most \(maximumPrograms) are accepted")
    }
    return names
  }

  /// `SUITE[,MIRROR]`.
  private static func debian(_ list: String, in text: String) throws(RootFSError) -> RootFSReference {
    let comma = list.utf8.firstIndex(of: UInt8(ascii: ","))
    let suite = String(list[..<(comma ?? list.endIndex)])
    let isWord = suite.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    // The name becomes an argument: it must not look like an option, nor like a path.
    guard isWord, let first = suite.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "."),
      suite.utf8.count <= 64
    else {
      throw invalid(
        text, "is not the name of a suite: write debootstrap:bookworm or debootstrap:SUITE,MIRROR")
    }
    guard let comma else { return .debootstrap(suite: suite, mirror: nil) }
    let mirror = String(list[list.utf8.index(after: comma)...])
    let isKnown = ["http://", "https://", "file:///"].contains { mirror.utf8.starts(with: $0.utf8) }
    guard isKnown, mirror.utf8.count <= maximumPathBytes, mirror.utf8.allSatisfy(DownloadURL.isPlain) else {
      throw invalid(text, "the mirror must be an address such as https://deb.debian.org/debian")
    }
    return .debootstrap(suite: suite, mirror: mirror)
  }

  private static func invalid(_ text: String, _ reason: String) -> RootFSError {
    RootFSError(.invalidReference, reason, subject: quoted(text))
  }
}

extension RootFSReference: CustomStringConvertible {
  /// The reference in the form that `parse` accepts.
  public var description: String {
    switch self {
    case .path(let path): path
    case .directory(let path): "dir:" + path
    case .archive(let path): "tar:" + path
    case .host(let names): "host:" + names.joined(separator: ",")
    case .url(let url): url.text
    case .standardInput: "-"
    case .debootstrap(let suite, let mirror): "debootstrap:" + suite + (mirror.map { "," + $0 } ?? "")
    }
  }
}

extension String {
  /// The rest of the string after `prefix`, or nil if it does not begin with it. Compares bytes, not graphemes.
  func droppingPrefix(_ prefix: String) -> String? {
    guard utf8.starts(with: prefix.utf8) else { return nil }
    return String(Substring(utf8.dropFirst(prefix.utf8.count)))
  }
}

/// The separator of path components.
let slash = UInt8(ascii: "/")
