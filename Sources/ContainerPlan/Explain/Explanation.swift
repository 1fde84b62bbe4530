// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A plan in words: what every step does, why it stands where it stands, and how a person would do it by hand.
public struct Explanation: Equatable, Sendable {
  /// In the order of the plan.
  public var steps: [ExplainedStep]
}

/// A step in words.
public struct ExplainedStep: Equatable, Sendable {
  /// From 1.
  public var number: Int
  public var group: StepGroup
  /// Who takes the step.
  public var side: Side
  /// What it does, in one sentence without a full stop.
  public var title: String
  /// Why it is done, and why here and not earlier or later.
  public var why: String
  /// The JSON pointer of the field that asked for it; empty where every container has the step.
  public var origin: String
  /// The caller's own name for ``origin``, such as a flag; nil where it has none.
  public var requestedBy: String?
  /// The single values that the step sets, each with what asked for it.
  public var details: [Detail]
  /// The system calls, with their arguments.
  public var calls: [String]
  /// Manual pages, such as `mount_setattr(2)`.
  public var manual: [String]
  /// What does the same, or what comes closest, in a shell.
  public var shell: [String]

  /// One of the values that a step sets.
  public struct Detail: Equatable, Sendable {
    public var text: String
    /// The JSON pointer of the field that asked for it; empty for a default.
    public var origin: String
    /// The caller's own name for ``origin``.
    public var requestedBy: String?
  }
}

/// The parts of a container's making, in their order.
public enum StepGroup: String, CaseIterable, Sendable {
  case beforeProcess, namespaces, fileSystem, system, identity, lastFence, start

  /// A heading.
  public var title: String {
    switch self {
    case .beforeProcess: "Before the process"
    case .namespaces: "The process and its namespaces"
    case .fileSystem: "The file system"
    case .system: "The system that the program sees"
    case .identity: "Who the program is"
    case .lastFence: "The last fence"
    case .start: "The start"
    }
  }
}

extension Plan {
  /// The plan in words.
  ///
  /// - Parameter naming: names a JSON pointer of the configuration in the caller's terms, such as the flag that the
  ///   value came from; nil where the pointer itself is the best name.
  public func explanation(naming: (_ pointer: String) -> String? = { _ in nil }) -> Explanation {
    let explainer = Explainer(self)
    var explained: [ExplainedStep] = []
    explained.reserveCapacity(steps.count)
    for (index, step) in steps.enumerated() {
      let draft = explainer.explain(step, at: index)
      let pointer = step.origin.pointer
      explained.append(
        ExplainedStep(
          number: index + 1, group: explainer.group(of: step, at: index), side: step.side, title: draft.title,
          why: draft.why, origin: pointer, requestedBy: pointer.isEmpty ? nil : naming(pointer),
          details: draft.details.map {
            .init(text: $0.text, origin: $0.origin, requestedBy: $0.origin.isEmpty ? nil : naming($0.origin))
          },
          calls: draft.calls, manual: draft.manual, shell: draft.shell))
    }
    return Explanation(steps: explained)
  }
}

/// What a function that explains one kind of step returns.
struct Draft {
  typealias Detail = (text: String, origin: String)

  var title: String
  var why: String
  var calls: [String]
  var manual: [String]
  var shell: [String]
  var details: [Detail]

  init(
    _ title: String, why: String, calls: [String] = [], manual: [String] = [], shell: [String] = [],
    details: [Detail] = []
  ) {
    self.title = title
    self.why = why
    self.calls = calls
    self.manual = manual
    self.shell = shell
    self.details = details
  }
}
