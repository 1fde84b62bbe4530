// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine

/// `roost doctor`: what this machine lacks for containers of this user.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Say what this machine has for containers, and what to change.")

  func run() throws {
    let findings = Doctor(try Caller.current()).examine()
    for finding in findings {
      let level = finding.level.rawValue
      let padding = String(repeating: " ", count: max(0, 8 - level.count))
      try Output.write("\(level)\(padding)\(finding.subject): \(finding.text)\n")
    }
    if findings.contains(where: { $0.level == .bad }) { throw ExitStatus(code: 1) }
  }
}
