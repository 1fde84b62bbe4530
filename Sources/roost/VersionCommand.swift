// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser

/// `roost version`: which build this is.
struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "version", abstract: "Show the version.")

  func run() throws {
    try Output.write("roost version \(Version.text)\n")
  }
}

/// The version of the program.
enum Version {
  static let text = "0.1.0"
}
