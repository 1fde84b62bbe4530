// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The samples of one contender, in the order in which they were taken.
struct Series {
  var nanoseconds: [Int64] = []

  var median: Double { quantile(0.5) }
  var minimum: Double { quantile(0) }
  var ninetieth: Double { quantile(0.9) }

  /// In milliseconds, interpolated between neighbours.
  private func quantile(_ fraction: Double) -> Double {
    Series.quantile(of: nanoseconds.map { Double($0) / 1e6 }, fraction)
  }

  /// The median of the ratios within each round: what slows the machine for a while slows both alike.
  func pairedRatio(to other: Series) -> Double? {
    let ratios = zip(nanoseconds, other.nanoseconds).map { Double($0) / Double($1) }
    return ratios.isEmpty ? nil : Series.quantile(of: ratios, 0.5)
  }

  private static func quantile(of values: [Double], _ fraction: Double) -> Double {
    guard !values.isEmpty else { return .nan }
    let sorted = values.sorted()
    let position = Double(sorted.count - 1) * fraction
    let below = Int(position.rounded(.down))
    let above = Swift.min(below + 1, sorted.count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (position - Double(below))
  }
}

/// A number with a fixed count of decimals, rounded half up.
func fixed(_ value: Double, decimals: Int = 2) -> String {
  guard value.isFinite, value.magnitude < 1e12 else { return "–" }
  var scale = 1
  for _ in 0..<decimals { scale *= 10 }
  let scaled = Int((value.magnitude * Double(scale)).rounded(.toNearestOrAwayFromZero))
  let digits = String(scaled % scale)
  let padding = String(repeating: "0", count: decimals - digits.utf8.count)
  let sign = value < 0 && scaled != 0 ? "-" : ""
  return decimals == 0 ? "\(sign)\(scaled)" : "\(sign)\(scaled / scale).\(padding)\(digits)"
}

/// Pads with spaces; the width counts characters.
func padded(_ text: String, to width: Int, right: Bool = false) -> String {
  let space = String(repeating: " ", count: Swift.max(0, width - text.count))
  return right ? space + text : text + space
}
