// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Cgroups
internal import ContainerRuntime

extension Command {
  static let events = Command(
    name: "events", usage: "[options] ID",
    summary: "print what a container uses, and when it runs out of memory, as lines of JSON",
    options: [
      .value("interval", nil, "time between two lines, such as 100ms or 1m (default 5s)"),
      .flag("stats", nil, "print what it uses now, and end"),
    ]
  ) { (context) throws(CommandFailure) in
    try context.expect(positional: 1...1)
    let id = try context.containerID()
    let word = context.arguments.value("interval") ?? "5s"
    guard let interval = Quantity.milliseconds(word) else {
      throw CommandFailure(
        "--interval: expected a time greater than 0 such as 5s or 100ms, found \"\(word)\"")
    }
    let containers = try context.containers()
    if try context.arguments.flag("stats") {
      let now = try attempt { () throws(RuntimeError) in try containers.statistics(id) }
      return Output.print(now.event(id: id))
    }
    try attempt { () throws(RuntimeError) in
      try containers.watch(id, intervalMilliseconds: interval) { (event) throws(RuntimeError) in
        let line =
          switch event {
          case .statistics(let statistics): statistics.event(id: id)
          case .outOfMemory: CgroupStatistics.outOfMemoryEvent(id: id)
          }
        guard Output.print(line) == 0 else { throw RuntimeError("standard output is closed") }
      }
    }
    return 0
  }
}
