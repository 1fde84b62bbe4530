// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Scripts by which shells complete the command line: commands and flags from the model, containers from `roost ps`.
enum CompletionScripts {
  static let shells = ["bash", "zsh", "fish"]

  static func text(_ shell: String, _ roost: CommandModel) -> String? {
    switch shell {
    case "bash": bash(roost)
    case "zsh": zsh(roost)
    case "fish": fish(roost)
    default: nil
    }
  }

  /// Commands whose arguments are containers.
  private static let aboutContainers = ["exec", "kill", "stop", "rm", "inspect", "stats"]

  private static func words(_ command: CommandModel) -> String {
    command.path.dropFirst().joined(separator: " ")
  }

  // MARK: bash

  private static func bash(_ roost: CommandModel) -> String {
    var cases = ""
    for command in roost.all {
      let flags = command.flags.flatMap(\.names).joined(separator: " ")
      let valued = command.flags.filter { $0.value != nil }.flatMap(\.names).joined(separator: "|")
      cases += "    '\(words(command))') commands='\(command.commands.map(\.name).joined(separator: " "))'"
      cases += " flags='\(flags)' valued='\(valued)' ;;\n"
    }
    return """
      # bash completion for roost; made by `roost completion bash`.
      _roost_words() {
        case "$1" in
      \(cases)    *) return 1 ;;
        esac
      }

      _roost() {
        local current=${COMP_WORDS[COMP_CWORD]} path='' word index skip='' commands flags valued
        COMPREPLY=()
        _roost_words ''
        for ((index = 1; index < COMP_CWORD; index++)); do
          word=${COMP_WORDS[index]}
          if [[ -n $skip ]]; then skip=''; continue; fi
          if [[ $word == -* ]]; then
            [[ -n $valued && "|$valued|" == *"|$word|"* ]] && skip=1
          elif [[ " $commands " == *" $word "* ]]; then
            path="${path:+$path }$word"
            _roost_words "$path"
          fi
        done
        if [[ -n $skip ]]; then
          COMPREPLY=($(compgen -f -- "$current"))
        elif [[ $current == -* ]]; then
          COMPREPLY=($(compgen -W "$flags" -- "$current"))
        elif [[ -n $commands ]]; then
          COMPREPLY=($(compgen -W "$commands" -- "$current"))
        else
          case "$path" in
            \(aboutContainers.joined(separator: "|"))) COMPREPLY=($(compgen -W "$(roost ps -a --format '{{.Names}}' 2> /dev/null)" -- "$current")) ;;
            *) COMPREPLY=($(compgen -f -- "$current")) ;;
          esac
        fi
      }
      complete -o filenames -F _roost roost

      """
  }

  // MARK: zsh

  private static func zsh(_ roost: CommandModel) -> String {
    var cases = ""
    for command in roost.all {
      let commands = command.commands.map { zshPair($0.name, $0.abstract) }.joined(separator: " ")
      let flags = command.flags.flatMap { flag in flag.names.map { zshPair($0, flag.help) } }.joined(
        separator: " ")
      let valued = command.flags.filter { $0.value != nil }.flatMap(\.names).joined(separator: " ")
      cases += "    '\(words(command))') commands=(\(commands)) flags=(\(flags)) valued=(\(valued)) ;;\n"
    }
    return """
      #compdef roost
      # zsh completion for roost; made by `roost completion zsh`.
      _roost_words() {
        case "$1" in
      \(cases)  esac
      }

      _roost() {
        local -a commands flags valued containers
        local route='' word skip='' index
        _roost_words ''
        for ((index = 2; index < CURRENT; index++)); do
          word=${words[index]}
          if [[ -n $skip ]]; then skip=''; continue; fi
          if [[ $word == -* ]]; then
            (( ${valued[(Ie)$word]} )) && skip=1
          elif (( ${commands[(I)${word}:*]} )); then
            route="${route:+$route }$word"
            _roost_words "$route"
          fi
        done
        if [[ -n $skip ]]; then
          _files
        elif [[ ${words[CURRENT]} == -* ]]; then
          _describe flag flags
        elif (( ${#commands} )); then
          _describe command commands
        else
          case "$route" in
            \(aboutContainers.joined(separator: "|")))
              containers=(${(f)"$(roost ps -a --format '{{.Names}}' 2> /dev/null)"})
              _describe container containers ;;
            *) _files ;;
          esac
        fi
      }
      if [[ "$funcstack[1]" == _roost ]]; then _roost "$@"; else compdef _roost roost; fi

      """
  }

  private static func zshPair(_ name: String, _ help: String) -> String {
    quoted("\(name):\(help.filter { $0 != ":" })")
  }

  // MARK: fish

  private static func fish(_ roost: CommandModel) -> String {
    var text = "# fish completion for roost; made by `roost completion fish`.\ncomplete -c roost -f\n"
    for command in roost.all {
      let names = command.path.dropFirst()
      let inside = names.map { "__fish_seen_subcommand_from \($0)" }.joined(separator: "; and ")
      let children = command.commands.map(\.name).joined(separator: " ")
      let isHere = inside.isEmpty ? "__fish_use_subcommand" : inside
      for child in command.commands {
        let condition = inside.isEmpty ? isHere : "\(inside); and not __fish_seen_subcommand_from \(children)"
        text += "complete -c roost -n \(quoted(condition)) -a \(child.name) -d \(quoted(child.abstract))\n"
      }
      for flag in command.flags {
        let spelled = flag.names.map { name in
          name.hasPrefix("--") ? "-l \(name.dropFirst(2))" : "-s \(name.dropFirst())"
        }
        text +=
          "complete -c roost -n \(quoted(isHere)) \(spelled.joined(separator: " "))\(flag.value == nil ? "" : " -r -F")"
          + " -d \(quoted(flag.help))\n"
      }
    }
    let about = quoted("__fish_seen_subcommand_from \(aboutContainers.joined(separator: " "))")
    text += "complete -c roost -n \(about) -a \"(roost ps -a --format '{{.Names}}' 2> /dev/null)\"\n"
    return text + "complete -c roost -n '__fish_seen_subcommand_from run explain' -F\n"
  }

  /// One word for all three shells.
  private static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
