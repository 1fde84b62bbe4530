// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerRuntime
internal import JSON
internal import Linux
internal import OCI

extension Command {
  static let list = Command(
    name: "list", usage: "[options]", summary: "list containers",
    options: [
      .value("format", "f", "table or json"), .flag("quiet", "q", "print only ids"),
    ]
  ) { (context) throws(CommandFailure) in
    try context.expect(positional: 0...0)
    let containers = try context.containers()
    if try context.arguments.flag("quiet") {
      return printLines(try attempt { () throws(RuntimeError) in try containers.ids() })
    }
    let (states, failures) = try attempt { () throws(RuntimeError) in try containers.list() }
    for failure in failures { context.log.warning(failure) }
    switch context.arguments.value("format") {
    case nil, "table": return printLines(Table.text(states))
    case "json": return Output.print(json(states))
    case let other?: throw CommandFailure("--format: expected table or json, found \"\(other)\"")
    }
  }

  private static func printLines(_ lines: [String]) -> Int32 {
    lines.isEmpty ? 0 : Output.print(lines.joined(separator: "\n"))
  }

  private static func json(_ states: [State]) -> [UInt8] {
    if states.isEmpty { return Array("null".utf8) }
    var writer = JSONWriter()
    writer.array(of: states) { json, state in state.encode(to: &json) }
    return writer.bytes
  }
}

/// The table that `list` prints, columns as runc's.
enum Table {
  static func text(_ states: [State]) -> [String] {
    let rows =
      [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]]
      + states.map {
        [$0.id, "\($0.pid)", $0.status.rawValue, $0.bundle, $0.created ?? "", $0.owner ?? ""]
      }
    var widths = [Int](repeating: 0, count: rows[0].count)
    for row in rows {
      for (column, cell) in row.enumerated() { widths[column] = max(widths[column], width(cell)) }
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        line += cell
        if column + 1 < row.count { line += String(repeating: " ", count: widths[column] - width(cell) + 3) }
      }
      return line
    }
  }

  /// Scalars: all bytes of UTF-8 but those that continue one.
  private static func width(_ cell: String) -> Int {
    var width = 0
    for byte in cell.utf8 where byte & 0xC0 != 0x80 { width += 1 }
    return width
  }
}
