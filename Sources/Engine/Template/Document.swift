// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A value as `inspect` and `ps` show it and as templates walk through it: JSON, with objects in their own order.
public indirect enum Document: Equatable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case string(String)
  case list([Document])
  /// An object whose members are known: naming another is a mistake.
  case record([Member])
  /// An object whose keys are free, such as labels: a key that is absent has no value.
  case map([Member])

  /// One member of an object.
  public struct Member: Equatable, Sendable {
    public var key: String
    public var value: Document

    public init(_ key: String, _ value: Document) {
      self.key = key
      self.value = value
    }
  }

  /// The member of this name; nil when absent or when this is no object.
  public subscript(_ key: String) -> Document? {
    members?.first { $0.key == key }?.value
  }

  /// The members of an object; nil for anything else.
  public var members: [Member]? {
    switch self {
    case .record(let members), .map(let members): members
    default: nil
    }
  }

  /// The text of a string; nil for anything else.
  public var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The number; nil for anything else.
  public var number: Int64? {
    if case .integer(let number) = self { number } else { nil }
  }

  /// The boolean; nil for anything else.
  public var flag: Bool? {
    if case .bool(let flag) = self { flag } else { nil }
  }

  /// The elements of a list; nil for anything else.
  public var elements: [Document]? {
    if case .list(let elements) = self { elements } else { nil }
  }

  /// A list of strings.
  public static func strings(_ texts: [String]) -> Document { .list(texts.map(Document.string)) }

  /// A string, or null for nil.
  public static func optional(_ text: String?) -> Document { text.map(Document.string) ?? .null }
}
