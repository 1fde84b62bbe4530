// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Where a bus listens (D-Bus specification, "Server Addresses"). Only sockets with a path are known.
public struct DBusAddress: Equatable, Sendable {
  /// The socket's path.
  public let path: String

  public init(path: String) { self.path = path }

  /// The first usable address of a list such as `unix:path=/run/user/1000/bus,guid=0123;unix:abstract=x`.
  ///
  /// - Returns: nil where none of them is a socket with a path.
  public init?(list: String) {
    for address in list.utf8.split(separator: UInt8(ascii: ";")) {
      guard address.starts(with: "unix:".utf8) else { continue }
      for pair in address.dropFirst(5).split(separator: UInt8(ascii: ",")) {
        guard pair.starts(with: "path=".utf8), let path = Self.unescaped(pair.dropFirst(5)) else { continue }
        self.path = path
        return
      }
    }
    return nil
  }

  /// Undoes `%2f` and the like.
  private static func unescaped(_ text: Substring.UTF8View) -> String? {
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let digits = String(rest.prefix(2)), digits.utf8.count == 2, let value = UInt8(digits, radix: 16)
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    if bytes.isEmpty || bytes.contains(0) { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}
