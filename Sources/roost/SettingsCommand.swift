// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine

/// `roost settings`: container directories, as `roost run --settings` takes them.
struct SettingsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "settings", abstract: "Work with container directories: a settings file and chroot/.",
    subcommands: [Convert.self])

  @ParentCommand var parent: Roost

  struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the roost run command, and the OCI configuration, that make the same container.",
      discussion: "The configuration is for every OCI runtime; in config.json, it makes a bundle.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
      case both, command, config
    }

    @ParentCommand var parent: SettingsCommand

    @Option(help: "both, command or config.") var format = Format.both

    @Argument(help: ArgumentHelp("The container directory.", valueName: "dir")) var directory: String

    func run() throws {
      let result = try parent.parent.engine().convert(settings: directory)
      switch format {
      case .both: try Output.write("\(result.command)\n\n\(result.configuration)")
      case .command: try Output.write(result.command + "\n")
      case .config: try Output.write(result.configuration)
      }
      if format != .command {
        for omission in result.omissions { Output.error("\(directory): \(omission)") }
      }
    }
  }
}
