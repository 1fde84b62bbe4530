// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import Linux
import OCI

/// OCI configurations as text.
enum SpecText {
  /// The content of a bundle's `config.json`.
  static func json(_ spec: Spec) -> [UInt8] { [] }

  /// The content of the file that `exec --process` takes.
  static func json(_ process: Process) -> [UInt8] { [] }

  /// Reads a configuration that the engine wrote.
  static func read(_ path: String) throws(EngineError) -> Spec {
    do {
      return try Spec.decode(try readFile(.workingDirectory, path, limit: JSONDocument.maximumSize), source: path)
    } catch {
      throw EngineError("\(error)")
    }
  }
}
