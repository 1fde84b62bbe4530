// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser

/// `roost --help`: all commands by what they are for, on one screen.
enum RootHelp {
  private static let groups: [(title: String, commands: [String])] = [
    ("Containers", ["run", "exec", "ps", "inspect", "stats", "stop", "kill", "rm"]),
    ("Around them", ["rootfs", "network", "settings", "mydocker"]),
    ("Insight", ["explain", "doctor"]),
    ("About", ["manual", "completion", "version"]),
  ]

  static var text: String {
    var text =
      "USAGE: roost [--root DIRECTORY] COMMAND [ARGUMENTS]\n       runs Linux containers, without a daemon\n\n"
    let commands = Roost.configuration.subcommands.map { $0.configuration }
    let known = Set(groups.flatMap { $0.commands })
    let others = commands.compactMap { $0.commandName }.filter { !known.contains($0) }
    for group in groups + [(title: "More", commands: others)] {
      var heading = group.title
      for member in group.commands.compactMap({ name in commands.first { $0.commandName == name } }) {
        text += padded(heading, 12) + padded(member.commandName ?? "", 11) + brief(member.abstract) + "\n"
        heading = ""
      }
    }
    return text + "\n`roost COMMAND --help` has flags and examples; so has `roost manual COMMAND`.\n"
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  /// The first clause, which fits a line.
  private static func brief(_ abstract: String) -> String {
    let clause = abstract.prefix { $0 != ";" && $0 != ":" && $0 != "." }
    return String(clause.count <= 57 ? clause : clause.prefix { $0 != "," })
  }
}
