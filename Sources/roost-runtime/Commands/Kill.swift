// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerRuntime
internal import Linux
internal import OCI

extension Command {
  static let kill = Command(
    name: "kill", usage: "[options] ID [SIGNAL]", summary: "send a signal to a container (default TERM)",
    options: [.flag("all", "a", "to all its processes, not only the first")]
  ) { (context) throws(CommandFailure) in
    try context.expect(positional: 1...2)
    let id = try context.containerID()
    let containers = try context.containers()
    var chosen = context.arguments.positional.dropFirst().first
    if chosen == nil {
      // What the image says ends its program well (image-spec, "annotations").
      let state = try attempt { () throws(RuntimeError) in try containers.state(id) }
      chosen = state.annotations.value(of: .stopSignal)
    }
    let word = chosen ?? "TERM"
    guard let signal = SignalName.number(word) else { throw CommandFailure("unknown signal \"\(word)\"") }
    let all = try context.arguments.flag("all")
    try attempt { () throws(RuntimeError) in try containers.kill(id, signal, all: all) }
    return 0
  }
}
