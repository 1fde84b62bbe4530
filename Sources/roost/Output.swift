// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Engine
import Linux

/// Everything that `roost` prints.
enum Output {
  /// Writes to standard output.
  ///
  /// - Throws: ``EngineError`` when nobody reads it or the disk is full.
  static func write(_ text: String) throws(EngineError) {
    do {
      try writeAll(.standardOutput, Array(text.utf8))
    } catch {
      throw EngineError("cannot write to standard output: \(error.errno)")
    }
  }

  /// Writes to standard error, which leaves standard output to the container.
  ///
  /// - Throws: ``EngineError`` when nobody reads it.
  static func tell(_ text: String) throws(EngineError) {
    do {
      try writeAll(.standardError, Array(Colour.headings(text, on: .standardError).utf8))
    } catch {
      throw EngineError("cannot write to standard error: \(error.errno)")
    }
  }

  /// Writes a line to standard error.
  static func error(_ message: String) {
    do {
      try writeAll(.standardError, Array("roost: \(message.oneLine)\n".utf8))
    } catch {
      // There is nowhere left to tell that standard error is closed; the exit code tells that something failed.
    }
  }
}
