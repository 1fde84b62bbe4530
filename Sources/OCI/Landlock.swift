// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What a program may still reach behind a fence of Landlock (landlock(7)); everything else of the kind is closed.
///
/// Annotations carry the rules, one on each line: the specification has no property for them.
public struct LandlockRules: Equatable, Sendable {
  /// nil: files are not fenced.
  public var paths: [LandlockPath]?
  /// nil: TCP is not fenced. Empty: there is no TCP.
  public var ports: [LandlockPort]?

  public init(paths: [LandlockPath]? = nil, ports: [LandlockPort]? = nil) {
    self.paths = paths
    self.ports = ports
  }
}

/// A file, or a directory with all that is below it.
public struct LandlockPath: Equatable, Sendable {
  /// Absolute, in the container.
  public var path: String
  public var access: LandlockAccess

  public init(_ path: String, _ access: LandlockAccess) {
    self.path = path
    self.access = access
  }

  /// - Parameters:
  ///   - text: `PATH[:ro|rx|rw|rwx]`; `rx` where nothing is said. Behind a path with a colon it must be said.
  ///   - pointer: where the text stands.
  public init(_ text: String, at pointer: @autoclosure () -> String) throws(SpecError) {
    var path = text
    var access = LandlockAccess.execute
    if let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) {
      let word = String(decoding: text.utf8[text.utf8.index(after: colon)...], as: UTF8.self)
      guard let known = LandlockAccess(rawValue: word) else {
        throw SpecError(
          pointer: pointer(), problem: "\(quoted(word)) behind \(quoted(text)) is none of ro, rx, rw, rwx")
      }
      access = known
      path = String(decoding: text.utf8[..<colon], as: UTF8.self)
    }
    try checkAbsolute(path, pointer())
    try checkPrintable(path, pointer())
    self.init(path, access)
  }
}

/// What may be done below a path. Executing a file takes the right to read it, in the kernel too.
public enum LandlockAccess: String, CaseIterable, Sendable {
  case read = "ro"
  case execute = "rx"
  case write = "rw"
  case all = "rwx"

  public var mayExecute: Bool { self == .execute || self == .all }

  /// Writing, truncating, making, removing, renaming and linking.
  public var mayWrite: Bool { self == .write || self == .all }
}

/// A port of TCP.
public struct LandlockPort: Equatable, Sendable {
  public var port: UInt16
  /// Whether connections to this port may be made, to any address.
  public var connects: Bool
  /// Whether a socket may be bound to it; 0 stands for any port that the kernel chooses.
  public var binds: Bool

  public init(_ port: UInt16, connects: Bool, binds: Bool) {
    self.port = port
    self.connects = connects
    self.binds = binds
  }

  /// - Parameters:
  ///   - text: `[connect:|bind:]PORT`; both where nothing is said.
  ///   - pointer: where the text stands.
  public init(_ text: String, at pointer: @autoclosure () -> String) throws(SpecError) {
    let words = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    let isBound = words.count == 2 && words[0].isEqual(to: "bind")
    let isReached = words.count == 2 && words[0].isEqual(to: "connect")
    let digits = words[words.count - 1]
    let isNumber = !digits.isEmpty && digits.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    guard words.count == 1 || isBound || isReached, isNumber,
      let port = UInt16(String(decoding: digits, as: UTF8.self)), port > 0 || isBound
    else {
      throw SpecError(
        pointer: pointer(),
        problem: "\(quoted(text)) is neither PORT nor connect:PORT nor bind:PORT with a port from 1 to "
          + "65535, nor bind:0 for ports of the kernel's choice")
    }
    self.init(port, connects: !isBound, binds: !isReached)
  }
}

extension LandlockRules {
  /// In the place of ports: no TCP at all.
  public static let noPort = "none"

  static func paths(_ value: String, at pointer: String) throws(SpecError) -> [LandlockPath] {
    var paths: [LandlockPath] = []
    for line in try lines(value, pointer) { paths.append(try LandlockPath(line, at: pointer)) }
    return paths
  }

  static func ports(_ value: String, at pointer: String) throws(SpecError) -> [LandlockPort] {
    let lines = try lines(value, pointer)
    if lines == [noPort] { return [] }
    var ports: [LandlockPort] = []
    for line in lines {
      try check(line != noPort, pointer, "\(quoted(noPort)) and ports exclude each other")
      ports.append(try LandlockPort(line, at: pointer))
    }
    return ports
  }

  /// The last line may end like the others, as a block of YAML does.
  private static func lines(_ value: String, _ pointer: String) throws(SpecError) -> [String] {
    var lines = value.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    if lines.last?.isEmpty == true { lines.removeLast() }
    try check(!lines.isEmpty, pointer, "holds no rule, which would close everything")
    return lines
  }
}

extension Spec {
  /// Whether annotations ask for a fence.
  public var isFenced: Bool {
    annotations.value(of: .landlockPaths) != nil || annotations.value(of: .landlockPorts) != nil
  }

  /// The fence that annotations ask for; nil for none.
  public func landlock() throws(SpecError) -> LandlockRules? {
    var rules = LandlockRules()
    if let value = annotations.value(of: .landlockPaths) {
      rules.paths = try LandlockRules.paths(value, at: RuntimeAnnotation.landlockPaths.pointer)
    }
    if let value = annotations.value(of: .landlockPorts) {
      rules.ports = try LandlockRules.ports(value, at: RuntimeAnnotation.landlockPorts.pointer)
    }
    return rules.paths == nil && rules.ports == nil ? nil : rules
  }
}
