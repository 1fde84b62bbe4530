// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import Explain

// The engine's own part of `run --step`.
extension ContainerEngine {
  /// The conversation for `--step`, with the stop before the network behind it; nil without the flag.
  func stepSession(
    _ options: RunOptions, _ root: RootSource, _ container: borrowing ContainerDirectory, _ shell: StepShell,
    _ say: @escaping (String) throws(EngineError) -> Void
  ) throws(EngineError) -> StepSession? {
    guard options.steps else { return nil }
    guard shell.runtime.isOurs else {
      throw EngineError("--step: \(shell.runtime.path) cannot stop between steps, only roost-runtime can")
    }
    let planned = try blueprint(options, root: root, id: container.id, directory: container.path)
    let session = try StepSession(
      planned.exposition(title: container.id), done: planned.preparations.count(where: \.isFirst), shell,
      say: say)
    if !planned.network.isEmpty { try session.stop(before: .network) }
    return session
  }

  /// Takes the engine's own steps, with stops where they are wanted.
  func carryOut(
    _ blueprint: Blueprint, in container: borrowing ContainerDirectory, _ steps: StepSession?
  ) throws(EngineError) {
    guard let steps else { return try Preparer.carryOut(blueprint.preparations, in: container) }
    var rest = blueprint.preparations.filter { !$0.isFirst }[...]
    while let first = rest.first {
      let group = first.explained(container.path).group
      let part = rest.prefix { $0.explained(container.path).group == group }
      try steps.stop(before: group)
      try Preparer.carryOut(Array(part), in: container)
      rest = rest.dropFirst(part.count)
    }
  }
}
