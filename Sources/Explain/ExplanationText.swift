// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan

extension Explanation {
  /// The explanation for people: groups with headings, numbered steps, no colours.
  ///
  /// - Parameters:
  ///   - width: in characters, at least 40. Only words that are longer, such as paths, stand out.
  ///   - brief: without headings, and of each step only what it does, who does it and why.
  public func text(width: Int = 100, brief: Bool = false) -> String {
    var page = Page(width: max(40, width))
    var group: StepGroup?
    var seen: Set<String> = []
    let numberWidth = String(steps.last?.number ?? 0).utf8.count
    for step in steps {
      if step.group != group, !brief {
        page.heading(step.group.title + (seen.insert(step.group.rawValue).inserted ? "" : " (continued)"))
        group = step.group
      }
      page.step(step, numberWidth, brief)
    }
    return page.text
  }
}

/// Collects lines.
private struct Page {
  let width: Int
  private(set) var text = ""

  init(width: Int) { self.width = width }

  mutating func heading(_ title: String) {
    text += (text.isEmpty ? "" : "\n") + title + "\n" + String(repeating: "=", count: title.utf8.count) + "\n"
  }

  mutating func step(_ step: ExplainedStep, _ numberWidth: Int, _ brief: Bool) {
    let number = String(step.number)
    let mark = String(repeating: " ", count: numberWidth - number.utf8.count) + number + ". "
    let indent = mark.utf8.count
    text += "\n"
    paragraph(step.title, first: mark, indent: indent)
    let asker = step.requestedBy ?? Quoting.plain(step.origin)
    let request = asker.isEmpty ? "always" : "asked for by \(asker)"
    paragraph("\(step.side?.words ?? "By the engine"); \(request).", indent: indent)
    paragraph(step.why, indent: indent)
    if brief { return }
    for detail in step.details {
      let origin = detail.requestedBy ?? Quoting.plain(detail.origin)
      let isObvious = origin.isEmpty || origin == step.requestedBy ?? step.origin
      list("sets ", detail.text + (isObvious ? "" : " (\(origin))"), indent)
    }
    for call in step.calls { list("call ", call, indent) }
    for command in step.shell { list("shell", command, indent, continuation: " \\") }
    if !step.manual.isEmpty { list("man  ", step.manual.joined(separator: ", "), indent) }
  }

  private mutating func list(_ label: String, _ content: String, _ indent: Int, continuation: String = "") {
    paragraph(
      content, first: String(repeating: " ", count: indent) + label + "  ", indent: indent + 9,
      continuation: continuation)
  }

  /// - Parameters:
  ///   - first: what the first line starts with.
  ///   - indent: of the other lines.
  ///   - continuation: what lines end with that go on, for a shell. Quoted words are not broken then.
  private mutating func paragraph(
    _ content: String, first: String? = nil, indent: Int, continuation: String = ""
  ) {
    let margin = String(repeating: " ", count: indent)
    var line = first ?? margin
    var length = line.unicodeScalars.count
    var isEmpty = true
    for word in continuation.isEmpty ? words(content) : shellWords(content) {
      let size = word.unicodeScalars.count
      if !isEmpty && length + 1 + size + continuation.utf8.count > width {
        text += line + continuation + "\n"
        line = margin
        length = indent
        isEmpty = true
      }
      line += (isEmpty ? "" : " ") + word
      length += (isEmpty ? 0 : 1) + size
      isEmpty = false
    }
    text += line + "\n"
  }

  private func words(_ content: String) -> [Substring] { content.split(separator: " ") }

  /// The words of a command; what stands in quotation marks is one.
  private func shellWords(_ content: String) -> [Substring] {
    var words: [Substring] = []
    var start = content.startIndex
    var quote: Character?
    for index in content.indices {
      let character = content[index]
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "'" || character == "\"" {
        quote = character
      } else if character == " " {
        if start < index { words.append(content[start..<index]) }
        start = content.index(after: index)
      }
    }
    if start < content.endIndex { words.append(content[start...]) }
    return words
  }
}

extension Side {
  /// The side as the subject of a sentence.
  fileprivate var words: String {
    switch self {
    case .runtime: "By the runtime"
    case .stage: "By the process in between"
    case .container: "By the container's process"
    }
  }
}
