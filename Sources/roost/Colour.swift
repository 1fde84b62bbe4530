// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Engine
import Glibc
import Linux

/// Colours on standard output: on a terminal that has them, and never with NO_COLOR (https://no-color.org).
enum Colour: String {
  case bold = "1"
  case red = "31"
  case green = "32"
  case yellow = "33"

  static let isOn = isOn(.standardOutput)

  private static func isOn(_ output: FD) -> Bool {
    func isSet(_ name: String) -> Bool { getenv(name).map { $0.pointee != 0 } ?? false }
    let terminal = getenv("TERM").map { String(cString: $0) } ?? "dumb"
    return isTerminal(output) && !isSet("NO_COLOR") && terminal != "dumb"
  }

  func callAsFunction(_ text: String) -> String { Self.isOn ? colouring(text) : text }

  private func colouring(_ text: String) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }

  /// Headings of an explanation, which are underlined with `=`.
  static func headings(_ text: String, on output: FD = .standardOutput) -> String {
    guard isOn(output) else { return text }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for index in lines.indices.dropLast() where !lines[index].isEmpty {
      if lines[index + 1].hasPrefix("==") && lines[index + 1].allSatisfy({ $0 == "=" }) {
        lines[index] = Colour.bold.colouring(lines[index])
      }
    }
    return lines.joined(separator: "\n")
  }

  /// Lines that are marked with `!`.
  static func marks(_ text: String) -> String {
    guard isOn else { return text }
    return text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.hasPrefix("!") ? Colour.red(String($0)) : String($0) }.joined(separator: "\n")
  }
}
