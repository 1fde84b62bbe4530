// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerRuntime
internal import JSON
internal import Linux
internal import OCI

// Commands that are one operation on one container.

extension Command {
  static let start = Command(
    name: "start", usage: "ID", summary: "start the program of a created container", options: []
  ) { (context) throws(CommandFailure) in
    try operate(context) { (containers, id) throws(RuntimeError) in
      try containers.start(id, serviceManager: Environment.serviceManager)
    }
  }

  static let pause = Command(
    name: "pause", usage: "ID", summary: "freeze all processes of a container", options: []
  ) { (context) throws(CommandFailure) in
    try operate(context) { (containers, id) throws(RuntimeError) in try containers.pause(id) }
  }

  static let resume = Command(
    name: "resume", usage: "ID", summary: "let the processes of a paused container go on", options: []
  ) { (context) throws(CommandFailure) in
    try operate(context) { (containers, id) throws(RuntimeError) in try containers.resume(id) }
  }

  static let delete = Command(
    name: "delete", usage: "[options] ID", summary: "remove a stopped container",
    options: [.flag("force", "f", "kill it first; no error where there is none")]
  ) { (context) throws(CommandFailure) in
    let force = try context.arguments.flag("force")
    return try operate(context) { (containers, id) throws(RuntimeError) in
      for warning in try containers.delete(id, force: force) { context.log.warning(warning) }
    }
  }

  static let state = Command(
    name: "state", usage: "ID", summary: "print the state of a container as JSON", options: []
  ) { (context) throws(CommandFailure) in
    try context.expect(positional: 1...1)
    let id = try context.containerID()
    let containers = try context.containers()
    let state = try attempt { () throws(RuntimeError) in try containers.state(id) }
    return Output.print(state.encoded(.pretty))
  }

  private static func operate(
    _ context: Context, _ body: (Containers, String) throws(RuntimeError) -> Void
  ) throws(CommandFailure) -> Int32 {
    try context.expect(positional: 1...1)
    let id = try context.containerID()
    let containers = try context.containers()
    try attempt { () throws(RuntimeError) in try body(containers, id) }
    return 0
  }
}
