// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Completion of command lines, made from the tables that parse them.
enum Completion {
  enum Shell: String, CaseIterable {
    case bash, zsh, fish
  }

  static func script(_ shell: Shell) -> String {
    switch shell {
    case .bash: bash
    case .zsh: zsh
    case .fish: fish
    }
  }

  /// Commands whose first word is a container.
  private static func takesContainer(_ command: Command) -> Bool {
    command.usage.split(separator: " ").contains("ID") && command.name != "create" && command.name != "run"
  }

  private static func names(_ options: [Arguments.Option]) -> String {
    options.map { option in
      "--\(option.long)" + (option.short.map { " -\($0)" } ?? "")
    }.joined(separator: " ")
  }

  private static func valued(_ options: [Arguments.Option]) -> String {
    options.filter { $0.takesValue }.map { option in
      "--\(option.long)" + (option.short.map { "|-\($0)" } ?? "")
    }.joined(separator: "|")
  }

  // MARK: bash

  private static var bash: String {
    let commands = Commands.all.map { $0.name }.joined(separator: " ")
    let cases = Commands.all.map { command in
      """
          \(command.name))
            options="\(names(command.options)) --help"
            valued="\(valued(command.options))"
            containers=\(takesContainer(command) ? "yes" : "")
            ;;
      """
    }
    return """
      # bash completion of roost-runtime; made by `roost-runtime completion bash`.
      _roost_runtime() {
        local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command= root=() index
        local options="\(names(Invocation.globalOptions))" valued="\(valued(Invocation.globalOptions))" containers=
        for ((index = 1; index < COMP_CWORD; index++)); do
          case ${COMP_WORDS[index]} in
            --root) root=(--root "${COMP_WORDS[index + 1]}") && ((index++)) ;;
            \(valued(Invocation.globalOptions))) ((index++)) ;;
            -*) ;;
            *) command=${COMP_WORDS[index]} && break ;;
          esac
        done
        case $command in
      \(cases.joined(separator: "\n"))
        esac
        COMPREPLY=()
        if [[ -n $valued && "|$valued|" == *"|$before|"* ]]; then
          compopt -o default
        elif [[ $word == -* ]]; then
          mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
        elif [[ -z $command ]]; then
          mapfile -t COMPREPLY < <(compgen -W "\(commands) help" -- "$word")
        elif [[ -n $containers ]]; then
          mapfile -t COMPREPLY < <(compgen -W "$(roost-runtime "${root[@]}" list --quiet 2>/dev/null)" -- "$word")
        else
          compopt -o default
        fi
      }
      complete -F _roost_runtime roost-runtime
      """
  }

  // MARK: zsh

  private static var zsh: String {
    let list = Commands.all.map { "    \(zshQuoted("\($0.name):\($0.summary)"))" }.joined(separator: "\n")
    let cases = Commands.all.map { command in
      let words = (command.options + [.flag("help", "h", "print this help")]).map(zshOption)
      let rest = takesContainer(command) ? ["'1:container:_roost_runtime_containers'"] : []
      return
        "    \(command.name)) _arguments -s \((words + rest + ["'*:file:_files'"]).joined(separator: " ")) ;;"
    }
    let global = Invocation.globalOptions.map(zshOption).joined(separator: " ")
    return """
      #compdef roost-runtime
      # zsh completion of roost-runtime; made by `roost-runtime completion zsh`.
      _roost_runtime_containers() {
        local -a ids
        ids=(${(f)"$(roost-runtime ${opt_args[--root]:+--root} ${opt_args[--root]} list --quiet 2>/dev/null)"})
        _describe container ids
      }
      _roost_runtime() {
        local state line
        local -a commands
        commands=(
      \(list)
        )
        _arguments -C -s \(global) '1:command:->command' '*::argument:->argument'
        case $state in
          command) _describe command commands ;;
          argument)
            case $line[1] in
      \(cases.map { "    " + $0 }.joined(separator: "\n"))
            esac
            ;;
        esac
      }
      _roost_runtime "$@"
      """
  }

  private static func zshOption(_ option: Arguments.Option) -> String {
    let help = option.help.replacing("[", with: "(").replacing("]", with: ")").replacing(":", with: " ")
    let value = option.takesValue ? ":value:_files" : ""
    let long = "--\(option.long)\(option.takesValue ? "=" : "")"
    guard let short = option.short else { return zshQuoted("\(long)[\(help)]\(value)") }
    return "{-\(short)\(option.takesValue ? "+" : ""),\(long)}" + zshQuoted("[\(help)]\(value)")
  }

  private static func zshQuoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

  // MARK: fish

  private static var fish: String {
    var lines = [
      "# fish completion of roost-runtime; made by `roost-runtime completion fish`.",
      "complete -c roost-runtime -f",
    ]
    for option in Invocation.globalOptions {
      lines.append("complete -c roost-runtime -n __fish_use_subcommand " + fishOption(option))
    }
    for command in Commands.all {
      let here = "-n '__fish_seen_subcommand_from \(command.name)'"
      lines.append(
        "complete -c roost-runtime -n __fish_use_subcommand -a \(command.name) -d \(fishQuoted(command.summary))"
      )
      for option in command.options {
        lines.append("complete -c roost-runtime \(here) " + fishOption(option))
      }
      if takesContainer(command) {
        lines.append("complete -c roost-runtime \(here) -a '(roost-runtime list --quiet 2>/dev/null)'")
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func fishOption(_ option: Arguments.Option) -> String {
    "-l \(option.long)" + (option.short.map { " -s \($0)" } ?? "") + (option.takesValue ? " -r -F" : "")
      + " -d \(fishQuoted(option.help))"
  }

  private static func fishQuoted(_ text: String) -> String {
    "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
  }
}

extension String {
  /// A copy with every occurrence of a character exchanged.
  fileprivate func replacing(_ character: Character, with text: String) -> String {
    var result = ""
    for one in self { if one == character { result += text } else { result.append(one) } }
    return result
  }
}
