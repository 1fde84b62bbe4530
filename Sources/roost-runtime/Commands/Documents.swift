// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// Commands that print documents made from the tables of all commands; `make install` puts them into their places.

extension Command {
  static let completion = Command(
    name: "completion", usage: "bash|zsh|fish", summary: "print a script that completes command lines",
    options: []
  ) { (context) throws(CommandFailure) in
    let words = context.arguments.positional
    guard words.count == 1, let shell = Completion.Shell(rawValue: words[0]) else {
      throw CommandFailure("completion: expected one of bash, zsh, fish")
    }
    return Output.print(Completion.script(shell))
  }

  static let manual = Command(
    name: "manual", usage: "[COMMAND]", summary: "print a manual page", options: []
  ) { (context) throws(CommandFailure) in
    guard let name = context.arguments.positional.first else { return Output.print(ManualPage.overview) }
    guard let command = Commands.all.first(where: { $0.name == name }),
      context.arguments.positional.count == 1
    else {
      throw CommandFailure("manual: unknown command \"\(name)\"")
    }
    return Output.print(ManualPage.page(of: command))
  }
}
