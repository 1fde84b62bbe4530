// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// Runs the contenders of a scenario in turns: A B C, B C A, C A B, …
final class Runner {
  let options: Options
  let contenders: [Contender]
  let workshop: Workshop
  private(set) var problems: [String] = []
  private var sequence = 0

  init(options: Options, contenders: [Contender], workshop: Workshop) {
    self.options = options
    self.contenders = contenders
    self.workshop = workshop
  }

  func run(_ scenario: Scenario) -> [Timing] {
    var taking: [Trial] = []
    for contender in contenders {
      attempt(scenario.name, contender) { () throws(BenchError) in
        guard let trial = try scenario.trial(contender, workshop) else { return }
        try trial.setUp()
        taking.append(trial)
      }
    }
    guard taking.contains(where: { $0.contender.name != Contender.yardstick }) else {
      for trial in taking { attempt(scenario.name, trial.contender, trial.tearDown) }
      return []
    }
    let timings = scenario.modes.map { mode in run(scenario, mode, &taking) }
    for trial in taking { attempt(scenario.name, trial.contender, trial.tearDown) }
    return timings
  }

  /// One mode of a scenario. Who fails is out of it, and of the modes that follow.
  private func run(_ scenario: Scenario, _ mode: Mode, _ taking: inout [Trial]) -> Timing {
    let warmUps = 2
    var series: [String: Series] = [:]
    for round in 0..<(options.runs + warmUps) {
      for place in 0..<taking.count {
        let trial = taking[(place + round) % taking.count]
        if series[trial.contender.name] == nil && round > 0 { continue }
        let measured = measure(scenario, trial, mode)
        if let measured {
          series[trial.contender.name, default: Series()].nanoseconds += round < warmUps ? [] : [measured]
        } else {
          series[trial.contender.name] = nil
        }
      }
    }
    taking.removeAll { series[$0.contender.name] == nil }
    return Timing(
      scenario: scenario, mode: mode,
      rows: taking.compactMap { trial in series[trial.contender.name].map { (trial.contender.name, $0) } })
  }

  private func measure(_ scenario: Scenario, _ trial: Trial, _ mode: Mode) -> Int64? {
    var nanoseconds: Int64?
    attempt(scenario.name, trial.contender) { () throws(BenchError) in
      if scenario.repeatsBefore && mode == .backToBack { _ = try once(trial, idleMilliseconds: 0) }
      nanoseconds = try once(trial, idleMilliseconds: mode == .afterIdling ? options.idleMilliseconds : 0)
    }
    reapOrphans()
    return nanoseconds
  }

  private func once(_ trial: Trial, idleMilliseconds: Int) throws(BenchError) -> Int64 {
    sequence += 1
    let command = try trial.prepare(sequence)
    if idleMilliseconds > 0 { sleep(milliseconds: idleMilliseconds) }
    var spawner = workshop.spawner
    spawner.output = trial.output
    let sample = try spawner.run(command, environment: trial.environment)
    guard sample.status == 0 else { throw spawner.failure(of: command, sample) }
    let nanoseconds = try trial.moment.map { (moment) throws(BenchError) in try moment() - sample.begin }
    try trial.cleanUp()
    return nanoseconds ?? sample.nanoseconds
  }

  func measure(_ figure: Figure) -> FigureTable {
    var rows: [(String, Int64)] = []
    for contender in contenders {
      attempt(figure.name, contender) { () throws(BenchError) in
        if let value = try figure.measure(contender, workshop) { rows.append((contender.name, value)) }
      }
      reapOrphans()
    }
    return FigureTable(figure: figure, rows: rows)
  }

  private func attempt(
    _ what: String, _ contender: Contender, _ body: () throws(BenchError) -> Void
  ) {
    do throws(BenchError) {
      try body()
    } catch {
      problems.append("\(what): \(contender.name): \(error)")
    }
  }

  /// The bench is PID 1 here, and what containers and runtimes leave falls to it.
  private func reapOrphans() {
    do throws(SyscallError) {
      while try waitAnyChild() != nil {}
    } catch {
      problems.append("reaping: \(error.errno)")
    }
  }
}
