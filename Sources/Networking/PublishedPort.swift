// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
public import Netlink

/// Protocols that have ports.
public enum TransportProtocol: String, Sendable, CaseIterable {
  case tcp, udp, sctp

  /// As in IP headers (IANA, Assigned Internet Protocol Numbers).
  var number: UInt8 {
    switch self {
    case .tcp: 6
    case .udp: 17
    case .sctp: 132
    }
  }
}

/// A port of a container that is reached at a port of the host.
public struct PublishedPort: Hashable, Sendable {
  /// The host's address; nil: all of them.
  public var hostAddress: IPAddress?
  /// 0: the system chooses.
  public var hostPort: UInt16
  public var containerPort: UInt16
  public var transport: TransportProtocol

  public init(
    hostAddress: IPAddress? = nil, hostPort: UInt16, containerPort: UInt16,
    transport: TransportProtocol = .tcp
  ) {
    self.hostAddress = hostAddress
    self.hostPort = hostPort
    self.containerPort = containerPort
    self.transport = transport
  }

  /// Parses `[ADDRESS:][HOST[-END]:]PORT[-END][/tcp|udp|sctp]`, Docker's grammar; IPv6 addresses in brackets.
  ///
  /// - Returns: as many ports as the range has.
  /// - Throws: ``NetworkingError`` without the flag.
  public static func parse(_ text: String) throws(NetworkingError) -> [PublishedPort] {
    let (body, word) = text.cut(at: "/")
    guard let transport = TransportProtocol(rawValue: (word ?? "tcp").lowercased()) else {
      throw NetworkingError("\((word ?? "").quoted) is not tcp, udp or sctp")
    }
    let (address, rest) = try splitAddress(body)
    var parts = rest.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard let last = parts.popLast(), parts.count <= 1 else {
      throw NetworkingError("expected [ADDRESS:][HOSTPORT:]PORT[/PROTOCOL]")
    }
    let container = try range(last, allowsZero: false)
    guard let hostText = parts.first, !hostText.isEmpty else {
      return container.map {
        PublishedPort(hostAddress: address, hostPort: 0, containerPort: $0, transport: transport)
      }
    }
    let host = try range(hostText, allowsZero: true)
    guard host.count == container.count else {
      throw NetworkingError(
        "the ranges \(hostText) and \(last) differ in length: \(host.count) and \(container.count) ports")
    }
    return zip(host, container).map {
      PublishedPort(hostAddress: address, hostPort: $0, containerPort: $1, transport: transport)
    }
  }

  /// An address is in front of a second colon, or in brackets.
  private static func splitAddress(_ text: String) throws(NetworkingError) -> (IPAddress?, String) {
    var addressText: String
    var rest: String
    if text.hasPrefix("[") {
      let (inside, behind) = String(text.dropFirst()).cut(at: "]")
      guard let behind, behind.hasPrefix(":") else { throw NetworkingError("expected [IPv6 ADDRESS]:PORT") }
      addressText = inside
      rest = String(behind.dropFirst())
    } else {
      let (first, behind) = text.cut(at: ":")
      guard let behind, behind.contains(":") || first.contains(".") else { return (nil, text) }
      addressText = first
      rest = behind
    }
    if addressText.isEmpty || addressText == "0.0.0.0" || addressText == "*" { return (nil, rest) }
    guard let address = IPAddress(addressText) else {
      throw NetworkingError("\(addressText.quoted) is no IP address; IPv6 addresses stand in brackets")
    }
    return (address.isUnspecified ? nil : address, rest)
  }

  private static func range(_ text: String, allowsZero: Bool) throws(NetworkingError) -> [UInt16] {
    let (first, second) = text.cut(at: "-")
    let start = try port(first, allowsZero: allowsZero && second == nil)
    guard let second else { return [start] }
    let end = try port(second, allowsZero: false)
    guard start <= end else { throw NetworkingError("the range \(text) ends before it starts") }
    return Array(start...end)
  }

  private static func port(_ text: String, allowsZero: Bool) throws(NetworkingError) -> UInt16 {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = UInt16(text),
      allowsZero || number > 0
    else { throw NetworkingError("\(text.quoted) is no port: expected 1 to 65535") }
    return number
  }
}

extension PublishedPort: CustomStringConvertible {
  /// `127.0.0.1:8080->80/tcp`.
  public var description: String {
    let place = hostAddress.map { $0.version == .v6 ? "[\($0)]:" : "\($0):" } ?? ""
    return "\(place)\(hostPort)->\(containerPort)/\(transport.rawValue)"
  }
}

// MARK: The IPv6 loopback

extension PublishedPort {
  /// The port as it is at `[::1]`, where ``PortRelay`` serves it; nil where it is not, or carries what that cannot.
  var onLoopback6: PublishedPort? {
    guard transport != .sctp, hostAddress == nil || isOnLoopback6 else { return nil }
    var port = self
    port.hostAddress = IPAddress(.v6, 1)
    return port
  }

  /// Whether it was asked for at `[::1]` alone, where the kernel translates nothing.
  var isOnLoopback6: Bool { hostAddress.map { $0.version == .v6 && $0.isLoopback } ?? false }
}
