// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import Explain
import JSON
import OCI

/// What two configurations differ in, value by value.
public struct Difference: Equatable, Sendable {
  /// One value; nil where a configuration does not have it.
  public struct Entry: Equatable, Sendable {
    /// A JSON pointer, in which elements of lists go by what names them: a mount by its destination.
    public var place: String
    /// The flag of `run` that sets it.
    public var flag: String?
    /// JSON text.
    public var first, second: String?
  }

  public var names: (first: String, second: String)
  public var entries: [Entry]

  public init(_ first: Exposition, _ second: Exposition) throws(EngineError) {
    try self.init(first.anonymous, second.anonymous, names: (first.title, second.title))
  }

  init(_ first: Spec, _ second: Spec, names: (first: String, second: String)) throws(EngineError) {
    self.names = names
    entries = []
    let (left, right) = (try Values(first), try Values(second))
    for place in left.order + right.order.filter({ left.values[$0] == nil }) {
      let (a, b) = (left.values[place], right.values[place])
      if a != b { entries.append(Entry(place: place, flag: FlagNames.flag(place), first: a, second: b)) }
    }
  }

  public static func == (a: Difference, b: Difference) -> Bool {
    a.names == b.names && a.entries == b.entries
  }

  /// For people: each place, and below it both values as in a diff.
  public func text() -> String {
    if entries.isEmpty { return "\(names.first) and \(names.second) are configured alike\n" }
    var text = "--- \(names.first)\n+++ \(names.second)\n"
    for entry in entries {
      text += entry.place.withoutControlCharacters + (entry.flag.map { " (\($0))" } ?? "") + "\n"
      if let value = entry.first { text += "  - \(value)\n" }
      if let value = entry.second { text += "  + \(value)\n" }
    }
    return text
  }

  public func json() -> String {
    Document.list(
      entries.map {
        .record([
          .init("place", .string($0.place)), .init("flag", .optional($0.flag)),
          .init("first", .optional($0.first)),
          .init("second", .optional($0.second)),
        ])
      }
    ).prettyJSON() + "\n"
  }
}

extension Exposition {
  /// The configuration without the container's id, in which any two differ.
  fileprivate var anonymous: Spec {
    var spec = spec
    func plain(_ path: String) -> String {
      path.hasPrefix(frame.directory + "/") ? "ID" + path.dropFirst(frame.directory.count) : path
    }
    for index in spec.mounts.indices { spec.mounts[index].source = spec.mounts[index].source.map(plain) }
    if let path = spec.root?.path { spec.root?.path = plain(path) }
    let id = frame.directory.pieces(separatedBy: Byte.slash).last ?? ""
    if let path = spec.linux?.cgroupsPath, !id.isEmpty, path.hasSuffix("/" + id) {
      spec.linux?.cgroupsPath = String(path.dropLast(id.count)) + "ID"
    }
    return spec
  }
}

/// A configuration as single values.
private struct Values {
  var order: [String] = []
  var values: [String: String] = [:]

  /// Lists whose elements have a name, and the member that holds it.
  private static let keys: [(list: String, member: String)] = [
    ("/mounts", "destination"), ("/linux/namespaces", "type"), ("/process/rlimits", "type"),
    ("/linux/devices", "path"),
  ]

  /// Lists whose order means nothing and whose elements are texts.
  private static let sets = [
    "/linux/maskedPaths", "/linux/readonlyPaths", "/process/capabilities/bounding",
    "/process/capabilities/effective",
    "/process/capabilities/permitted", "/process/capabilities/inheritable", "/process/capabilities/ambient",
  ]

  init(_ spec: Spec) throws(EngineError) {
    do throws(JSONError) {
      try add(try JSONDocument(spec.encoded(.compact), source: "config.json").root, "")
    } catch { throw EngineError("\(error)") }
  }

  private mutating func set(_ place: String, _ value: String) {
    if values.updateValue(value, forKey: place) == nil { order.append(place) }
  }

  private mutating func add(_ value: JSONValue, _ place: String) throws(JSONError) {
    switch value.kind {
    case .object:
      for member in try value.object().members { try add(member.value, "\(place)/\(member.key)") }
    case .array: try addList(value, place)
    default: set(place, try Self.text(value))
    }
  }

  private mutating func addList(_ value: JSONValue, _ place: String) throws(JSONError) {
    let elements = try value.list { element throws(JSONError) in element }
    let key = Self.keys.first { $0.list == place }?.member
    for (index, element) in elements.enumerated() {
      if place == "/process/env" {
        let (name, text) = try element.string().cut(at: Byte.equals)
        set("\(place)/\(name)", Document.string(text ?? "").json())
      } else if Self.sets.contains(place) {
        set("\(place)/\(try element.string())", "true")
      } else if place == "/linux/seccomp/syscalls" {
        try addRule(element, place)
      } else if let key, let name = try element.object().members.first(where: { $0.key == key }) {
        try add(element, "\(place)/\(try name.value.string().withoutLeadingSlash)")
      } else {
        try add(element, "\(place)/\(index)")
      }
    }
    if elements.isEmpty { set(place, "[]") }
  }

  /// Rules are compared call by call, since tools group them as they like.
  private mutating func addRule(_ rule: JSONValue, _ place: String) throws(JSONError) {
    let members = try rule.object().members
    var names: [String] = []
    var rest = ""
    for member in members {
      if member.key == "names" {
        names = try member.value.strings()
      } else {
        rest += (rest.isEmpty ? "" : ", ") + "\(member.key): \(try Self.text(member.value))"
      }
    }
    for name in names {
      let key = "\(place)/\(name)"
      set(key, values[key].map { "\($0); \(rest)" } ?? rest)
    }
  }

  private static func text(_ value: JSONValue) throws(JSONError) -> String {
    switch value.kind {
    case .null: "null"
    case .boolean: try value.bool() ? "true" : "false"
    case .string: Document.string(try value.string()).json()
    case .integer, .decimal: try number(value)
    case .array:
      "[" + (try value.list { element throws(JSONError) in try text(element) }).joined(separator: ", ") + "]"
    case .object: try object(value)
    }
  }

  private static func object(_ value: JSONValue) throws(JSONError) -> String {
    var parts: [String] = []
    for member in try value.object().members { parts.append("\(member.key): \(try text(member.value))") }
    return "{" + parts.joined(separator: ", ") + "}"
  }

  private static func number(_ value: JSONValue) throws(JSONError) -> String {
    do throws(JSONError) { return "\(try value.integer() as Int64)" } catch {
      return "\(try value.integer() as UInt64)"
    }
  }
}

extension String {
  fileprivate var withoutLeadingSlash: String { utf8.first == Byte.slash ? String(dropFirst()) : self }

  /// For a terminal or a picture.
  var withoutControlCharacters: String {
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
      result.append(isControl ? "\u{FFFD}" : scalar)
    }
    return String(result)
  }
}
