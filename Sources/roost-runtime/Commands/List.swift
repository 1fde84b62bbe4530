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
      let ids = try attempt { () throws(RuntimeError) in try containers.ids() }
      return ids.isEmpty ? 0 : Output.print(ids.joined(separator: "\n"))
    }
    let (states, failures) = try attempt { () throws(RuntimeError) in try containers.list() }
    for failure in failures { context.log.warning(failure) }
    switch context.arguments.value("format") {
    case nil, "table": return Output.write(Table.text(states))
    case "json": return Output.print(json(states))
    case let other?: throw CommandFailure("--format: expected table or json, found \"\(other)\"")
    }
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
  private static let header = ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]

  /// Lines of UTF-8, the header's first.
  static func text(_ states: [State]) -> [UInt8] {
    // One row after the other.
    var cells = header
    cells.reserveCapacity(header.count * (states.count + 1))
    for state in states {
      cells.append(state.id)
      cells.append(String(state.pid))
      cells.append(state.status.rawValue)
      cells.append(state.bundle)
      cells.append(state.created ?? "")
      cells.append(state.owner ?? "")
    }
    let lengths = cells.map(width)
    var widths = [Int](repeating: 0, count: header.count)
    for (index, length) in lengths.enumerated() {
      let column = index % header.count
      widths[column] = max(widths[column], length)
    }
    var text: [UInt8] = []
    text.reserveCapacity((states.count + 1) * widths.reduce(0) { $0 + $1 + 3 })
    for (index, cell) in cells.enumerated() {
      text.append(contentsOf: cell.utf8)
      let column = index % header.count
      if column + 1 == header.count {
        text.append(UInt8(ascii: "\n"))
      } else {
        text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: widths[column] - lengths[index] + 3))
      }
    }
    return text
  }

  /// Scalars: all bytes of UTF-8 but those that continue one.
  private static func width(_ cell: String) -> Int {
    var width = 0
    for byte in cell.utf8 where byte & 0xC0 != 0x80 { width += 1 }
    return width
  }
}
