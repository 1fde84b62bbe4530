// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine

/// `roost doctor`: what this machine lacks for containers of this user.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Say what this machine has for containers, and what to change.")

  @Option(help: "text, or json for an object per line.") var format = "text"

  func validate() throws {
    guard ["text", "json"].contains(format) else {
      throw ValidationError("--format \(format): expected text or json")
    }
  }

  func run() throws {
    let findings = Doctor(try Caller.current()).examine()
    for finding in findings { try Output.write(format == "json" ? Self.json(finding) : Self.text(finding)) }
    if findings.contains(where: { $0.level == .bad }) { throw ExitStatus(code: 1) }
  }

  private static func json(_ finding: Finding) -> String {
    Document.record([
      .init("Level", .string(finding.level.rawValue)), .init("Subject", .string(finding.subject)),
      .init("Text", .string(finding.text)),
    ]).json() + "\n"
  }

  private static func text(_ finding: Finding) -> String {
    let level = finding.level.rawValue
    let padding = String(repeating: " ", count: max(0, 8 - level.count))
    let colour: Colour =
      switch finding.level {
      case .good: .green
      case .hint: .yellow
      case .bad: .red
      }
    return "\(colour(level))\(padding)\(finding.subject): \(finding.text)\n"
  }
}
