// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Manual pages in man(7)'s language, made from the tables that parse command lines.
enum ManualPage {
  /// The page of the program.
  static var overview: String {
    var lines = head("roost-runtime", "run containers as the Open Container Initiative specifies them")
    lines += [
      ".SH SYNOPSIS", ".B roost-runtime",
      "[\\fIglobal options\\fR] \\fIcommand\\fR [\\fIoptions\\fR] [\\fIarguments\\fR]",
      ".SH DESCRIPTION",
      escaped(
        "An OCI runtime with runc's command line. A bundle is a directory with a config.json; a container is made from it by "
          + "create and start, or by run at once."),
      ".PP",
      escaped(
        "What is done with each property of the configuration is told by features, lint and explain of roost(1)."
      ),
      ".SH COMMANDS",
    ]
    for command in Commands.all {
      lines += [".TP", ".BR roost\\-runtime\\-\(escaped(command.name)) (8)", escaped(command.summary)]
    }
    lines += [".SH GLOBAL OPTIONS"] + options(Invocation.globalOptions)
    lines += [
      ".SH EXIT STATUS", "That of the container's program for",
      ".BR run \" and \" exec ,", "128 and the number of the signal that killed it;",
      "1 for an error of the runtime itself, 127 and 126 for a program that is missing or cannot be executed;",
      "255 for every error of", ".BR exec .",
      ".SH FILES", ".TP", ".I /run/roost", "The state of containers, unless",
      ".B \\-\\-root", "says otherwise; for ordinary users", ".IR $XDG_RUNTIME_DIR/roost .",
      ".SH ENVIRONMENT", ".TP", ".BR LISTEN_FDS \", \" LISTEN_PID",
      "Sockets of a service manager, which are passed to the container's program.", ".TP", ".B NOTIFY_SOCKET",
      "What the container's program tells is passed on to it.", ".SH SEE ALSO",
      ".BR roost (1), runc (8), crun (1)",
    ]
    return lines.joined(separator: "\n")
  }

  /// The page of one command.
  static func page(of command: Command) -> String {
    var lines = head("roost-runtime-\(command.name)", command.summary)
    lines += [
      ".SH SYNOPSIS", ".B roost\\-runtime \(escaped(command.name))", escaped(command.usage),
    ]
    if !command.options.isEmpty { lines += [".SH OPTIONS"] + options(command.options) }
    lines += [".SH SEE ALSO", ".BR roost\\-runtime (8)"]
    return lines.joined(separator: "\n")
  }

  private static func head(_ name: String, _ summary: String) -> [String] {
    [
      ".\\\" Made by `roost-runtime manual` from the tables that parse the command line.",
      ".TH \(name.uppercased()) 8 \"\" \"roost \(Version.number)\" \"System administration\"", ".SH NAME",
      "\(escaped(name)) \\- \(escaped(summary))",
    ]
  }

  private static func options(_ options: [Arguments.Option]) -> [String] {
    options.flatMap { option -> [String] in
      let short = option.short.map { "\\fB\\-\($0)\\fR, " } ?? ""
      let value = option.takesValue ? " \\fIVALUE\\fR" : ""
      return [".TP", "\(short)\\fB\\-\\-\(escaped(option.long))\\fR\(value)", escaped(option.help)]
    }
  }

  /// Hyphens that are meant as such, and no line that begins like a request.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      default: result.append(character)
      }
    }
    return result.utf8.first == 0x2E || result.utf8.first == 0x27 ? "\\&" + result : result
  }
}
