// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import Linux
internal import OCI

/// Executes the steps of the process between runtime and container: it enters existing namespaces that the runtime
/// must stay out of, makes the container's process as its own sibling, and ends.
struct StageSide {
  private let launch: Launch
  private let channel: Channel

  init(_ launch: Launch, _ channel: Channel) {
    self.launch = launch
    self.channel = channel
  }

  func run(after index: Int) -> Never {
    launch.directory.abandon()
    do throws(StepFailure) {
      let steps = launch.plan.steps
      for position in steps.indices[(index + 1)...] where steps[position].side == .stage {
        let step = steps[position]
        if case .cloneProcess(let flags, let intoCgroup) = step.action {
          let result = try launch.clone(flags.union(.parent), intoCgroup: intoCgroup)
          switch consume result {
          case .child: break
          case .parent(let pid, _):
            let number = UInt32(bitPattern: pid)
            try channel.send(.processMade, (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
            exitProcess(0)
          }
          ContainerSide(launch, channel, comesFromStage: true).run(after: position)
        }
        try join(step)
      }
      throw StepFailure("the stage has no process to make")
    } catch {
      channel.report(error)
      exitProcess(1)
    }
  }

  private func join(_ step: PlannedStep) throws(StepFailure) {
    switch step.action {
    case .setOOMScoreAdjust(let value):
      try ContainerRuntime.step("oom_score_adj\(step.origin.suffix)") { () throws(SyscallError) in
        try setOOMScoreAdjust(value)
      }
    case .joinNamespace(let type):
      guard let namespace = launch.namespaces[type] else { return }
      try ContainerRuntime.step("joining the \(type.rawValue) namespace\(step.origin.suffix)") {
        () throws(SyscallError) in
        try setns(namespace.fd, type.flag)
      }
    case .joinContainer(let flags):
      guard let target = launch.target else { return }
      try ContainerRuntime.step("joining the container's namespaces") { () throws(SyscallError) in
        try setns(target.fd, flags)
      }
    default: throw StepFailure("the step \(step.action) does not belong to the stage")
    }
  }
}
