// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Amounts with units, as runc's callers write them.
enum Quantity {
  /// Bytes: `67108864`, `64m`, `64MiB`, `1.5g`; -1 for no limit. Units are powers of 1024.
  static func bytes(_ text: String) -> Int64? {
    if text == "-1" { return -1 }
    var word = text.lowercased()[...]
    if word.hasSuffix("ib") { word = word.dropLast(2) } else if word.hasSuffix("b") { word = word.dropLast() }
    var shift = 0
    if let last = word.last, let index = Array("kmgtp").firstIndex(of: last) {
      shift = 10 * (index + 1)
      word = word.dropLast()
    }
    guard let value = decimal(word), value >= 0 else { return nil }
    return scaled(value, by: Double(1 << shift))
  }

  /// Milliseconds: `5s`, `100ms`, `1m30s`, `1.5h`, as Go's `time.ParseDuration` reads them. At least 1.
  static func milliseconds(_ text: String) -> Int64? {
    let units: [(String, Double)] = [
      ("ns", 1e-6), ("us", 1e-3), ("µs", 1e-3), ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000),
    ]
    var rest = text[...]
    var total = 0.0
    while !rest.isEmpty {
      let number = rest.prefix { $0.isNumber || $0 == "." }
      rest = rest.dropFirst(number.count)
      let name = rest.prefix { !$0.isNumber && $0 != "." }
      rest = rest.dropFirst(name.count)
      guard let value = decimal(number), let unit = units.first(where: { $0.0 == name })?.1 else {
        return nil
      }
      total += value * unit
    }
    guard total > 0 else { return nil }
    return scaled(max(total, 1), by: 1)
  }

  /// Digits with at most one point; `Double` alone would take signs, exponents and `inf`, too.
  private static func decimal(_ text: Substring) -> Double? {
    guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2E }) else { return nil }
    return Double(text)
  }

  private static func scaled(_ value: Double, by factor: Double) -> Int64? {
    let product = value * factor
    return product < 9.2e18 ? Int64(product) : nil
  }
}
