// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine

/// The commands as data: what manual pages and completions are made from.
struct CommandModel {
  struct Flag {
    /// With dashes, the short one first.
    var names: [String]
    /// What stands for the value; nil for a flag that stands alone.
    var value: String?
    var help: String
  }

  /// The words of the command line, `roost` first.
  var path: [String]
  var abstract: String
  /// The arguments behind the flags.
  var arguments: String
  var flags: [Flag]
  var commands: [CommandModel]

  var name: String { path.last ?? "" }

  /// All commands, from the one description that parsing uses, too.
  static func whole() throws(EngineError) -> CommandModel {
    let document = try Document(
      parsing: Array(Roost._dumpHelp().utf8), source: "the description of the commands")
    guard let command = document["command"] else {
      throw EngineError("the description of the commands is empty")
    }
    return CommandModel(command, [])
  }

  private init(_ command: Document, _ above: [String]) {
    path = above + [command["commandName"]?.text ?? ""]
    abstract = command["abstract"]?.text ?? ""
    let all = (command["arguments"]?.elements ?? []).filter { $0["shouldDisplay"]?.flag ?? true }
    arguments = all.filter { $0["kind"]?.text == "positional" }.map(Self.positional).joined(separator: " ")
    flags = all.filter { $0["kind"]?.text != "positional" }.map { Flag($0) }
    let here = path
    commands = (command["subcommands"]?.elements ?? []).filter { $0["commandName"]?.text != "help" }
      .map { CommandModel($0, here) }
    switch Array(path.dropFirst()) {
    case ["run"]:
      (arguments, flags) = ("ROOT [COMMAND [ARG…]]", RunFlags.table.flags.map { Flag($0) } + [Self.help])
    case ["exec"]:
      (arguments, flags) = (
        "CONTAINER COMMAND [ARG…]", ExecOptions.table.flags.map { Flag($0) } + [Self.help]
      )
    case ["explain"]:
      (arguments, flags) = (
        "ROOT [COMMAND [ARG…]]", ExplainRequest.table.flags.map { Flag($0) } + [Self.help]
      )
    case ["mydocker"]:
      (arguments, flags) = ("PROGRAM [ARG…]", MyDockerOptions.table.flags.map { Flag($0) } + [Self.help])
    default: break
    }
  }

  private static let help = Flag(names: ["-h", "--help"], value: nil, help: "Show help information")

  private static func positional(_ argument: Document) -> String {
    let name = (argument["valueName"]?.text ?? "").uppercased()
    let many = argument["isRepeating"]?.flag ?? false ? "\(name)…" : name
    return argument["isOptional"]?.flag ?? false ? "[\(many)]" : many
  }

  /// The commands and theirs, depth first.
  var all: [CommandModel] { [self] + commands.flatMap(\.all) }

  /// - Parameter words: behind `roost`.
  func find(_ words: [String]) -> CommandModel? {
    guard let word = words.first else { return self }
    return commands.first { $0.name == word }?.find(Array(words.dropFirst()))
  }
}

extension CommandModel.Flag {
  fileprivate init(_ argument: Document) {
    let names = (argument["names"]?.elements ?? []).map { name in
      (name["kind"]?.text == "long" ? "--" : "-") + (name["name"]?.text ?? "")
    }
    self.names = names.sorted { ($0.hasPrefix("--") ? 1 : 0, $0) < ($1.hasPrefix("--") ? 1 : 0, $1) }
    value = argument["kind"]?.text == "option" ? (argument["valueName"]?.text ?? "value").uppercased() : nil
    var help = argument["abstract"]?.text ?? ""
    if help.hasSuffix(".") { help.removeLast() }
    self.help = help
  }

  fileprivate init<Target>(_ flag: FlagDefinition<Target>) {
    names = (flag.short.map { ["-\($0)"] } ?? []) + ["--\(flag.name)"] + flag.aliases.map { "--\($0)" }
    value = flag.placeholder.isEmpty ? nil : flag.placeholder
    help = flag.help
  }
}
