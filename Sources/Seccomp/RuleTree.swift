// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The conditional rules about one system call, in the order in which the filter tries them.
///
/// A path from the root to a node with a verdict is a rule; rules that begin with the same conditions share
/// nodes.
struct RuleTree {
  private struct Node {
    let condition: Condition
    /// What holds if all conditions up to this one do; a node has either this or children.
    var verdict: UInt32?
    /// The place in the profile of a rule through this node.
    var source: Int
    var children: [Node] = []
  }

  private var root: [Node] = []

  /// What adding a rule has changed.
  enum Effect {
    case added
    /// Nothing: an earlier rule says the same.
    case redundant
    /// Nothing: an earlier rule decides these calls otherwise.
    case shadowed
  }

  init() {}

  /// Adds a rule where libseccomp would.
  ///
  /// - Throws: ``SeccompError/contradiction(first:second:)`` where libseccomp refuses the rule: another
  ///   action for the same conditions, or for fewer conditions than those of a rule before.
  mutating func add(_ rule: ConditionalRule) throws(SeccompError) -> Effect {
    try Self.add(rule, from: 0, to: &root)
  }

  private static func add(
    _ rule: ConditionalRule, from depth: Int, to level: inout [Node]
  ) throws(SeccompError) -> Effect {
    let condition = rule.conditions[depth]
    let isLast = depth == rule.conditions.count - 1
    let precedence = condition.precedence
    var position = 0
    // Conditions of the same precedence stay in the order of the profile.
    while position < level.count, level[position].condition.precedence <= precedence {
      if level[position].condition == condition {
        return isLast
          ? try end(rule, at: &level[position]) : try pass(rule, from: depth, through: &level[position])
      }
      position += 1
    }
    guard level.count < Kernel.BPF_MAXINSNS else { throw .programTooLong(instructions: level.count + 1) }
    var node = Node(condition: condition, verdict: isLast ? rule.verdict : nil, source: rule.source)
    if !isLast { _ = try add(rule, from: depth + 1, to: &node.children) }
    level.insert(node, at: position)
    return .added
  }

  private static func pass(
    _ rule: ConditionalRule, from depth: Int, through node: inout Node
  ) throws(SeccompError) -> Effect {
    guard let verdict = node.verdict else { return try add(rule, from: depth + 1, to: &node.children) }
    return verdict == rule.verdict ? .redundant : .shadowed
  }

  private static func end(_ rule: ConditionalRule, at node: inout Node) throws(SeccompError) -> Effect {
    if let verdict = node.verdict {
      guard verdict == rule.verdict else { throw .contradiction(first: node.source, second: rule.source) }
      return .redundant
    }
    if let other = contradicting(rule.verdict, in: node.children) {
      throw .contradiction(first: other, second: rule.source)
    }
    node.children = []
    node.verdict = rule.verdict
    node.source = rule.source
    return .added
  }

  /// The source of a rule below with another verdict.
  private static func contradicting(_ verdict: UInt32, in level: [Node]) -> Int? {
    for node in level {
      if let other = node.verdict, other != verdict { return node.source }
      if let other = contradicting(verdict, in: node.children) { return other }
    }
    return nil
  }

  /// The places in the profile of the rules with another verdict than this.
  func sources(otherThan verdict: UInt32) -> [Int] {
    var sources: [Int] = []
    Self.visit(root, []) { _, other, source in
      if other != verdict { sources.append(source) }
    }
    return sources
  }

  /// What the filter does about the call.
  ///
  /// - Parameters:
  ///   - otherwise: What holds if no rule matches.
  ///   - limit: The greatest argument of the convention.
  func decision(otherwise: UInt32, limit: UInt64) -> Decision {
    var rules: [RuleChain.Rule] = []
    var always: UInt32?
    Self.visit(root, []) { conditions, verdict, _ in
      // Nothing comes after a rule that always holds.
      guard always == nil, !conditions.contains(where: { $0.constant(limit: limit) == false }) else { return }
      let open = conditions.filter { $0.constant(limit: limit) == nil }
      if open.isEmpty {
        always = verdict
      } else {
        rules.append(RuleChain.Rule(conditions: open, verdict: verdict))
      }
    }
    let otherwise = always ?? otherwise
    while let last = rules.last, last.verdict == otherwise { rules.removeLast() }
    if rules.isEmpty { return .verdict(otherwise) }
    return .chain(RuleChain(has64BitArguments: limit == .max, rules: rules, otherwise: otherwise))
  }

  /// Calls `body` with every rule, in order.
  private static func visit(
    _ level: [Node], _ conditions: [Condition], _ body: ([Condition], UInt32, Int) -> Void
  ) {
    for node in level {
      if let verdict = node.verdict {
        body(conditions + [node.condition], verdict, node.source)
      } else {
        visit(node.children, conditions + [node.condition], body)
      }
    }
  }
}
