// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import JSON

/// A type of the specification that is read from JSON.
///
/// Decoding checks types, ranges and words, property by property. Rules about several properties belong to `validate`.
/// Properties that the specification does not know are ignored, as it demands.
public protocol JSONDecodable {
  /// Decodes the type's own JSON form.
  init(json: JSONValue) throws(JSONError)
}

extension JSONDecodable {
  /// Decodes a whole document.
  ///
  /// - Throws: The first problem, with line, column and JSON pointer.
  public init(decoding document: JSONDocument) throws(SpecError) {
    self = try SpecError.converting { () throws(JSONError) in try Self(json: document.root) }
  }

  /// Parses and decodes a text.
  ///
  /// - Parameters:
  ///   - bytes: The text, at most ``JSONDocument/maximumSize`` bytes.
  ///   - source: Its name in errors, usually its path.
  public init(decoding bytes: [UInt8], source: String) throws(SpecError) {
    try self.init(
      decoding: SpecError.converting { () throws(JSONError) in try JSONDocument(bytes, source: source) })
  }
}

extension SpecError {
  /// Runs what throws the JSON module's errors inside this module's.
  static func converting<T>(_ body: () throws(JSONError) -> T) throws(SpecError) -> T {
    do {
      return try body()
    } catch {
      throw SpecError(error)
    }
  }
}

// MARK: How the types of this module read properties

extension JSONObject {
  /// A string where absent and empty mean the same.
  func text(_ key: StaticString) throws(JSONError) -> String? {
    guard let text = try string(key), !text.isEmpty else { return nil }
    return text
  }

  func value<T: JSONDecodable>(_ key: StaticString) throws(JSONError) -> T? {
    guard let value = self[key] else { return nil }
    return try T(json: value)
  }

  /// The elements of an array; none if it is absent.
  func values<T: JSONDecodable>(_ key: StaticString) throws(JSONError) -> [T] {
    try list(key) { value throws(JSONError) in try T(json: value) } ?? []
  }

  /// One of an enumeration's words; the empty string counts as absent.
  func word<W: Word>(_ key: StaticString) throws(JSONError) -> W? {
    guard let value = self[key], try !value.string().isEmpty else { return nil }
    return try value.word()
  }

  func words<W: Word>(_ key: StaticString) throws(JSONError) -> [W]? {
    try list(key) { value throws(JSONError) in try value.word() }
  }

  /// An object of free keys with strings, in document order.
  func pairs(_ key: StaticString) throws(JSONError) -> [KeyValue] {
    guard let object = try object(key) else { return [] }
    var pairs: [KeyValue] = []
    pairs.reserveCapacity(object.count)
    for member in object.members {
      pairs.append(KeyValue(member.key, try member.value.string()))
    }
    return pairs
  }

  /// A user or group id. The last one of 32 bits is not an id: to system calls it says "leave as it is".
  func id(_ key: StaticString) throws(JSONError) -> UInt32? {
    try integer(key, in: 0...IDMapping.highestID)
  }
}

/// An enumeration whose cases are words of the specification.
protocol Word: CaseIterable, RawRepresentable where RawValue == String {}

extension JSONValue {
  func word<W: Word>(_: W.Type = W.self) throws(JSONError) -> W {
    if let word = W(rawValue: try string()) { return word }
    // A message stays a line that can be read.
    let most = 16
    let words = W.allCases.map { $0.rawValue }
    let shown = words.prefix(most).joined(separator: ", ")
    throw mismatch(expected: "one of \(shown)\(words.count > most ? ", …" : "")")
  }
}

extension NamespaceType: Word {}
extension DeviceType: Word {}
extension DeviceRuleType: Word {}
extension Propagation: Word {}
extension PersonalityDomain: Word {}
extension MemoryPolicyMode: Word {}
extension MemoryPolicyFlag: Word {}
extension RlimitType: Word {}
extension SchedulerPolicy: Word {}
extension SchedulerFlag: Word {}
extension IOPriorityClass: Word {}
extension SeccompAction: Word {}
extension SeccompOperator: Word {}
extension SeccompFlag: Word {}
extension SeccompArchitecture: Word {}
extension ContainerStatus: Word {}
