// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// Why a root file system could not be prepared, read or removed.
///
/// `description` is one line of at most a few hundred bytes: the archive or tree, the entry in it, the reason, and
/// the errno in words when a system call refused. Names that come from archives are escaped.
public struct RootFSError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What kind of failure it is, for callers that choose an exit status or a remedy.
  public enum Code: Sendable, Equatable {
    /// The ROOT argument matches none of the accepted forms.
    case invalidReference
    /// The directory, archive, program or stored tree does not exist.
    case notFound
    /// The input exists but is of a kind that cannot be used (a socket, a file system image, an unknown format).
    case unsupported
    /// The archive is truncated or contradicts its own format.
    case damagedArchive
    /// An archive entry asks for something that is never done, such as leaving the root.
    case refusedEntry
    /// An archive exceeds a limit that protects against decompression bombs.
    case limitExceeded
    /// The archive is not the one that was asked for.
    case digestMismatch
    /// A program of the host that does part of the work is not installed.
    case missingProgram
    /// A server, or the way to it, did not give what it should have.
    case downloadFailed
    /// A program that makes a tree has failed.
    case buildFailed
    /// A shared library or loader that a host program needs was not found.
    case missingLibrary
    /// A program or library is not a well-formed ELF file.
    case damagedProgram
    /// The input changed while it was read.
    case inputChanged
    /// The store directory belongs to somebody else or others may write to it.
    case untrustedStore
    /// The stored tree is in use by a container or another command.
    case inUse
    /// A system call failed; `errno` says how.
    case system
  }

  /// The kind of failure.
  public var code: Code
  /// The archive, tree or program concerned, as the user named it.
  public var subject: String?
  /// The archive entry concerned, escaped for display.
  public var entry: String?
  /// The reason, without a subject or a final full stop.
  public var reason: String
  /// The error number of the failed system call.
  public var errno: Int32?

  /// Describes a failure.
  public init(
    _ code: Code, _ reason: String, subject: String? = nil, entry: String? = nil, errno: Int32? = nil
  ) {
    self.code = code
    self.reason = reason
    self.subject = subject
    self.entry = entry
    self.errno = errno
  }

  public var description: String {
    var text = ""
    if let subject { text += subject + ": " }
    if let entry { text += "entry " + entry + ": " }
    text += reason
    if let errno { text += ": " + Errno(errno).description }
    return text
  }

  /// The same error, naming `subject` unless a subject is already known.
  func about(_ subject: String) -> RootFSError {
    var copy = self
    if copy.subject == nil { copy.subject = subject }
    return copy
  }

  /// The same error, naming the archive entry `name` unless an entry is already known.
  func inEntry(_ name: some Collection<UInt8>) -> RootFSError {
    var copy = self
    if copy.entry == nil { copy.entry = quoted(name) }
    return copy
  }

  /// A failed system call: `doing` completes "cannot …".
  static func system(_ doing: String, errno: Int32) -> RootFSError {
    RootFSError(.system, "cannot " + doing, errno: errno)
  }
}

/// `bytes` between double quotes, printable on one line: control bytes, quotes, backslashes and everything that is
/// not UTF-8 become `\xNN`, and a name longer than 160 bytes is cut in the middle.
func quoted(_ bytes: some Collection<UInt8>) -> String {
  let limit = 160
  var shown = Array(bytes.prefix(limit))
  var tail: [UInt8] = []
  if bytes.count > limit {
    shown = Array(bytes.prefix(limit / 2))
    tail = Array(bytes.suffix(limit / 4))
  }
  let middle = tail.isEmpty ? "" : "…(\(bytes.count) bytes)…"
  return "\"" + escaped(shown) + middle + escaped(tail) + "\""
}

/// `text` between double quotes, escaped as `quoted(_:)` does for bytes.
func quoted(_ text: String) -> String { quoted(text.utf8) }

/// Without the quotes.
private func escaped(_ bytes: [UInt8]) -> String {
  if let text = String(validating: bytes, as: UTF8.self) { return String(text.quoted.dropFirst().dropLast()) }
  var out: [UInt8] = []
  out.reserveCapacity(bytes.count)
  for byte in bytes {
    if 0x20..<0x7F ~= byte && byte != 0x22 && byte != 0x5c {
      out.append(byte)
    } else {
      let digits = Array("0123456789abcdef".utf8)
      out += [0x5c, 0x78, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: out, as: UTF8.self)
}
