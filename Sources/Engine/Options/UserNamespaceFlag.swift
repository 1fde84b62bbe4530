// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import OCI

/// Whose ids the container's processes have on the host: `--userns`, `--uidmap`, `--gidmap`.
public struct UserNamespaceOptions: Equatable, Sendable {
  public enum Mode: String, Equatable, Sendable {
    /// Those that the container sees: the machine's, or of the user's own namespace.
    case host
    /// A range of ids that no other container of ours has.
    case auto
  }

  /// nil: not given.
  public var mode: Mode?
  /// Maps of the caller's choice.
  public var users: [IDMapping] = []
  public var groups: [IDMapping] = []

  public init() {}

  /// Whether the container gets a user namespace of its own.
  public var isPrivate: Bool { mode == .auto || !users.isEmpty || !groups.isEmpty }

  /// Maps given by hand. Docker and podman take the one for the other where only one is given.
  var explicit: IdentityMaps? {
    if users.isEmpty && groups.isEmpty { return nil }
    return IdentityMaps(users: users.isEmpty ? groups : users, groups: groups.isEmpty ? users : groups)
  }

  /// Parses the value of `--userns`.
  ///
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  static func mode(_ text: String) throws(EngineError) -> Mode {
    guard let mode = Mode(rawValue: text) else {
      throw EngineError("expected host or auto; --uidmap and --gidmap choose ids by hand")
    }
    return mode
  }

  /// Parses `CONTAINER:HOST[:COUNT]`.
  ///
  /// - Throws: An ``EngineError`` without context; the caller names the flag.
  static func mapping(_ text: String) throws(EngineError) -> IDMapping {
    let fields = text.pieces(separatedBy: Byte.colon)
    var numbers: [UInt32] = []
    for field in fields {
      guard let number = decimal(field, as: UInt32.self), number != .max else {
        throw EngineError("expected CONTAINER:HOST[:COUNT] with numbers from 0 to 4294967294")
      }
      numbers.append(number)
    }
    guard numbers.count == 2 || numbers.count == 3 else {
      throw EngineError("expected CONTAINER:HOST[:COUNT], as in 0:100000:65536")
    }
    let count = numbers.count == 3 ? numbers[2] : 1
    guard count > 0, numbers[0] <= UInt32.max - count, numbers[1] <= UInt32.max - count else {
      throw EngineError("the range is empty, or goes beyond 4294967294")
    }
    return IDMapping(containerID: numbers[0], hostID: numbers[1], size: count)
  }

  /// Checks what one flag cannot.
  func check() throws(EngineError) {
    if mode == .host, !users.isEmpty || !groups.isEmpty {
      throw EngineError("--userns host: it excludes --uidmap and --gidmap")
    }
    if mode == .auto, !users.isEmpty || !groups.isEmpty {
      throw EngineError("--userns auto: it chooses the ids itself: leave --uidmap and --gidmap out")
    }
    for (flag, mappings) in [("--uidmap", users), ("--gidmap", groups)] {
      for (index, mapping) in mappings.enumerated() {
        for other in mappings[..<index] where Self.overlap(mapping, other) {
          throw EngineError("\(flag): two ranges have ids in common")
        }
      }
    }
    if let explicit, !explicit.hasUser(0) || !explicit.hasGroup(0) {
      throw EngineError("--uidmap, --gidmap: the container needs a root: map 0")
    }
  }

  private static func overlap(_ a: IDMapping, _ b: IDMapping) -> Bool {
    func meet(_ first: UInt32, _ count: UInt32, _ other: UInt32, _ otherCount: UInt32) -> Bool {
      first < other + otherCount && other < first + count
    }
    return meet(a.containerID, a.size, b.containerID, b.size) || meet(a.hostID, a.size, b.hostID, b.size)
  }
}
