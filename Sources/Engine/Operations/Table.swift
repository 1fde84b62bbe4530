// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Columns of text.
public enum Table {
  /// Lays out rows under a header; columns are as wide as their widest cell and three blanks apart.
  public static func text(header: [String], rows: [[String]]) -> String {
    let all = header.isEmpty ? rows : [header] + rows
    let columns = all.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    var result = ""
    for row in all {
      var line = ""
      for (column, cell) in row.enumerated() {
        line += cell
        if column < row.count - 1 { line += String(repeating: " ", count: widths[column] - cell.count + 3) }
      }
      result += line + "\n"
    }
    return result
  }
}

/// What `--format` of a listing asks for.
public enum ListFormat: Sendable {
  /// The command's own columns.
  case table
  /// A JSON object per line.
  case json
  /// A line per row.
  case lines(Template)
  /// Columns separated by tabulators in the template.
  case columns(Template)

  /// Parses the value of `--format`.
  ///
  /// - Throws: ``EngineError`` that starts with `--format`.
  public init(_ text: String?) throws(EngineError) {
    switch text {
    case nil, "table"?: self = .table
    case "json"?: self = .json
    case let text?:
      if text.hasPrefix("table ") {
        self = .columns(try Template(String(text.dropFirst(6)).trimmed))
      } else {
        self = .lines(try Template(text))
      }
    }
  }

  /// The text of a listing.
  ///
  /// - Parameters:
  ///   - rows: Records.
  ///   - columns: The fields of the command's own table, and their headings.
  ///   - headings: Headings of fields that templates may name besides.
  public func text(
    _ rows: [Document], columns: [(field: String, heading: String)], headings: [String: String]
  ) throws(EngineError) -> String {
    switch self {
    case .table:
      return Table.text(
        header: columns.map(\.heading), rows: rows.map { row in columns.map { row[$0.field]?.text ?? "" } })
    case .json:
      return rows.map { $0.json() + "\n" }.joined()
    case .lines(let template):
      var result = ""
      for row in rows { result += try template.text(for: row) + "\n" }
      return result
    case .columns(let template):
      var lines: [[String]] = []
      for row in rows { lines.append(try template.text(for: row).pieces(separatedBy: Byte.tab)) }
      let header = template.headerLine { name in
        columns.first { $0.field == name }?.heading ?? headings[name] ?? name.uppercased()
      }
      return Table.text(header: header.pieces(separatedBy: Byte.tab), rows: lines)
    }
  }
}
