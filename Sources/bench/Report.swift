// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The times of one scenario in one mode.
struct Timing {
  let scenario: Scenario
  let mode: Mode
  let rows: [(contender: String, series: Series)]

  private var yardstick: Series? { rows.first { $0.contender == Contender.yardstick }?.series }

  /// Median divided by the yardstick's median.
  func ratio(_ series: Series) -> Double? { yardstick.map { series.median / $0.median } }

  func paired(_ series: Series) -> Double? { yardstick.flatMap { series.pairedRatio(to: $0) } }

  /// Nil when no target applies or there is nobody to compare with.
  func verdict(_ contender: String, _ series: Series) -> (limit: Double, met: Bool)? {
    guard contender == scenario.subject else { return nil }
    if let limit = scenario.limitMilliseconds { return (limit, series.median <= limit) }
    guard let limit = scenario.limits[mode], let ratio = ratio(series) else { return nil }
    return (limit, ratio <= limit)
  }

  /// How far the slow starts are from the usual one; nil when that has no target.
  var spread: (value: Double, limit: Double, met: Bool)? {
    guard mode == .afterIdling, let limit = scenario.spreadLimit,
      let series = rows.first(where: { $0.contender == scenario.subject })?.series
    else { return nil }
    let value = series.ninetieth / series.median
    return (value, limit, value <= limit)
  }

  var isMissed: Bool {
    spread?.met == false || rows.contains { verdict($0.contender, $0.series)?.met == false }
  }

  func text(idleMilliseconds: Int) -> String {
    let pause = mode == .afterIdling ? " \(idleMilliseconds) ms of" : ""
    let unit = scenario.limitMilliseconds == nil ? "" : " ms"
    let how = mode == .afterIdling ? "after\(pause) idling" : mode.rawValue
    var lines = ["", "\(scenario.name): \(scenario.summary), \(how)"]
    lines.append(
      padded("  contender", to: 18)
        + ["median ms", "min", "p90", "x \(Contender.yardstick)", "paired"]
        .map { padded($0, to: 11, right: true) }.joined() + "  target")
    for (contender, series) in rows {
      let numbers = [
        fixed(series.median), fixed(series.minimum), fixed(series.ninetieth), fixed(ratio(series) ?? .nan),
        fixed(paired(series) ?? .nan),
      ]
      let target =
        verdict(contender, series).map { "  ≤ \(fixed($0.limit))\(unit) \($0.met ? "met" : "MISSED")" } ?? ""
      lines.append(
        padded("  \(contender)", to: 18) + numbers.map { padded($0, to: 11, right: true) }.joined() + target)
    }
    if let spread {
      lines.append(
        "  p90 / median of \(scenario.subject): \(fixed(spread.value))  ≤ \(fixed(spread.limit)) "
          + (spread.met ? "met: no start waits for RCU" : "MISSED"))
    }
    return lines.joined(separator: "\n")
  }

  var json: String {
    let entries = rows.map { contender, series in
      let verdict = verdict(contender, series)
      return """
        {"contender": \(quoted(contender)), "medianMilliseconds": \(number(series.median)), \
        "minimumMilliseconds": \(number(series.minimum)), "p90Milliseconds": \(number(series.ninetieth)), \
        "ratioOfMedians": \(number(ratio(series))), "pairedRatio": \(number(paired(series))), \
        "target": \(number(verdict?.limit)), "met": \(verdict.map { "\($0.met)" } ?? "null"), \
        "nanoseconds": [\(series.nanoseconds.map(String.init).joined(separator: ", "))]}
        """
    }
    return """
      {"scenario": \(quoted(scenario.name)), "mode": \(quoted(mode.rawValue)), \
      "spread": \(number(spread?.value)), "contenders": [\(entries.joined(separator: ",\n  "))]}
      """
  }
}

/// The values of one figure.
struct FigureTable {
  let figure: Figure
  let rows: [(contender: String, value: Int64)]

  func met(_ contender: String, _ value: Int64) -> Bool? {
    contender == Contender.ours ? value <= figure.limit : nil
  }

  var isMissed: Bool { rows.contains { met($0.contender, $0.value) == false } }

  var text: String {
    var lines = ["", "\(figure.name): \(figure.summary)"]
    for (contender, value) in rows {
      let target = met(contender, value).map { "  ≤ \(figure.limit) \($0 ? "met" : "MISSED")" } ?? ""
      lines.append(
        padded("  \(contender)", to: 18) + padded("\(value) \(figure.unit)", to: 14, right: true) + target)
    }
    return lines.joined(separator: "\n")
  }

  var json: String {
    let entries = rows.map { contender, value in
      let met = met(contender, value)
      return """
        {"contender": \(quoted(contender)), "value": \(value), \
        "target": \(met == nil ? "null" : "\(figure.limit)"), "met": \(met.map { "\($0)" } ?? "null")}
        """
    }
    return """
      {"figure": \(quoted(figure.name)), "unit": \(quoted(figure.unit)), \
      "contenders": [\(entries.joined(separator: ",\n  "))]}
      """
  }
}

private func number(_ value: Double?) -> String {
  guard let value, value.isFinite else { return "null" }
  return fixed(value, decimals: 4)
}

private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case _ where scalar.value < 0x20:
      result += "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
