// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
import Netlink
public import Networking

/// Which network the container sees: `--network`.
public enum NetworkMode: Equatable, Sendable {
  /// A network namespace of its own with nothing but the loopback interface.
  case none
  /// The host's own network.
  case host
  /// That of another container, by its name or id.
  case container(String)
  /// The namespace behind a path.
  case path(String)
  /// Interfaces that the engine makes.
  case attached([Attachment])
  /// What a program of the user's carries.
  case user(UserNetworkRequest)

  /// As `inspect` shows it.
  var text: String {
    switch self {
    case .none: "none"
    case .host: "host"
    case .container(let name): "container:\(name)"
    case .path(let path): "ns:\(path)"
    case .attached(let attachments): attachments.first?.target.text ?? "none"
    case .user(let request):
      request.options.isEmpty
        ? request.program.rawValue : "\(request.program.rawValue):\(request.options.joined(separator: ","))"
    }
  }

  /// Parses the value of `--network`.
  ///
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  static func parse(_ text: String) throws(EngineError) -> NetworkMode {
    let (word, rest) = text.cut(at: Byte.colon)
    switch (word, rest) {
    case ("none", nil): return .none
    case ("host", nil): return .host
    case ("container", let name?):
      if name.isEmpty { throw EngineError("the container's name is missing") }
      return .container(name)
    case ("ns", let path?):
      guard path.utf8.first == Byte.slash, !path.utf8.contains(0) else {
        throw EngineError("the path of a network namespace must be absolute")
      }
      return .path(path)
    default: break
    }
    guard let program = UserNetworkRequest.Program(rawValue: word) else {
      return .attached([try AttachmentText.parse(text)])
    }
    var request = UserNetworkRequest(program)
    request.options = rest?.pieces(separatedBy: Byte.comma) ?? []
    try inEngine { () throws(NetworkingError) in try request.check() }
    return .user(request)
  }

  /// This mode together with one that was given before.
  func joined(with earlier: NetworkMode?) throws(EngineError) -> NetworkMode {
    guard let earlier, earlier != self else { return self }
    if case .attached(let first) = earlier, case .attached(let second) = self {
      return .attached(first + second)
    }
    throw EngineError("another network, \(earlier.text), was asked for before")
  }
}

/// Host names, and the lines of `/etc/hosts`.
enum HostName {
  /// The kernel's limit for a host name in bytes (`__NEW_UTS_LEN`).
  static let longest = 64

  /// Checks a host name: letters, digits, dashes and dots, as RFC 1123 has it, underscores tolerated. The grammar
  /// also keeps line breaks and blanks out of `/etc/hosts`.
  ///
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  static func check(_ name: String, longest: Int = HostName.longest) throws(EngineError) {
    if name.isEmpty { throw EngineError("a host name must not be empty") }
    if name.utf8.count > longest {
      throw EngineError("longer than the \(longest) bytes that a host name may have")
    }
    for label in name.pieces(separatedBy: Byte.dot) {
      let bytes = label.utf8
      guard let first = bytes.first, let last = bytes.last, bytes.count <= 63 else {
        throw EngineError("not a host name: each part between dots has 1 to 63 characters")
      }
      guard bytes.allSatisfy({ Byte.isAlphanumeric($0) || $0 == Byte.dash || $0 == Byte.underscore }),
        first != Byte.dash, last != Byte.dash
      else {
        throw EngineError("not a host name: expected letters, digits and dashes, no dash at either end")
      }
    }
  }
}

/// One `--add-host NAME:ADDRESS`.
public struct HostEntry: Equatable, Sendable {
  public var name: String
  /// An IPv4 or IPv6 address in text form, or ``hostGateway``.
  public var address: String

  /// The host's address in the container's first network.
  static let hostGateway = "host-gateway"

  /// Parses `NAME:ADDRESS` or `NAME=ADDRESS`.
  ///
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  static func parse(_ text: String) throws(EngineError) -> HostEntry {
    var (name, address) = text.cut(at: Byte.equals)
    if address == nil { (name, address) = text.cut(at: Byte.colon) }
    guard var address else { throw EngineError("expected NAME:ADDRESS") }
    try HostName.check(name, longest: 253)
    if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
    guard address == hostGateway || IPAddress(address) != nil else {
      throw EngineError("\(address.quoted) is no IP address")
    }
    return HostEntry(name: name, address: address)
  }
}
