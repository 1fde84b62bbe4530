// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

extension Picture {
  /// The picture as SVG, drawn without help: the host on the left, the container on the right.
  public func svg() -> String {
    let drawing = Drawing(self)
    return drawing.text()
  }
}

/// Places boxes on a sheet. All lengths are pixels.
private struct Drawing {
  private static let line = 20
  private static let character = 7.3
  private static let margin = 24
  private static let heading = 44
  private static let gap = 16
  /// Between the columns, where arrows bend.
  private static let alley = 190
  private static let longestRow = 72

  struct Placed {
    var box: Picture.Box
    var x, y, width, height: Int
    func middle(_ row: Int) -> Int { y + Drawing.line * (row + 1) + Drawing.line / 2 }
  }

  let title: String
  let arrows: [Picture.Arrow]
  private var boxes: [Placed] = []
  private var columns: [(x: Int, width: Int, label: String)] = []
  private var height = 0

  init(_ picture: Picture) {
    title = picture.title
    arrows = picture.arrows
    let left = Self.width(picture.host)
    let right = Self.width(picture.container)
    let first = Self.margin
    let second = picture.host.isEmpty ? first : first + left + 2 * Self.gap + Self.alley
    var y = Self.margin + 2 * Self.heading
    for box in picture.container { y = place(box, second + Self.gap, y, right) }
    var hostY = Self.margin + 2 * Self.heading
    for box in picture.host {
      // As high as what its arrows lead to, so that they stay short.
      let target = arrows.first { $0.from.box == box.id }?.to.box
      let wish = boxes.first { $0.box.id == target }?.y ?? hostY
      hostY = place(box, first + Self.gap, max(hostY, wish), left)
    }
    height = max(y, hostY) + Self.margin
    if !picture.host.isEmpty { columns.append((first, left + 2 * Self.gap, "the host")) }
    columns.append((second, right + 2 * Self.gap, "the container"))
  }

  /// - Returns: where the next box may begin.
  private mutating func place(_ box: Picture.Box, _ x: Int, _ y: Int, _ width: Int) -> Int {
    let height = Self.line * (1 + box.rows.count + (box.more > 0 ? 1 : 0)) + 6
    boxes.append(Placed(box: box, x: x, y: y, width: width, height: height))
    return y + height + Self.gap
  }

  private static func width(_ boxes: [Picture.Box]) -> Int {
    let longest = boxes.flatMap { [$0.title] + $0.rows }.map { shortened($0).count }.max() ?? 0
    return Int(Double(max(longest, 24)) * character) + 24
  }

  private static func shortened(_ text: String) -> String {
    if text.count <= longestRow { return text }
    return text.prefix(longestRow / 2 - 1) + "…" + text.suffix(longestRow / 2)
  }

  // MARK: Text

  func text() -> String {
    let width = (columns.last.map { $0.x + $0.width } ?? 0) + Self.margin
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
      font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="12">
      <title>\(Picture.markup(title))</title>
      <defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">\
      <path d="M0 0L10 5L0 10z" fill="#345"/></marker></defs>
      <rect width="100%" height="100%" fill="white"/>
      <text x="\(Self.margin)" y="\(Self.margin + 12)" font-size="15" font-weight="bold">\
      \(Picture.markup(Self.fitted(title, width)))</text>

      """
    for column in columns {
      let top = Self.margin + Self.heading - 12
      svg += """
        <rect x="\(column.x)" y="\(top)" width="\(column.width)" height="\(height - top - Self.margin / 2)" rx="12" \
        fill="none" stroke="#99a" stroke-dasharray="6 4"/>
        <text x="\(column.x + Self.gap)" y="\(top + 28)" font-size="14" fill="#556">\(column.label)</text>

        """
    }
    for box in boxes { svg += draw(box) }
    for arrow in arrows { svg += draw(arrow) }
    return svg + "</svg>\n"
  }

  private static func fitted(_ title: String, _ width: Int) -> String {
    let count = max(20, (width - 2 * margin) * 10 / 92)
    return title.count <= count ? title : title.prefix(count - 1) + "…"
  }

  private func draw(_ placed: Placed) -> String {
    let box = placed.box
    let (fill, stroke) =
      switch box.style {
      case .own: ("#dcebff", "#3465a4")
      case .joined: ("#fff3cd", "#b58900")
      case .host: ("#eeeeee", "#888888")
      }
    var svg = """
      <rect x="\(placed.x)" y="\(placed.y)" width="\(placed.width)" height="\(placed.height)" rx="6" fill="white" \
      stroke="\(stroke)"/>
      <path d="M\(placed.x) \(placed.y + Self.line)v-14q0-6 6-6h\(placed.width - 12)q6 0 6 6v14z" fill="\(fill)" \
      stroke="\(stroke)"/>
      <text x="\(placed.x + 10)" y="\(placed.y + 15)" font-weight="bold">\(Picture.markup(Self.shortened(box.title)))</text>

      """
    let more = box.more > 0 ? ["and \(box.more) more"] : []
    for (index, row) in (box.rows + more).enumerated() {
      svg +=
        "<text x=\"\(placed.x + 10)\" y=\"\(placed.middle(index) + 5)\" xml:space=\"preserve\">"
        + "\(Picture.markup(Self.shortened(row)))</text>\n"
    }
    return svg
  }

  private func draw(_ arrow: Picture.Arrow) -> String {
    guard let from = boxes.first(where: { $0.box.id == arrow.from.box }),
      let to = boxes.first(where: { $0.box.id == arrow.to.box }),
      arrow.from.row < from.box.rows.count, arrow.to.row < to.box.rows.count
    else { return "" }
    let (x1, y1) = (from.x + from.width, from.middle(arrow.from.row))
    let (x2, y2) = (to.x, to.middle(arrow.to.row))
    let bend = (x2 - x1) / 2
    return """
      <path d="M\(x1) \(y1)C\(x1 + bend) \(y1) \(x2 - bend) \(y2) \(x2 - 1) \(y2)" fill="none" stroke="#345" \
      marker-end="url(#tip)"/>
      <text x="\(x2 - 12)" y="\(y1 < y2 ? y2 + 12 : y2 - 4)" font-size="10" text-anchor="end" fill="#345">\(Picture.markup(arrow.label))</text>

      """
  }
}
