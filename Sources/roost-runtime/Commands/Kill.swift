// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerRuntime
internal import Linux

extension Command {
  static let kill = Command(
    name: "kill", usage: "[options] ID [SIGNAL]", summary: "send a signal to a container (default TERM)",
    options: [.flag("all", "a", "to all its processes, not only the first")]
  ) { (context) throws(CommandFailure) in
    try context.expect(positional: 1...2)
    let id = try context.containerID()
    let word = context.arguments.positional.dropFirst().first ?? "TERM"
    guard let signal = SignalName.number(word) else { throw CommandFailure("unknown signal \"\(word)\"") }
    let all = try context.arguments.flag("all")
    let containers = try context.containers()
    try attempt { () throws(RuntimeError) in try containers.kill(id, signal, all: all) }
    return 0
  }
}
