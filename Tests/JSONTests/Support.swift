// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON

/// Parses a text under the name `t.json`.
func parse(_ text: String) throws(JSONError) -> JSONDocument {
  try JSONDocument(Array(text.utf8), source: "t.json")
}

/// The error of a text that must not parse, as a user sees it; `nil` if it parses.
func parseError(_ bytes: [UInt8]) -> String? {
  do {
    _ = try JSONDocument(bytes, source: "t.json")
    return nil
  } catch {
    return error.description
  }
}

func parseError(_ text: String) -> String? {
  parseError(Array(text.utf8))
}

/// The text that a writer produces.
func written(_ layout: JSONWriter.Layout = .compact, _ write: (inout JSONWriter) -> Void) -> String {
  var writer = JSONWriter(layout)
  write(&writer)
  return String(decoding: writer.bytes, as: UTF8.self)
}

/// Copies a value, so that what the reader understood can be compared with what was written.
func copy(_ value: JSONValue, to writer: inout JSONWriter) throws(JSONError) {
  switch value.kind {
  case .null: writer.null()
  case .boolean: writer.value(try value.bool())
  case .integer, .decimal: writer.value(try value.integer(in: Int64.min...Int64.max))
  case .string: writer.value(try value.string())
  case .array:
    try writer.array(of: try value.array()) { writer, element throws(JSONError) in
      try copy(element, to: &writer)
    }
  case .object:
    let members = try value.object().members
    try writer.object { writer throws(JSONError) in
      for member in members {
        try writer.member(member.key) { writer throws(JSONError) in try copy(member.value, to: &writer) }
      }
    }
  }
}
