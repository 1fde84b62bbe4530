// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What is decided about all 2³² numbers of an architecture, as runs of numbers with the same decision.
struct NumberMap {
  struct Run: Equatable {
    /// The first number; the run ends where the next one starts.
    let start: UInt32
    /// An index of ``NumberMap/decisions``.
    let decision: Int
  }

  /// In ascending order; neighbours differ.
  private(set) var runs: [Run] = []

  /// All different.
  private(set) var decisions: [Decision] = []

  init() {
    runs.reserveCapacity(128)
  }

  /// Decides about `start` and all numbers above.
  ///
  /// - Parameter start: Not less than in the call before; if the same, that call is forgotten.
  mutating func set(from start: UInt32, to decision: Decision) {
    if let last = runs.last {
      if last.start == start { runs.removeLast() }
      if let before = runs.last, decisions[before.decision] == decision { return }
    }
    runs.append(Run(start: start, decision: identify(decision)))
  }

  private mutating func identify(_ decision: Decision) -> Int {
    if let known = decisions.firstIndex(of: decision) { return known }
    decisions.append(decision)
    return decisions.count - 1
  }
}

extension NumberMap {
  /// A leaf of the search: numbers with one decision, of which one may be an exception.
  private struct Leaf {
    let start: UInt32
    let decision: Int
    var exception: Run?
  }

  /// Assembles the search for the decision about a number, and what has been decided.
  ///
  /// The search is binary, over runs of numbers instead of single ones: most calls of a profile share their
  /// decision with their neighbours. A lone number inside a run is one comparison more instead of two runs
  /// more.
  ///
  /// - Returns: Where the search starts; the accumulator need not hold the number yet.
  func assemble(in assembler: inout BPFAssembler) -> BPFAssembler.Label {
    var targets: [BPFAssembler.Label] = []
    targets.reserveCapacity(decisions.count)
    for decision in decisions {
      switch decision {
      case .verdict(let value):
        targets.append(assembler.verdict(value))
      case .chain(let chain):
        targets.append(assembler.chain(chain))
      }
    }
    let leaves = self.leaves()
    let search = Self.search(leaves[...], targets, in: &assembler)
    return assembler.load(SeccompData.number, then: search)
  }

  private func leaves() -> [Leaf] {
    var leaves: [Leaf] = []
    leaves.reserveCapacity(runs.count)
    var index = 0
    while index < runs.count {
      var leaf = Leaf(start: runs[index].start, decision: runs[index].decision)
      if index + 2 < runs.count, runs[index + 2].decision == leaf.decision,
        runs[index + 2].start == runs[index + 1].start + 1
      {
        leaf.exception = runs[index + 1]
        index += 2
      }
      leaves.append(leaf)
      index += 1
    }
    return leaves
  }

  private static func search(
    _ leaves: ArraySlice<Leaf>, _ targets: [BPFAssembler.Label], in assembler: inout BPFAssembler
  ) -> BPFAssembler.Label {
    let middle = (leaves.startIndex + leaves.endIndex) / 2
    if leaves.count > 1 {
      // The upper half first: the assembler works backwards.
      let upper = search(leaves[middle...], targets, in: &assembler)
      let lower = search(leaves[..<middle], targets, in: &assembler)
      return assembler.branch(
        BPFCode.ifGreaterOrEqual, leaves[middle].start, ifTrue: upper, ifFalse: lower)
    }
    let leaf = leaves[middle]
    guard let exception = leaf.exception else { return targets[leaf.decision] }
    return assembler.branch(
      BPFCode.ifEqual, exception.start, ifTrue: targets[exception.decision],
      ifFalse: targets[leaf.decision])
  }
}
