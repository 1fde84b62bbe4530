// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerRuntime
internal import Linux

/// A command of the command line. One file per command in `Commands/`.
struct Command: Sendable {
  let name: String
  /// What follows the name, for the help.
  let usage: String
  let summary: String
  let options: [Arguments.Option]
  /// Whether options may follow the container's id.
  var interspersed = true
  /// The exit status of every failure; nil where that depends on the failure.
  var failureStatus: Int32?
  /// - Returns: the exit status.
  let body: @Sendable (Context) throws(CommandFailure) -> Int32

  /// - Returns: the exit status.
  func run(_ context: Context) throws(CommandFailure) -> Int32 {
    do throws(CommandFailure) {
      return try body(context)
    } catch {
      throw CommandFailure(error.message, exitStatus: failureStatus ?? error.exitStatus)
    }
  }
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
  /// As the program was called: it may be installed under another runtime's name.
  static var program: String {
    let path = processArguments().first ?? ""
    let name = path.utf8.split(separator: 0x2F).last.map { String(decoding: $0, as: UTF8.self) }
    return name ?? "roost-runtime"
  }

  static var overview: String {
    var lines = head(
      program, "Open Container Initiative runtime", "[global options] COMMAND [options] [arguments]")
    lines += ["", "COMMANDS:"] + Commands.all.map { "   \(column($0.name, 12))\($0.summary)" }
    lines += ["", "GLOBAL OPTIONS:"] + Invocation.globalOptions.map(line)
    return lines.joined(separator: "\n")
  }

  static func text(of command: Command) -> String {
    var lines = head("\(program) \(command.name)", command.summary, command.usage)
    if !command.options.isEmpty { lines += ["", "OPTIONS:"] + command.options.map(line) }
    return lines.joined(separator: "\n")
  }

  private static func head(_ name: String, _ summary: String, _ usage: String) -> [String] {
    ["NAME:", "   \(name) - \(summary)", "", "USAGE:", "   \(name) \(usage)"]
  }

  private static func line(_ option: Arguments.Option) -> String {
    let short = option.short.map { "-\($0), " } ?? "    "
    let name = "\(short)--\(option.long)\(option.takesValue ? " VALUE" : "")"
    return "   \(column(name, 34))\(option.help)"
  }

  private static func column(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
