// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A command of the command line. One file per command in `Commands/`.
struct Command: Sendable {
  let name: String
  /// What follows the name, for the help.
  let usage: String
  let summary: String
  let options: [Arguments.Option]
  /// Whether options may follow the container's id.
  var interspersed = true
  /// - Returns: the exit status.
  let body: @Sendable (Context) throws(CommandFailure) -> Int32
}

enum Commands {
  static let all: [Command] = [
    .create, .start, .run, .exec, .state, .list, .ps, .kill, .delete, .pause, .resume, .spec, .update,
    .features, .events, .lint, .checkpoint, .restore, .completion, .manual,
  ]
}

enum Version {
  static let number = "0.1.0"
  static let text = """
    roost-runtime version \(number)
    spec: 1.3.0
    """
}

enum Help {
  static var overview: String {
    var lines = [
      "roost-runtime: runs containers as the Open Container Initiative specifies them", "",
      "usage: roost-runtime [global options] COMMAND [options] [arguments]", "", "commands:",
    ]
    lines += Commands.all.map { "  \(column($0.name, 10))\($0.summary)" }
    lines += ["", "global options:"] + Invocation.globalOptions.map(line)
    return lines.joined(separator: "\n")
  }

  static func text(of command: Command) -> String {
    var lines = ["usage: roost-runtime \(command.name) \(command.usage)", "", command.summary]
    if !command.options.isEmpty { lines += ["", "options:"] + command.options.map(line) }
    return lines.joined(separator: "\n")
  }

  private static func line(_ option: Arguments.Option) -> String {
    let short = option.short.map { "-\($0), " } ?? "    "
    let name = "\(short)--\(option.long)\(option.takesValue ? " VALUE" : "")"
    return "  \(column(name, 34))\(option.help)"
  }

  private static func column(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
