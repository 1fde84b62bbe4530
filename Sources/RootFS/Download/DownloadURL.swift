// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The address of an archive, checked but not yet asked for.
public struct DownloadURL: Sendable, Equatable {
  /// The address, as it was typed.
  public let text: String
  /// Whether TLS vouches for what comes.
  public let isSecure: Bool

  private static let longestBytes = 4095

  /// Whether `text` was meant as an address.
  static func isURL(_ text: String) -> Bool {
    text.droppingPrefix("https://") != nil || text.droppingPrefix("http://") != nil
  }

  /// Parses `https://HOST[:PORT]/PATH`, or the same with `http`.
  ///
  /// - Throws: `invalidReference` for bytes that no address has, for a missing host, and for a user name or password:
  ///   these would be kept in records and shown in lists.
  init(_ text: String) throws(RootFSError) {
    func invalid(_ reason: String) -> RootFSError {
      RootFSError(.invalidReference, reason, subject: quoted(text))
    }
    isSecure = text.droppingPrefix("https://") != nil
    guard let rest = isSecure ? text.droppingPrefix("https://") : text.droppingPrefix("http://") else {
      throw invalid("is no address of an archive")
    }
    guard text.utf8.count <= Self.longestBytes else {
      throw invalid("the address is longer than \(Self.longestBytes) bytes")
    }
    guard text.utf8.allSatisfy(Self.isPlain) else {
      throw invalid("blanks, quotes, # and what is not ASCII have to be written as %XX in an address")
    }
    let host = rest.utf8.prefix { $0 != slash && $0 != UInt8(ascii: "?") }
    guard !host.isEmpty, host.first != UInt8(ascii: ":") else { throw invalid("the address names no host") }
    guard !host.contains(UInt8(ascii: "@")) else {
      throw invalid(
        "names and passwords do not belong into an address, which is recorded: put them into ~/.netrc")
    }
    self.text = text
  }

  /// Whether a byte may stand in an address as it is.
  static func isPlain(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
      && byte != UInt8(ascii: "#")
  }
}
