// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import ContainerRuntime
internal import Linux

extension Command {
  static let run = Command(
    name: "run", usage: "[options] ID", summary: "make a container and start it",
    options: creationOptions + [
      .flag("detach", "d", "return when the program runs"),
      .flag("keep", nil, "do not remove the container when it has stopped"),
      .value("step-fd", nil, "stop before each group of steps, and ask on this descriptor when to go on"),
    ]
  ) { (context) throws(CommandFailure) in
    try context.expect(positional: 1...1)
    let id = try context.containerID()
    let bundle = try Bundle(path: context.arguments.value("bundle"), context)
    let creation = try bundle.creation(.run, id: id, context)
    let containers = try context.containers()
    let status = try attempt { () throws(RuntimeError) in try creation.run(in: containers.store) }
    return status?.shellStatus ?? 0
  }
}
