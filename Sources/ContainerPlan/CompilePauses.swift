// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

extension Plan {
  /// Adds a stop before each group of steps, for a person who watches the container being made.
  ///
  /// As soon as there is a process, it and the runtime meet at the stop: all steps before it are done then, on all sides,
  /// and none behind it has begun.
  mutating func pauseBetweenGroups() {
    var paused: [PlannedStep] = []
    paused.reserveCapacity(steps.count + 60)
    var group: StepGroup?
    var hasProcess = false
    for (index, step) in steps.enumerated() {
      let next = self.group(at: index)
      if next != group { paused += Plan.stop(before: next, hasProcess: hasProcess) }
      group = next
      if case .cloneProcess = step.action { hasProcess = true }
      paused.append(step)
    }
    steps = paused
  }

  private static func stop(before group: StepGroup, hasProcess: Bool) -> [PlannedStep] {
    let pause = PlannedStep(.runtime, .pause(before: group))
    if !hasProcess { return [pause] }
    return [
      PlannedStep(.container, .notify(.stopped)), PlannedStep(.runtime, .await(.stopped)), pause,
      PlannedStep(.runtime, .notify(.resumed)), PlannedStep(.container, .await(.resumed)),
    ]
  }
}
