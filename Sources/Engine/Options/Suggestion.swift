// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What somebody may have meant.
public enum Suggestion {
  /// The candidate that takes the fewest changes to become the word; nil when none is near. Inserting, deleting or
  /// replacing a letter and swapping two neighbours are one change each; a third of the letters may be wrong.
  public static func nearest(to word: String, among candidates: [String]) -> String? {
    let letters = Array(word.lowercased().unicodeScalars)
    guard letters.count > 1, letters.count <= 64 else { return nil }
    var best: (text: String, distance: Int)?
    for candidate in candidates where candidate.utf8.count <= 128 {
      let distance = distance(letters, Array(candidate.lowercased().unicodeScalars))
      if distance < best?.distance ?? Int.max { best = (candidate, distance) }
    }
    guard let best, best.distance <= max(1, letters.count / 3) else { return nil }
    return best.text
  }

  /// `; did you mean --memory?`, or nothing.
  public static func clause(for word: String, among candidates: [String]) -> String {
    nearest(to: word, among: candidates).map { "; did you mean \($0)?" } ?? ""
  }

  /// Damerau's distance with adjacent swaps.
  private static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 1..<(a.count + 1) {
      var row = [i]
      for j in 1..<(b.count + 1) {
        let replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        var value = min(replaced, last[j] + 1, row[j - 1] + 1)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          value = min(value, beforeLast[j - 2] + 1)
        }
        row.append(value)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
