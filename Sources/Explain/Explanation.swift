// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import ContainerPlan

/// A plan in words: what every step does, why it stands where it stands, and how a person would do it by hand.
public struct Explanation: Equatable, Sendable {
  /// In the order in which they are taken.
  public var steps: [ExplainedStep]

  public init(steps: [ExplainedStep] = []) { self.steps = steps }

  /// The same with steps of the caller's own before the first, all numbered anew.
  public func preceded(by earlier: [ExplainedStep]) -> Explanation {
    var result = Explanation(steps: earlier + steps)
    for index in result.steps.indices { result.steps[index].number = index + 1 }
    return result
  }
}

/// A step in words.
public struct ExplainedStep: Equatable, Sendable {
  /// From 1.
  public var number: Int
  public var group: StepGroup
  /// Which process of the runtime takes the step; nil for the program that calls the runtime.
  public var side: Side?
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

  /// A step of the runtime's caller.
  ///
  /// - Parameters:
  ///   - title: one sentence without a full stop.
  ///   - why: sentences.
  ///   - requestedBy: the flag that asked for it; nil for none.
  public init(
    _ group: StepGroup, _ title: String, why: String, requestedBy: String? = nil, calls: [String] = [],
    manual: [String] = [], shell: [String] = []
  ) {
    self.init(
      number: 0, group: group, side: nil, title: title, why: why, origin: "", requestedBy: requestedBy,
      details: [],
      calls: calls, manual: manual, shell: shell)
  }

  init(
    number: Int, group: StepGroup, side: Side?, title: String, why: String, origin: String,
    requestedBy: String?,
    details: [Detail], calls: [String], manual: [String], shell: [String]
  ) {
    self.number = number
    self.group = group
    self.side = side
    self.title = title
    self.why = why
    self.origin = origin
    self.requestedBy = requestedBy
    self.details = details
    self.calls = calls
    self.manual = manual
    self.shell = shell
  }

  /// One of the values that a step sets.
  public struct Detail: Equatable, Sendable {
    public var text: String
    /// The JSON pointer of the field that asked for it; empty for a default.
    public var origin: String
    /// The caller's own name for ``origin``.
    public var requestedBy: String?
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
          number: index + 1, group: group(at: index), side: step.side, title: draft.title,
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
