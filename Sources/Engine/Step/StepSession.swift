// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import Explain
import Linux

/// `run --step`: stops before each group of steps, says what comes next and what has changed, and asks whether to go on.
///
/// The engine's own steps stop here; those of the runtime stop in the runtime, which asks through a socket
/// (``StepChannel``). Both are the groups that `explain` prints.
final class StepSession {
  private let shell: StepShell
  private let say: (String) throws(EngineError) -> Void
  private let input: StepInput
  private let exposition: Exposition
  /// Steps that are done where the making stands now.
  private var done: Int
  /// Steps that no stop has shown yet come from here on.
  private var shown: Int
  private var stops = 0
  private let total: Int
  private var facts = StepFacts()
  private var pid: Int32?
  /// Whether the rest goes on without stops.
  private var runsOn = false

  /// - Parameters:
  ///   - exposition: of the container that is to be made.
  ///   - done: how many of its first steps are done already.
  ///   - say: takes what is said, without a line feed at its end where an answer is expected.
  init(
    _ exposition: Exposition, done: Int, _ shell: StepShell,
    say: @escaping (String) throws(EngineError) -> Void
  ) throws(EngineError) {
    self.shell = shell
    self.say = say
    self.exposition = exposition
    self.done = done
    shown = done
    let steps = exposition.explanation.steps.dropFirst(done)
    total = zip(steps, steps.dropFirst()).count { !$0.isInOneStop(with: $1) } + 1
    input = try StepInput()
    facts = try currentFacts()
  }

  /// A stop before steps of the engine's own.
  ///
  /// - Throws: ``EngineError`` when the person has had enough.
  func stop(before group: StepGroup) throws(EngineError) {
    if try goesOn(before: group, isRuntime: false, watched: nil) { return }
    throw EngineError("--step: ended before \"\(group.title)\", as asked")
  }

  /// A stop of the runtime's.
  ///
  /// - Parameters:
  ///   - pid: the container's process; nil while there is none.
  ///   - watched: readable when the runtime has ended.
  /// - Returns: false when the container is not wanted any more.
  func goesOn(before group: StepGroup, pid: Int32?, watched: FD) throws(EngineError) -> Bool {
    self.pid = pid
    return try goesOn(before: group, isRuntime: true, watched: watched)
  }

  private func goesOn(before group: StepGroup, isRuntime: Bool, watched: FD?) throws(EngineError) -> Bool {
    let next = take(group, isRuntime: isRuntime)
    stops += 1
    if !runsOn { try show(next, group) }
    while !runsOn {
      try say(Self.prompt)
      let event = try input.next(watched)
      guard case .line(let line) = event else {
        try say("\n")
        return event == .other
      }
      let (word, rest) = line.trimmed.cut(at: Byte.space)
      switch word {
      case "", "n": return true
      case "c": runsOn = true
      case "q": return false
      case "s": try lookAround((rest ?? "").trimmed)
      case "w": try say(next.text() + "\n")
      case "a": try say(try currentFacts().lines.map { "  \($0)\n" }.joined())
      default: try say(Self.help)
      }
    }
    return true
  }

  // MARK: What is shown

  /// The steps between this stop and the next one.
  private func take(_ group: StepGroup, isRuntime: Bool) -> Explanation {
    let steps = exposition.explanation.steps
    guard
      let first = steps.indices.dropFirst(shown).first(where: {
        steps[$0].group == group && (steps[$0].side != nil) == isRuntime
      })
    else { return Explanation() }
    let part = steps[first...].prefix { $0.isInOneStop(with: steps[first]) }
    done = first
    shown = part.endIndex
    return Explanation(steps: Array(part))
  }

  private func show(_ next: Explanation, _ group: StepGroup) throws(EngineError) {
    let title = "Stop \(stops) of \(total), before \"\(group.title)\""
    var text = "\n\(title)\n" + String(repeating: "=", count: title.utf8.count) + "\n"
    let now = try currentFacts()
    let changes = now.changes(since: facts)
    facts = now
    if stops > 1 {
      text += changes.isEmpty ? "\nNothing that the kernel shows has changed.\n" : "\nWhat has changed:\n"
      text += changes.map { "  \($0)\n" }.joined()
    }
    text += "\nWhat comes next:\n" + next.text(brief: true)
    if stops == 1 { text += "\n" + Self.help }
    try say(text + "\n")
  }

  private func currentFacts() throws(EngineError) -> StepFacts {
    do throws(SyscallError) {
      return try StepFacts(pid: pid, exposition.cgroupWrites)
    } catch {
      // A process that was ended meanwhile: the runtime is going to say so.
      if error.errno == .noEntry || error.errno == .noProcess { return facts }
      throw EngineError("--step: cannot look at the container: \(error)")
    }
  }

  private func lookAround(_ command: String) throws(EngineError) {
    let ahead = exposition.explanation.steps.dropFirst(done).filter { $0.side == .container }
    let hasRoot = pid != nil && !ahead.contains { $0.group == .fileSystem }
    let place = StepShell.Place(
      pid: pid, hasRoot: hasRoot, isFenced: hasRoot && !ahead.contains { $0.group == .system })
    try say(try shell.run(command, at: place, say))
    try input.forgetSignals()
  }

  private static let prompt = "[Enter, c, s, w, a, q, h] "

  private static let help = """
      Enter      take these steps and stop again
      c          take them and all others without a stop
      s          a shell in what exists so far; s COMMAND runs one command
      w          these steps with every word that `roost explain` has for them
      a          all that the kernel says, not only what has changed
      q          end it all; nothing is left

    """
}

extension ExplainedStep {
  /// Whether no stop is between the two when they follow each other: they belong to one group, and either the engine takes
  /// both or the runtime.
  fileprivate func isInOneStop(with other: ExplainedStep) -> Bool {
    group == other.group && (side == nil) == (other.side == nil)
  }
}
