// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import JSON

/// A type of the specification that is written as JSON.
///
/// What is absent or empty is left out, and members stand in the order of the specification's Go types, so that documents
/// compare well with those of other programs.
public protocol JSONEncodable {
  /// Writes the type's JSON form as one value.
  func encode(to json: inout JSONWriter)
}

extension JSONEncodable {
  /// The compact JSON text.
  public var encoded: [UInt8] { encoded(.compact) }

  /// The JSON text in a layout.
  public func encoded(_ layout: JSONWriter.Layout) -> [UInt8] {
    var writer = JSONWriter(layout)
    encode(to: &writer)
    return writer.bytes
  }
}

// MARK: How the types of this module write properties

extension JSONWriter {
  mutating func member(_ key: String, _ value: (some JSONEncodable)?) {
    guard let value else { return }
    member(key) { value.encode(to: &$0) }
  }

  /// A list that is left out when it is empty.
  mutating func list(_ key: String, _ values: [some JSONEncodable]) {
    if values.isEmpty { return }
    member(key) { $0.array(of: values) { $1.encode(to: &$0) } }
  }

  mutating func list(_ key: String, _ values: [String]) {
    if values.isEmpty { return }
    member(key, values)
  }

  mutating func member(_ key: String, _ word: (some Word)?) {
    member(key, word?.rawValue)
  }

  mutating func list(_ key: String, _ words: [some Word]) {
    list(key, words.map { $0.rawValue })
  }

  mutating func pairs(_ key: String, _ pairs: [KeyValue]) {
    if pairs.isEmpty { return }
    member(key) { json in
      json.object { json in
        for pair in pairs { json.member(pair.key, pair.value) }
      }
    }
  }

  /// A flag that is written only when it is set.
  mutating func flag(_ key: String, _ isSet: Bool) {
    if isSet { member(key, true) }
  }

  /// A number whose absence means 0.
  mutating func nonzero(_ key: String, _ number: some FixedWidthInteger) {
    if number != 0 { member(key, number) }
  }
}
