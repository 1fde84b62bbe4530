// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Examples for every command, which its help and its manual page end with.
enum Examples {
  /// - Parameter command: the words behind `roost`, such as `network create`.
  static func lines(_ command: String) -> [String] { table[command] ?? [] }

  /// A section of a help text; empty where there are none.
  static func section(_ command: String) -> String {
    let lines = lines(command)
    return lines.isEmpty ? "" : "\nEXAMPLES:\n" + lines.map { "  " + $0 + "\n" }.joined()
  }

  private static let table: [String: [String]] = [
    "run": [
      "roost run -it ./alpine-minirootfs.tar.gz /bin/ash",
      "roost run --rm -m 64m --cpus 0.5 -v ./data:/data:ro ./rootfs sh -c 'ls /data'",
      "roost run host:bash,ls bash -c 'ls /'",
      "roost run --name web --network default -p 8080:80 ./rootfs httpd -f",
      "roost run --settings ./slackware", "roost run -it --step ./rootfs sh",
    ],
    "exec": ["roost exec web ps", "roost exec -it -u 1000 -w /tmp web sh"],
    "explain": [
      "roost explain -m 64m ./rootfs sh",
      "roost explain --format sh -m 64m ./rootfs sh > by-hand.sh && sudo bash by-hand.sh",
      "roost explain --format svg --network default ./rootfs > container.svg",
      "roost explain ./bundle-of-another-tool", "roost explain --diff web db",
    ],
    "ps": ["roost ps -a", "roost ps --format 'table {{.Names}}\\t{{.Status}}'", "roost ps -q --format json"],
    "kill": ["roost kill web", "roost kill -s HUP web"],
    "stop": ["roost stop web db", "roost stop -t 30 web"],
    "rm": ["roost rm web", "roost rm -f $(roost ps -aq)"],
    "inspect": [
      "roost inspect web", "roost inspect -f '{{.State.Pid}}' web", "roost inspect --live web",
      "roost inspect --live --format json web",
    ],
    "stats": ["roost stats", "roost stats --no-stream --format json web"],
    "network": ["roost network create lan --subnet 10.5.0.0/24", "roost network ls"],
    "network create": [
      "roost network create lan", "roost network create --subnet 10.5.0.0/24 --internal back",
    ],
    "network ls": ["roost network ls", "roost network ls --format json"],
    "network inspect": ["roost network inspect lan", "roost network inspect -f '{{.Interface}}' lan"],
    "network rm": ["roost network rm lan"],
    "network prune": ["roost network prune"],
    "network connect": ["roost network connect lan web", "roost network connect --ip 10.5.0.9 lan web"],
    "network disconnect": ["roost network disconnect lan web"],
    "network reload": ["roost network reload"],
    "rootfs": ["roost rootfs ls", "roost rootfs explain host:bash"],
    "rootfs pull": ["roost rootfs pull ./rootfs.tar.gz"],
    "rootfs ls": ["roost rootfs ls", "roost rootfs ls --format json"],
    "rootfs inspect": ["roost rootfs inspect 1a2b3c4d"],
    "rootfs explain": ["roost rootfs explain host:bash,ls"],
    "rootfs mount": ["roost rootfs mount 1a2b3c4d /mnt"],
    "rootfs export": ["roost rootfs export -o rootfs.tar.gz 1a2b3c4d"],
    "rootfs rm": ["roost rootfs rm 1a2b3c4d"],
    "rootfs prune": ["roost rootfs prune"],
    "settings": ["roost settings convert ./slackware", "roost run --settings ./slackware"],
    "settings convert": [
      "roost settings convert ./slackware",
      "roost settings convert --format config ./slackware > config.json",
    ],
    "mydocker": ["roost mydocker -aUc -C 50 -I 20 -P 333 /bin/bash"],
    "doctor": ["roost doctor", "roost doctor --format json"],
    "completion": [
      "source <(roost completion bash)", "roost completion fish > ~/.config/fish/completions/roost.fish",
    ],
    "manual": ["roost manual run | man -l -", "roost manual network create"],
    "version": ["roost version"],
  ]
}
