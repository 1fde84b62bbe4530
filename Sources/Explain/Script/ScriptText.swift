// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan

// The script around the lines.
extension Scripter {
  func text() -> String {
    var text = header()
    text += Self.functions
    text += "\n# In the container's namespaces, with the host's tools and files still in reach.\ninside() {\n"
    text += indented(inside) + indented(lastCommands())
    text +=
      "}\n\n# The process that becomes the container: its cgroups first, then its namespaces.\ncontainer() {\n"
    text += indented(birth) + indented(birthCommand()) + "}\n\nmain() {\n"
    text += "  mkdir -m 711 \"$DIR\"\n  trap finish EXIT\n  trap 'exit 143' INT TERM HUP\n"
    text += "  command mount -n -t tmpfs -o mode=\(frame.directoryIsOpen ? "711" : "700") none \"$DIR\"\n"
    text += indented(frame.preparations)
    text += "  ROOT=$(realpath -e -- \(word(root)))\n"
    text += indented(outside) + indented(meeting()) + "}\n\n"
    text +=
      "finish() {\n"
      + indented(Self.end + frame.undo + ["umount -n -l \"$DIR\" 2> /dev/null", "rmdir -- \"$DIR\""])
      + "}\n\n"
    text += """
      DIR=\(Quoting.shell(frame.directory))
      # What is mounted on the way to the container is seen by nobody else, and ends with this script.
      exec unshare --mount --propagation slave -- "$BASH" -c "$(declare -f); $(declare -p DIR); set -euo pipefail; main"

      """
    return text
  }

  private func indented(_ lines: [String]) -> String { lines.map { "  " + $0 + "\n" }.joined() }

  private func header() -> String {
    var text = """
      #!/bin/bash
      # \(Quoting.plain(frame.title))
      #
      # Each step of Roost's, in its order, by hand. Needs root, bash 4.4, util-linux 2.36 (unshare, nsenter, mount, findmnt,
      # pivot_root, setpriv, prlimit) and, for networks, iproute2. Paths of the container are found by name, so use it for
      # roots that you trust: Roost opens each inside the root, this script only refuses links.
      #
      # What a look from inside finds different from Roost's container:

      """
    for sentence in differences { text += "#   - \(Quoting.plain(sentence))\n" }
    if differences.isEmpty { text += "#   - nothing\n" }
    return text
      + "# And from outside: nothing is on record, so `roost ps`, `exec` and `rm` do not know it.\n\n"
  }

  /// The container's last commands: the privileges go, and a shell of the host's waits for the change of root.
  private func lastCommands() -> [String] {
    var variables = program.environment.map { Quoting.shell($0) }
    var lines: [String] = []
    if !program.environment.contains(where: { $0.utf8.starts(with: "HOME=".utf8) }) {
      let user =
        privileges.first { $0.utf8.starts(with: "--reuid=".utf8) }?.utf8.dropFirst(8) ?? "0".utf8.dropFirst(0)
      lines.append(
        "home=$(awk -F: '$3 == \(String(decoding: user, as: UTF8.self)) { print $6; exit }' \"$ROOT/etc/passwd\" "
          + "2> /dev/null) || home=")
      variables.append("HOME=\"${home:-/}\"")
    }
    // What bash puts into the environment by itself and nobody asked for.
    let own = ["PWD", "OLDPWD", "_"].filter { name in
      !program.environment.contains { $0.utf8.starts(with: (name + "=").utf8) }
    }
    let steps =
      ["echo >&7", "read -r -u 8 _", "exec 7>&- 8>&-"] + finish
      + (own.isEmpty ? [] : ["unset " + own.joined(separator: " ")])
      + ["exec \"$@\""]
    lines.append(
      "# The last fence. Afterwards a shell, which is the host's but has no more rights than the program, says that"
    )
    lines.append(
      "# all is ready and waits: pivot_root(2) changes the root of every process in the mount namespace.")
    let commands =
      wrappers + [
        "setpriv " + privileges.joined(separator: " "), "env -i " + variables.joined(separator: " "),
      ]
    lines += commands.enumerated().map { ($0.offset == 0 ? "exec " : "  ") + $0.element + " \\" }
    lines.append("  \"$BASH\" --norc --noprofile -c \(Quoting.shell(steps.joined(separator: "; "))) bash \\")
    lines.append("  \(Quoting.shell(program.arguments))")
    return lines
  }

  private func birthCommand() -> [String] {
    var lines = ["local code", "code=\"$(declare -f); $(declare -p DIR ROOT); set -euo pipefail; inside\""]
    var command: [String] = []
    if !enter.isEmpty { command.append("nsenter " + enter.joined(separator: " ") + " --") }
    if !time.isEmpty || !unshare.isEmpty {
      command.append("unshare " + (unshare + time).joined(separator: " ") + " --")
    }
    if isNewSession && !hasTerminal { command.append("setsid") }
    if maps == nil {
      command.append("\"$BASH\" -c \"$code\"")
    } else {
      lines.append("# Until the ids are mapped this is nobody, who holds on to the namespace's capabilities.")
      command.append(
        "\"$BASH\" -c 'echo >&7; read -r -u 8 _; exec setpriv --reuid=0 --regid=0 --clear-groups \"$BASH\" -c \"$0\"' \"$code\""
      )
    }
    lines.append("exec " + command.joined(separator: " \\\n    "))
    return lines
  }

