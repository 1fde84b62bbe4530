// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import Linux

/// Where the steps of a launch are told when they are done, with their times: for `--trace` and `--debug`.
public final class Trace {
  private let write: (String) -> Void
  /// Whether it is a log, which gets only what happens before the process waits or is held to its filter: the one would
  /// keep the log open for days, the other could refuse to write or end the process for it.
  private let isLog: Bool
  private var last: Int64

  private init(isLog: Bool, _ write: @escaping (String) -> Void) {
    self.isLog = isLog
    self.write = write
    last = monotonicNanoseconds()
  }

  /// Lines on standard error.
  public static func onStandardError() -> Trace {
    Trace(isLog: false) { line in
      // bestEffort: a trace that nobody reads must not stop a container
      try? writeAll(.standardError, Array((line + "\n").utf8))
    }
  }

  /// Entries of a log.
  ///
  /// - Parameter write: gets one line at a time, also in processes that have another root directory.
  public static func inLog(_ write: @escaping (String) -> Void) -> Trace { Trace(isLog: true, write) }

  /// Whether nothing may be written from this step on.
  func ends(before action: Step) -> Bool {
    switch action {
    case .waitForStart, .loadSeccomp: isLog
    default: false
    }
  }

  /// Time that passes until here counts for no step.
  func restart() { last = monotonicNanoseconds() }

  /// Writes one line: the side, the microseconds since the last step of this side ended, the step, and in a log the words
  /// by which runc's knows the moment.
  func mark(_ step: PlannedStep, joins: Bool) {
    let moment = isLog ? Trace.moment(step.action, joins) : nil
    mark(step.side, "\(step.action)", moment)
  }

  /// The same for what is no step of a plan.
  func mark(_ side: Side, _ step: String, _ moment: String? = nil) {
    let microseconds = (monotonicNanoseconds() - last) / 1000
    let name = step.utf8.count > 100 ? String(step.prefix(97)) + "..." : step
    write("\(side.rawValue) \(microseconds) us \(name)\(moment.map { " (\($0))" } ?? "")")
    restart()
  }

  /// What people and scripts who know runc's log look for in it.
  private static func moment(_ action: Step, _ joins: Bool) -> String? {
    switch action {
    case .cloneStage, .cloneProcess: "nsexec container setup"
    case .dieWithRuntime: "child process in init()"
    case .setCPUAffinity(let mask): "nsexec: affinity: 0x\(hexadecimal(mask))"
    case .lookUpProgram:
      joins ? "setns_init: about to exec" : "init: closing the pipe to signal completion"
    default: nil
    }
  }

  /// A number of several words, the lowest first.
  private static func hexadecimal(_ words: [UInt64]) -> String {
    var digits = ""
    for word in words.reversed() {
      let text = String(word, radix: 16)
      if digits.isEmpty {
        digits = word == 0 ? "" : text
      } else {
        digits += String(repeating: "0", count: 16 - text.utf8.count) + text
      }
    }
    return digits.isEmpty ? "0" : digits
  }
}
