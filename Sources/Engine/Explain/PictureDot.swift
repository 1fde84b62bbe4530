// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

extension Picture {
  /// The picture in the language of Graphviz's `dot`.
  public func dot() -> String {
    var text = """
      digraph container {
        rankdir=LR; fontname="monospace"; label=\(Self.quoted(title)); labelloc=t;
        node [shape=plaintext, fontname="monospace", fontsize=10];
        edge [fontname="monospace", fontsize=9];

      """
    text += cluster("host", "the host", host) + cluster("container", "the container", container)
    for arrow in arrows {
      text += "  \(Self.end(arrow.from)):e -> \(Self.end(arrow.to)):w [label=\(Self.quoted(arrow.label))];\n"
    }
    return text + "}\n"
  }

  private func cluster(_ id: String, _ label: String, _ boxes: [Box]) -> String {
    guard !boxes.isEmpty else { return "" }
    var text = "  subgraph cluster_\(id) {\n    label=\"\(label)\"; style=rounded;\n"
    for box in boxes {
      let colour = box.style == .own ? "#dcebff" : box.style == .joined ? "#fff3cd" : "#eeeeee"
      var rows = "<tr><td port=\"r\" bgcolor=\"\(colour)\"><b>\(Self.markup(box.title))</b></td></tr>"
      for (index, row) in box.rows.enumerated() {
        rows += "<tr><td port=\"r\(index)\" align=\"left\">\(Self.markup(row))</td></tr>"
      }
      if box.more > 0 { rows += "<tr><td align=\"left\">and \(box.more) more</td></tr>" }
      text +=
        "    \"\(box.id)\" [label=<<table border=\"0\" cellborder=\"1\" cellspacing=\"0\">\(rows)</table>>];\n"
    }
    return text + "  }\n"
  }

  private static func end(_ end: (box: String, row: Int)) -> String {
    "\"\(end.box)\":r\(end.row < 0 ? "" : String(end.row))"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for character in text {
      if character == "\"" || character == "\\" { result += "\\" }
      result.append(character)
    }
    return result + "\""
  }

  /// For XML and for labels of Graphviz, which share the rules.
  static func markup(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }
}
