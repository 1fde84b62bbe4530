// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Explain
import OCI
import Testing

@testable import ContainerPlan

/// Stops between the groups of a plan's steps, on all recorded configurations.
@Suite("Stops between groups")
struct PauseTests {
  private func paused(_ name: String) throws -> (plain: Plan, paused: Plan) {
    let plain = try GoldenCases.make(name)
    var paused = plain
    paused.pauseBetweenGroups()
    return (plain, paused)
  }

  private func isStop(_ action: Step) -> Bool {
    switch action {
    case .pause, .notify(.stopped), .await(.stopped), .notify(.resumed), .await(.resumed): true
    default: false
    }
  }

  @Test("nothing else changes", arguments: GoldenCases.all.keys.sorted())
  func rest(name: String) throws {
    let (plain, paused) = try paused(name)
    #expect(paused.steps.filter { !isStop($0.action) } == plain.steps)
    #expect(!plain.steps.contains { isStop($0.action) })
  }

  @Test("there is a stop before each group, and nowhere else", arguments: GoldenCases.all.keys.sorted())
  func places(name: String) throws {
    let (plain, paused) = try paused(name)
    var expected: [StepGroup] = []
    for step in plain.explanation().steps where step.group != expected.last { expected.append(step.group) }
    let stops = paused.steps.compactMap { step -> StepGroup? in
      if case .pause(let group) = step.action { group } else { nil }
    }
    #expect(stops == expected)
    #expect(Set(paused.explanation().steps.map(\.group)) == Set(expected))
  }

  @Test("as soon as there is a process, it waits at every stop", arguments: GoldenCases.all.keys.sorted())
  func meetings(name: String) throws {
    let steps = try paused(name).paused.steps
    let birth = try #require(
      steps.firstIndex { if case .cloneProcess = $0.action { true } else { false } })
    for index in steps.indices {
      guard case .pause = steps[index].action else { continue }
      #expect(steps[index].side == .runtime)
      if index < birth { continue }
      #expect(
        steps[(index - 2)...(index + 2)].map(\.action) == [
          .notify(.stopped), .await(.stopped), steps[index].action, .notify(.resumed), .await(.resumed),
        ])
      #expect(
        steps[(index - 2)...(index + 2)].map(\.side) == [
          .container, .runtime, .runtime, .runtime, .container,
        ])
    }
  }

  @Test("no process is between the two when they meet", arguments: GoldenCases.all.keys.sorted())
  func stage(name: String) throws {
    let steps = try paused(name).paused.steps
    guard let stage = steps.firstIndex(where: { $0.action == .cloneStage }) else { return }
    let made = try #require(steps.firstIndex { $0.action == .await(.processMade) })
    #expect(!steps[stage...made].contains { isStop($0.action) })
  }
}
