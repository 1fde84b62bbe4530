// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Cgroups
internal import JSON

/// A container as data: every step that makes it, in order.
///
/// `compile` makes a plan from a configuration and facts about the host, and touches nothing. The runtime executes it,
/// `explain` prints it, `--trace` times its steps, and tests compare it with golden files.
public struct Plan: Equatable, Sendable {
  /// All steps of all sides. Each side executes its own, in this order; where one must wait for the other, both have
  /// an explicit `notify` and `await` step.
  public var steps: [PlannedStep]
  /// The cgroups that the container lives in; nil for a process that joins an existing container.
  public var cgroups: CgroupPlan?
  /// What gives the runtime's own file systems the container's SELinux label; nil without one.
  public var mountContext: PlannedMount.Parameter?

  public init(steps: [PlannedStep] = [], cgroups: CgroupPlan? = nil) {
    self.steps = steps
    self.cgroups = cgroups
  }
}

/// A step, who takes it, and what in the configuration asked for it.
public struct PlannedStep: Equatable, Sendable {
  public var side: Side
  public var action: Step
  public var origin: Origin

  public init(_ side: Side, _ action: Step, _ origin: Origin = .runtime) {
    self.side = side
    self.action = action
    self.origin = origin
  }
}

/// Which process takes a step.
public enum Side: String, Hashable, Sendable {
  /// The runtime, in the namespaces of its caller.
  case runtime
  /// A short-lived process between the two. It enters existing namespaces that the runtime must not enter itself, and
  /// makes the container's process as its sibling.
  case stage
  /// The process that becomes the container's program.
  case container
}

/// What asked for a step: a JSON pointer into the configuration, or the runtime itself.
public struct Origin: Equatable, Hashable, Sendable {
  private let field: StaticString
  private let index: Int32
  private let subfield: StaticString

  /// - Parameters:
  ///   - field: a JSON pointer such as `/linux/namespaces`.
  ///   - index: an element of the array that `field` is.
  ///   - subfield: a pointer inside that element, such as `/source`.
  public init(_ field: StaticString, _ index: Int? = nil, _ subfield: StaticString = "") {
    self.field = field
    self.index = index.map { Int32(truncatingIfNeeded: $0) } ?? -1
    self.subfield = subfield
  }

  /// Nothing in the configuration: every container gets this.
  public static let runtime = Origin("")

  /// The JSON pointer; empty for `runtime`.
  public var pointer: String {
    index < 0 ? "\(field)" : "\(field)/\(index)\(subfield)"
  }

  public static func == (a: Origin, b: Origin) -> Bool { a.pointer == b.pointer }

  public func hash(into hasher: inout Hasher) { hasher.combine(pointer) }
}

/// A configuration that cannot become a plan.
public struct PlanError: Error, Equatable, Sendable {
  /// The JSON pointer of the value at fault.
  public var pointer: String
  /// What is wrong and, where one is known, the remedy.
  public var problem: String

  public init(_ pointer: String, _ problem: String) {
    self.pointer = pointer
    self.problem = problem
  }

  public init(_ origin: Origin, _ problem: String) { self.init(origin.pointer, problem) }
}

extension PlanError: CustomStringConvertible {
  public var description: String {
    JSONWriter.printable(pointer.isEmpty ? problem : "\(pointer): \(problem)")
  }
}