  /// What the outside does while the container waits.
  private func meeting() -> [String] {
    var lines = [
      "# Two pipes, by which the container says that it waits and is told to go on.",
      "mkfifo \"$DIR/up\" \"$DIR/down\"", "exec 7<> \"$DIR/up\" 8<> \"$DIR/down\"", "supervise <&0 &",
      "child=$!",
    ]
    if let maps {
      lines += [
        "# The maps of the user namespace, from outside.", "hear", "pid=$(leaf \"$child\")",
        "printf '%s\\n' \(Quoting.shell(maps.uid)) > \"/proc/$pid/uid_map\"",
        "printf '%s\\n' \(Quoting.shell(maps.gid)) > \"/proc/$pid/gid_map\"", "echo >&8",
      ]
    }
    lines += ["hear", "pid=$(leaf \"$child\")"] + late
    lines += [
      "# Make it the root directory and drop the old one: the new root and the old one change places, one on top of the",
      "# other, and the upper one goes. Then the host's files are out of reach, umount(8) among them; this one is found by",
      "# a process that keeps its own root.",
      "nsenter --mount=\"/proc/$pid/ns/mnt\" --wd=/ \"$BASH\" -c 'cd \"$0\" && pivot_root . .' \"$ROOT\"",
      "there umount -l -c -n \"/proc/$pid/root\"",
    ]
    for line in afterPivot { lines.append(line.utf8.first == 0x23 ? line : "there " + line) }
    lines += [
      "echo >&8", "exec 7>&- 8>&-", "code=0", "wait \"$child\" || code=$?", "child=", "exit \"$code\"",
    ]
    return lines
  }

  private static let end = [
    "set +e", "trap '' INT TERM HUP",
    "[ -z \"${child:-}\" ] || { kill -KILL $(chain \"$child\") 2> /dev/null; wait \"$child\" 2> /dev/null; }",
    "local path try", "for path in \"${made[@]}\"; do",
    "  for try in {1..50}; do rmdir -- \"$path\" 2> /dev/null && break; [ -d \"$path\" ] || break; sleep 0.1; done",
    "done",
  ]

  /// What the lines call.
  private static let functions = #"""
    child='' made=()

    die() { echo "by hand: $*" >&2; exit 125; }
    [ "$(id -u)" = 0 ] || die 'needs root'

    # Without a trace in /run/mount.
    mount() { command mount -n "$@"; }

    # Finds out where the container's path $1 is on the host: in $at. A link on the way could lead out of the root.
    place() {
      local rest=$1
      at=$ROOT
      while [ -n "$rest" ]; do
        rest=${rest#/}
        at+=/${rest%%/*}
        [ ! -L "$at" ] || die "$1: a link in the root leads to $(readlink -- "$at")"
        case $rest in */*) rest=/${rest#*/} ;; *) rest= ;; esac
      done
    }

    # Makes the mount point $2 a directory or a file, as $1 is.
    like() {
      if [ -d "$1" ]; then mkdir -p -- "$2"; else mkdir -p -- "${2%/*}"; [ -e "$2" ] || : > "$2"; fi
    }

    # Gives the mount at $1 the options $2 besides those that it has.
    attributes() {
      mount -o "remount,bind,$(findmnt -fn -d backward -o VFS-OPTIONS -M "$1"),$2" none "$1"
    }

    # The same for all mounts from $1 on.
    everywhere() {
      local target
      while IFS= read -r target; do attributes "$target" "$2"; done < <(findmnt -lnR -o TARGET -M "$1")
    }

    # Makes the cgroup $1, and remembers what has to go at the end.
    cgroup() {
      local path=$1 new=()
      while [ ! -d "$path" ]; do new+=("$path"); path=${path%/*}; done
      mkdir -p -- "$1"
      made=("${new[@]}" "${made[@]}")
    }

    # Has all cgroups from the mount point $1 down to $2 pass on the controllers that follow.
    enable() {
      local path=$1 rest=${2#"$1"/} controller
      while :; do
        for controller in "${@:3}"; do echo "+$controller" > "$path/cgroup.subtree_control" 2> /dev/null || :; done
        case $rest in */*) path=$path/${rest%%/*} rest=${rest#*/} ;; *) break ;; esac
      done
    }

    # Writes to the first file that there is in the directory $1; file names and values follow in pairs.
    put() {
      local directory=$1
      shift
      while [ $# -gt 0 ]; do
        [ "$1" != - ] || return 0
        if [ -e "$directory/$1" ]; then printf %s "$2" > "$directory/$1"; return; fi
        shift 2
      done
      die "$directory has no file for this limit"
    }

    # Fills the cpuset file $2 of the cgroup $1 as its parent has it.
    inherit() {
      local parent=${1%/*}
      [ -z "$(< "$1/$2")" ] || return 0
      [ -n "$(< "$parent/$2")" ] || inherit "$parent" "$2"
      cat "$parent/$2" > "$1/$2"
    }

    # The process $1, its first child, the first child of that, and so on.
    chain() {
      local pid=$1 next
      echo "$pid"
      # The list ends without a line break.
      while next=; read -r next _ < "/proc/$pid/task/$pid/children" || [ -n "$next" ]; do
        pid=$next
        echo "$pid"
      done 2> /dev/null
    }

    # The last one of them, which is the one that waits.
    leaf() { chain "$1" | tail -n 1; }

    # Waits for the container's word. The last word is that it has ended.
    hear() {
      local word
      read -r -u 7 word
      if [ "$word" = ended ]; then wait "$child"; exit; fi
    }

    # The container with somebody who says so when it ends.
    supervise() {
      set +e
      (set -e; container)
      local code=$?
      echo ended >&7
      exit "$code"
    }

    # Runs a command of the host in the container's mount namespace.
    there() { nsenter --mount="/proc/$pid/ns/mnt" --root=/ --wd=/ -- "$@"; }

    """#
}
