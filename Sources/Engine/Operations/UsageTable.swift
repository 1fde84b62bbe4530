// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What `stats` shows: the present, and how it came to that.
public struct UsageTable: Sendable {
  /// One container over time.
  struct Line: Sendable {
    var id: String
    var name: String
    var last: Usage?
    /// Per cent of one processor, the newest at the end; as many as a sparkline shows.
    var cpu: [Double] = []
    /// Per cent of the limit.
    var memory: [Double] = []
  }

  private(set) var lines: [Line] = []

  public init() {}

  /// The table's columns; those of the sparklines are added for terminals.
  public static let columns: [(field: String, heading: String)] = [
    ("ID", "CONTAINER ID"), ("Name", "NAME"), ("CPUPerc", "CPU %"), ("MemUsage", "MEM USAGE / LIMIT"),
    ("MemPerc", "MEM %"), ("NetIO", "NET I/O"), ("BlockIO", "BLOCK I/O"), ("PIDs", "PIDS"),
  ]

  static let sparklineLength = 16

  /// Takes in what containers use now. Those that are not among them any more are dropped.
  ///
  /// - Parameter now: in the order in which they are shown; no usage for one that does not run.
  public mutating func add(_ now: [(id: String, name: String, usage: Usage?)]) {
    var next: [Line] = []
    for (id, name, usage) in now {
      var line = lines.first { $0.id == id } ?? Line(id: id, name: name)
      if let usage {
        line.cpu = (line.cpu + [usage.cpuPercent(since: line.last)]).suffix(Self.sparklineLength)
        line.memory = (line.memory + [usage.memoryPercent]).suffix(Self.sparklineLength)
      }
      line.last = usage
      next.append(line)
    }
    lines = next
  }

  /// Whether one of the containers runs.
  public var isRunning: Bool { lines.contains { $0.last != nil } }

  /// Rows with Docker's field names.
  ///
  /// - Parameter full: whether ids are shown whole.
  public func rows(full: Bool) -> [Document] {
    lines.map { line in
      let usage = line.last ?? Usage()
      return .record([
        .init(
          "BlockIO", .string("\(Self.decimalSize(usage.readBytes)) / \(Self.decimalSize(usage.writtenBytes))")
        ),
        .init("CPUPerc", .string(Self.percent(line.last == nil ? 0 : line.cpu.last ?? 0))),
        .init("Container", .string(full ? line.id : ContainerName.short(line.id))),
        .init("ID", .string(full ? line.id : ContainerName.short(line.id))),
        .init("MemPerc", .string(Self.percent(usage.memoryPercent))),
        .init("MemUsage", .string("\(Self.size(usage.memoryBytes)) / \(Self.size(usage.memoryLimitBytes))")),
        .init("Name", .string(line.name)),
        .init(
          "NetIO", .string("\(Self.decimalSize(usage.receivedBytes)) / \(Self.decimalSize(usage.sentBytes))")),
        .init("PIDs", .string(String(usage.processes))),
      ])
    }
  }

  /// The table with the courses of processor and memory beside.
  public func live(full: Bool) -> String {
    var cells: [[String]] = []
    for (row, line) in zip(rows(full: full), lines) {
      var texts = Self.columns.map { row[$0.field]?.text ?? "" }
      // Processor time fills the line at one whole processor, or at the most that was used.
      texts.insert(Self.sparkline(line.cpu, top: max(100, line.cpu.max() ?? 0)), at: 3)
      texts.insert(Self.sparkline(line.memory, top: 100), at: 6)
      cells.append(texts)
    }
    var header = Self.columns.map(\.heading)
    header.insert("", at: 3)
    header.insert("", at: 6)
    return Table.text(header: header, rows: cells)
  }

  /// A line of bars, an eighth of the height each step; nothing at all is a blank.
  static func sparkline(_ values: [Double], top: Double) -> String {
    let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    let line = values.map { value -> Character in
      guard value > 0, top > 0 else { return " " }
      return bars[min(bars.count - 1, Int(value / top * Double(bars.count)))]
    }
    return String(repeating: " ", count: sparklineLength - line.count) + String(line)
  }

  /// `12.34%`.
  static func percent(_ value: Double) -> String { decimal(value, digits: 2) + "%" }

  /// Powers of 1024 with up to four digits, as Docker prints memory: `1.953MiB`, `64MiB`.
  static func size(_ bytes: UInt64) -> String {
    scaled(Double(bytes), by: 1024, units: ["B", "KiB", "MiB", "GiB", "TiB", "PiB"], digits: 4)
  }

  /// Powers of 1000 with up to three digits, as Docker prints transfers: `1.2MB`.
  static func decimalSize(_ bytes: UInt64) -> String {
    scaled(Double(bytes), by: 1000, units: ["B", "kB", "MB", "GB", "TB", "PB"], digits: 3)
  }

  private static func scaled(_ value: Double, by base: Double, units: [String], digits: Int) -> String {
    var value = value
    var unit = 0
    while value >= base, unit < units.count - 1 {
      value /= base
      unit += 1
    }
    let whole = String(Int(value)).utf8.count
    var text = decimal(value, digits: max(0, digits - whole))
    if text.contains(".") {
      while text.last == "0" { text.removeLast() }
      if text.last == "." { text.removeLast() }
    }
    return text + units[unit]
  }

  /// A number with so many digits after the point, rounded.
  private static func decimal(_ value: Double, digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let rounded = UInt64((max(0, value) * scale).rounded())
    if digits == 0 { return String(rounded) }
    let (whole, rest) = rounded.quotientAndRemainder(dividingBy: UInt64(scale))
    let fraction = String(rest)
    return "\(whole)." + String(repeating: "0", count: digits - fraction.utf8.count) + fraction
  }
}
