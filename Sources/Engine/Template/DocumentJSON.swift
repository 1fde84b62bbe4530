// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON

extension Document {
  /// The JSON text on one line.
  public func json() -> String {
    var writer = JSONWriter(.compact)
    write(to: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// The JSON text, indented.
  public func prettyJSON() -> String {
    var writer = JSONWriter(.pretty)
    write(to: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private func write(to writer: inout JSONWriter) {
    switch self {
    case .null: writer.null()
    case .bool(let flag): writer.value(flag)
    case .integer(let number): writer.value(number)
    case .string(let text): writer.value(text)
    case .list(let elements): writer.array(of: elements) { writer, element in element.write(to: &writer) }
    case .record(let members), .map(let members):
      writer.object { writer in
        for member in members { writer.member(member.key) { writer in member.value.write(to: &writer) } }
      }
    }
  }

  /// Objects whose keys are free; every other object is a record.
  private static let freeKeys: Set<String> = ["Labels", "Sysctls", "Tmpfs", "Ports", "Networks"]

  /// Reads a JSON text, such as one of the engine's own documents.
  ///
  /// - Throws: ``EngineError`` naming the file and the place in it.
  public init(parsing bytes: [UInt8], source: String) throws(EngineError) {
    do {
      self = try Document(JSONDocument(bytes, source: source).root, isFree: false)
    } catch {
      throw EngineError(error.description)
    }
  }

  private init(_ value: JSONValue, isFree: Bool) throws(JSONError) {
    switch value.kind {
    case .null: self = .null
    case .boolean: self = .bool(try value.bool())
    case .integer, .decimal: self = .integer(try value.integer())
    case .string: self = .string(try value.string())
    case .array:
      self = .list(try value.list { element throws(JSONError) in try Document(element, isFree: false) })
    case .object:
      var members: [Member] = []
      for member in try value.object().members {
        members.append(
          Member(member.key, try Document(member.value, isFree: Self.freeKeys.contains(member.key))))
      }
      self = isFree ? .map(members) : .record(members)
    }
  }
}
