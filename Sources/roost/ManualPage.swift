// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A manual page in man(7)'s language.
enum ManualPage {
  static func text(_ command: CommandModel) -> String {
    let title = command.path.joined(separator: "-")
    let words = command.path.joined(separator: " ")
    var page =
      ".TH \(escaped(title.uppercased())) 8 \"\" \"roost \(Version.text)\" \"Containers\"\n.SH NAME\n"
    page +=
      "\(escaped(title)) \\- \(escaped(sentence(command.abstract)))\n.SH SYNOPSIS\n.B \(escaped(words))\n"
    if !command.flags.isEmpty { page += "[\\fIflags\\fR]\n" }
    page += command.commands.isEmpty ? escaped(command.arguments) + "\n" : "\\fIcommand\\fR ...\n"
    if !command.commands.isEmpty {
      page += ".SH COMMANDS\n"
      for child in command.commands {
        page +=
          ".TP\n.B \(escaped(child.name))\n\(escaped(child.abstract)) See \\fB\(escaped(title))\\-\(escaped(child.name))\\fR(8).\n"
      }
    }
    if !command.flags.isEmpty {
      page += ".SH OPTIONS\n"
      for flag in command.flags {
        let names = flag.names.map { "\\fB\(escaped($0))\\fR" }.joined(separator: ", ")
        page += ".TP\n\(names)\(flag.value.map { " \\fI\(escaped($0))\\fR" } ?? "")\n\(escaped(flag.help)).\n"
      }
    }
    let examples = Examples.lines(command.path.dropFirst().joined(separator: " "))
    if !examples.isEmpty {
      page += ".SH EXAMPLES\n.nf\n" + examples.map { escaped($0) + "\n" }.joined() + ".fi\n"
    }
    page += ".SH SEE ALSO\n"
    page += command.path.count == 1 ? ".BR roost\\-runtime (8)\n" : ".BR roost (8)\n"
    return page
  }

  private static func sentence(_ abstract: String) -> String {
    let first = abstract.prefix(1).lowercased() + abstract.dropFirst()
    return first.hasSuffix(".") ? String(first.dropLast()) : first
  }

  /// A dash would become a hyphen, a backslash an escape, and a dot or an apostrophe at the beginning of a line a request.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "-": result += "\\-"
      case "\\": result += "\\e"
      case "'": result += "\\(aq"
      case "…": result += "..."
      default: result.append(character)
      }
    }
    return result.hasPrefix(".") ? "\\&" + result : result
  }
}
