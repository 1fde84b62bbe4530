// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// Compares runtimes with each other: interleaved runs, back to back and after idling, as ratios.
//
// The measuring happens in a child with mount, PID and network namespaces of its own, so that whatever a contender
// leaves ends with it. The parent waits, and then removes the cgroups of this run, which the machine shares.

import Glibc
import Linux

/// All that is measured; the exit status of the bench.
func measure(
  _ options: Options, contenders: [Contender], word: String, directory: String
) throws(BenchError) -> Int32 {
  let seccomp: String? =
    if let path = options.seccomp {
      try attempting(path) { () throws(SyscallError) in try readText(.workingDirectory, path) }
    } else {
      nil
    }
  // The contenders inherit it: what else the machine does then disturbs them less, and all alike.
  if setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, -20) != 0 {
    try say("note: measuring at ordinary priority")
  }
  let workshop = try Workshop(word: word, programs: Contender.absolute(options.bin, directory))
  if contenders.contains(where: { $0.name == Contender.yardstick }) { try workshop.hideControllersFromV2() }
  let runner = Runner(options: options, contenders: contenders, workshop: workshop)
  var documents: [String] = []
  var missed = 0
  for scenario in Scenario.all(options, seccomp: seccomp) where options.selects(scenario.name) {
    for timing in runner.run(scenario) {
      try say(timing.text(idleMilliseconds: options.idleMilliseconds))
      documents.append(timing.json)
      missed += timing.isMissed ? 1 : 0
    }
  }
  for figure in Figure.all where options.selects(figure.name) {
    let table = runner.measure(figure)
    try say(table.text)
    documents.append(table.json)
    missed += table.isMissed ? 1 : 0
  }
  if let path = options.json {
    try attempting(path) { () throws(SyscallError) in
      let file = try openat(.workingDirectory, path, [.writeOnly, .create, .truncate], mode: 0o644)
      try writeAll(file.fd, Array("[\(documents.joined(separator: ",\n"))]\n".utf8))
    }
  }
  for problem in runner.problems { try say("\nproblem: \(problem)") }
  try say("\n\(missed == 0 ? "No target missed." : "\(missed) targets missed.")")
  return !runner.problems.isEmpty || (options.strict && missed > 0) ? 1 : 0
}

/// Waits for the measuring child. An interrupt ends the child, and with it everything in its PID namespace.
func supervise(_ pidfd: FD, _ signals: FD) throws(SyscallError) -> Int32 {
  var entries = [PollEntry(pidfd), PollEntry(signals)]
  while true {
    try poll(&entries)
    if entries[0].isReadable { return try waitid(pidfd)?.shellStatus ?? 1 }
    if try readSignal(signals) != nil { try pidfdSendSignal(pidfd, SIGKILL) }
  }
}

/// Prints a line at once.
func say(_ line: String) throws(BenchError) {
  try attempting("standard output") { () throws(SyscallError) in
    try writeAll(.standardOutput, Array((line + "\n").utf8))
  }
}

func bench() throws(BenchError) -> Int32 {
  let options = try Options(Array(CommandLine.arguments.dropFirst()))
  if options.help {
    try say(Options.usage)
    return 0
  }
  if options.listing {
    for scenario in Scenario.all(options, seccomp: options.seccomp) {
      try say("\(scenario.name): \(scenario.summary)")
    }
    for figure in Figure.all { try say("\(figure.name): \(figure.summary)") }
    return 0
  }
  guard effectiveUserID() == 0 else {
    throw BenchError("needs root: it makes namespaces, mounts and cgroups")
  }
  let directory = try attempting("working directory") { () throws(SyscallError) in try getcwd() }
  let (contenders, missing) = Contender.find(options, directory: directory)
  for line in missing { try say(line) }
  guard contenders.contains(where: { $0.kind == .runtime }) else {
    throw BenchError("there is no runtime to measure")
  }

  let word = "bench\(Linux.getpid())"
  let status = try attempting("private namespaces") { () throws(SyscallError) -> Int32 in
    let before = try setSignalMask([SignalSet(SIGINT), SignalSet(SIGTERM), SignalSet(SIGHUP)])
    let signals = try signalfd([SignalSet(SIGINT), SignalSet(SIGTERM), SignalSet(SIGHUP)])
    let clone = try clone3([.newMount, .newPID, .newNetwork])
    switch consume clone {
    case .child:
      do throws(BenchError) {
        _ = try attempting("signal mask") { () throws(SyscallError) in try setSignalMask(before) }
        exitProcess(try measure(options, contenders: contenders, word: word, directory: directory))
      } catch {
        writeError("bench: \(error)")
        exitProcess(1)
      }
    case .parent(_, let pidfd): return try supervise(pidfd.fd, signals.fd)
    }
  }
  removeCgroups(beginningWith: word)
  return status
}

do throws(BenchError) {
  exit(try bench())
} catch {
  writeError("bench: \(error)")
  exit(1)
}
