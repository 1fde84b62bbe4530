// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON

/// A JSON text that tests change at one place.
indirect enum Tree {
  /// The text of a value that is not an array or object.
  case plain(String)
  case array([Tree])
  case object([Member])

  struct Member {
    var key: String
    var value: Tree
  }

  init(_ text: String) throws {
    self = try Tree(JSONDocument(Array(text.utf8), source: "test").root)
  }

  private init(_ value: JSONValue) throws {
    if let array = value.arrayOrNil {
      self = .array(try array.map { try Tree($0) })
    } else if let object = value.objectOrNil {
      self = .object(try object.members.map { Member(key: $0.key, value: try Tree($0.value)) })
    } else {
      switch value.kind {
      case .null: self = .plain("null")
      case .boolean: self = .plain(try value.bool() ? "true" : "false")
      case .string: self = .plain(JSONWriter.quoted(try value.string()))
      default:
        if let number: UInt64 = try? value.integer() {
          self = .plain("\(number)")
        } else {
          let number: Int64 = try value.integer()
          self = .plain("\(number)")
        }
      }
    }
  }

  var text: String {
    switch self {
    case .plain(let text): text
    case .array(let elements): "[" + elements.map(\.text).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { JSONWriter.quoted($0.key) + ":" + $0.value.text }.joined(separator: ",") + "}"
    }
  }

  /// Every value with its JSON pointer, the root included.
  var places: [(pointer: String, tree: Tree)] {
    var places = [("", self)]
    for (token, child) in children {
      places += child.places.map { (JSONPointer.appending(token, to: "") + $0.pointer, $0.tree) }
    }
    return places
  }

  private var children: [(String, Tree)] {
    switch self {
    case .plain: []
    case .array(let elements): elements.enumerated().map { ("\($0)", $1) }
    case .object(let members): members.map { ($0.key, $0.value) }
    }
  }

  /// Replaces, adds (at an index one past the end, or with a new key) or, with `nil`, removes a value.
  func setting(_ pointer: String, to value: String?) throws -> Tree {
    let tokens = pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
      $0.split(separator: "~1", omittingEmptySubsequences: false).joined(separator: "/")
    }
    return try setting(tokens[...], to: value.map { Tree.plain($0) })
  }

  private func setting(_ tokens: ArraySlice<String>, to value: Tree?) throws -> Tree {
    guard let token = tokens.first else { return value ?? .plain("null") }
    let rest = tokens.dropFirst()
    switch self {
    case .plain(let text):
      throw TreeError(problem: "\(text) has no \(token)")
    case .array(var elements):
      guard let index = Int(token), 0...elements.count ~= index else {
        throw TreeError(problem: "no index \(token)")
      }
      if rest.isEmpty, value == nil {
        elements.remove(at: index)
      } else if index == elements.count {
        elements.append(try Tree.object([]).setting(rest, to: value))
      } else {
        elements[index] = try elements[index].setting(rest, to: value)
      }
      return .array(elements)
    case .object(var members):
      let index = members.firstIndex { $0.key == token }
      if rest.isEmpty, value == nil {
        members.removeAll { $0.key == token }
      } else if let index {
        members[index].value = try members[index].value.setting(rest, to: value)
      } else {
        members.append(Member(key: token, value: try Tree.object([]).setting(rest, to: value)))
      }
      return .object(members)
    }
  }
}

struct TreeError: Error {
  var problem: String
}
