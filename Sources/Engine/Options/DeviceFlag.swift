// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
public import OCI

/// A device of the host for the container: `--device /dev/host[:/dev/container[:rwm]]`.
public struct DeviceRequest: Equatable, Sendable {
  /// A device node, or a directory of them.
  public var hostPath: String
  /// Where the node, or the directory, appears.
  public var containerPath: String
  public var access: DeviceAccess

  /// Parses the value of `--device`.
  ///
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  public static func parse(_ text: String) throws(EngineError) -> DeviceRequest {
    var parts = text.pieces(separatedBy: Byte.colon)
    var access = DeviceAccess.all
    guard parts.count <= 3 else { throw EngineError("expected HOST[:CONTAINER[:rwm]]") }
    if parts.count == 3 {
      access = try parseAccess(parts[2])
    } else if parts.count == 2, parts[1].utf8.first != Byte.slash {
      access = try parseAccess(parts[1])
      parts.removeLast()
    }
    let host = parts[0]
    guard host.utf8.first == Byte.slash else {
      let reason =
        host.utf8.contains(Byte.equals) || host.utf8.contains(Byte.slash)
        ? "devices by CDI name are not available yet" : "the device must be an absolute path"
      throw EngineError("\(reason): expected HOST[:CONTAINER[:rwm]], as in /dev/fuse")
    }
    if text.utf8.contains(0) { throw EngineError("the path holds a NUL byte") }
    let inside = parts.count > 1 && !parts[1].isEmpty ? parts[1] : host
    guard inside.utf8.first == Byte.slash else {
      throw EngineError("the path in the container, \(inside.quoted), must be absolute")
    }
    return DeviceRequest(
      hostPath: cleaned(absolutePath: host), containerPath: cleaned(absolutePath: inside), access: access)
  }

  private static func parseAccess(_ text: String) throws(EngineError) -> DeviceAccess {
    var access = DeviceAccess()
    for letter in text.utf8 {
      let bit: DeviceAccess
      switch letter {
      case UInt8(ascii: "r"): bit = .read
      case UInt8(ascii: "w"): bit = .write
      case UInt8(ascii: "m"): bit = .mknod
      default: throw EngineError("the access \(text.quoted) holds letters other than r, w and m")
      }
      if !access.insert(bit).inserted { throw EngineError("the access \(text.quoted) repeats a letter") }
    }
    if access.isEmpty { throw EngineError("the access is empty: expected letters of rwm") }
    return access
  }
}
