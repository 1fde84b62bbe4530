// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import Linux
import OCI

/// OCI configurations as text.
enum SpecText {
  /// The content of a bundle's `config.json`.
  static func json(_ spec: Spec) -> [UInt8] { spec.encoded(.compact) }

  /// The content of the file that `exec --process` takes.
  static func json(_ process: Process) -> [UInt8] { process.encoded(.compact) }

  /// Reads a configuration that the engine wrote.
  static func read(_ path: String) throws(EngineError) -> Spec {
    do {
      let bytes = try readFile(.workingDirectory, path, limit: JSONDocument.maximumSize)
      return try Spec(validating: bytes, source: path)
    } catch {
      throw EngineError("\(error)")
    }
  }
}
