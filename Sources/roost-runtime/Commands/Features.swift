// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerRuntime
internal import JSON
internal import OCI

extension Command {
  static let features = Command(
    name: "features", usage: "[options]", summary: "print what the runtime implements as JSON",
    options: [.flag("host", nil, "only what this machine's kernel has, too")]
  ) { (context) throws(CommandFailure) in
    try context.expect(positional: 0...0)
    var features = Features.ofRuntime
    if try context.arguments.flag("host") {
      features = try attempt { () throws(RuntimeError) in try features.onThisHost() }
    }
    return Output.print(features.encoded(.pretty))
  }
}
