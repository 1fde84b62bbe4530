// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import ContainerRuntime
internal import Linux

extension Command {
  static let create = Command(
    name: "create", usage: "[options] ID", summary: "make a container that waits for start",
    options: creationOptions
  ) { (context) throws(CommandFailure) in
    try context.expect(positional: 1...1)
    let id = try context.containerID()
    let bundle = try Bundle(
      path: context.arguments.value("bundle"), requiresProcess: false, context)
    let creation = try bundle.creation(.create, id: id, context)
    let containers = try context.containers()
    try attempt { () throws(RuntimeError) in try creation.create(in: containers.store) }
    return 0
  }

  /// What `create` and `run` have in common.
  static let creationOptions: [Arguments.Option] = [
    .value("bundle", "b", "directory with config.json (default: the working directory)"),
    .value("config", "f", "configuration to use instead of the bundle's config.json"),
    .value("console-socket", nil, "socket that gets the terminal"),
    .value("pidfd-socket", nil, "socket that gets a descriptor of the process"),
    .value("pid-file", nil, "file that gets the process id"),
    .flag("no-pivot", nil, "change the root without pivot_root(2)"),
    .flag("no-new-keyring", nil, "keep the caller's session keyring"),
    .value("preserve-fds", nil, "pass so many descriptors after the standard streams"),
    .flag("no-subreaper", nil, "accepted for compatibility"),
    .flag("trace", nil, "print the time of each step"),
  ]
}
