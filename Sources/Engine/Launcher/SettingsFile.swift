// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// The text of a `settings` file: a `KEY: VALUE` per line.
///
/// White space around keys and values means nothing, nor does the case of keys; lines that are empty or start with `#`
/// are skipped. Only the first colon separates, so that values may hold colons.
struct SettingsFile: Equatable, Sendable {
  /// One line that says something.
  struct Entry: Equatable, Sendable {
    var value: String
    /// Counted from 1.
    var line: Int
  }

  /// A key other than those of arguments.
  enum Key: String, CaseIterable, Sendable {
    case user, group, memlimit, cpupercent, process, bridge, ip, gw
  }

  /// As messages name it.
  let path: String
  private(set) var entries: [Key: Entry] = [:]
  /// `arg1` and the following, without gaps.
  private(set) var arguments: [Entry] = []

  /// More lines than a program can get arguments.
  private static let mostArguments = 65536

  /// - Throws: ``EngineError`` naming the file and the line.
  init(parsing text: String, path: String) throws(EngineError) {
    self.path = path
    var numbered: [Int: Entry] = [:]
    for (index, line) in text.pieces(separatedBy: Byte.newline).enumerated() {
      var line = line
      if index == 0, line.hasPrefix("\u{FEFF}") { line.unicodeScalars.removeFirst() }
      let trimmed = line.trimmed
      if trimmed.isEmpty || trimmed.utf8.first == Byte.hash { continue }
      try add(trimmed, line: index + 1, &numbered)
    }
    for (count, number) in numbered.keys.sorted().enumerated() where number != count + 1 {
      throw error(numbered[number]?.line ?? 0, "arg\(number): there is no arg\(count + 1) before it")
    }
    arguments = numbered.sorted { $0.key < $1.key }.map(\.value)
  }

  private mutating func add(
    _ text: String, line: Int, _ numbered: inout [Int: Entry]
  ) throws(EngineError) {
    if text.utf8.contains(0) { throw error(line, "the line holds a NUL byte") }
    let (before, after) = text.cut(at: Byte.colon)
    let spelled = before.trimmed
    guard let after else { throw error(line, "\(text.quoted): expected KEY: VALUE") }
    let name = spelled.asciiLowercased
    let entry = Entry(value: after.trimmed, line: line)
    let earlier: Entry?
    if let key = Key(rawValue: name) {
      if entry.value.isEmpty { throw error(line, "\(name): the value is missing") }
      earlier = entries.updateValue(entry, forKey: key)
    } else if name.hasPrefix("arg"), name.utf8.count > 3 {
      let digits = String(name.dropFirst(3))
      guard let number = decimal(digits, as: Int.self), digits.utf8.first != UInt8(ascii: "0"),
        number <= Self.mostArguments
      else { throw error(line, "\(spelled.quoted): arguments are called arg1, arg2 and so on") }
      earlier = numbered.updateValue(entry, forKey: number)
    } else {
      let known = Key.allCases.map(\.rawValue).joined(separator: ", ")
      throw error(line, "unknown key \(spelled.quoted): expected one of \(known), arg1, arg2 and so on")
    }
    if let earlier { throw error(line, "\(name) is given twice, first on line \(earlier.line)") }
  }

  subscript(key: Key) -> Entry? { entries[key] }

  /// The value of a key as `parse` understands it; nil without the key.
  ///
  /// - Throws: what `parse` throws, with the file, the line and the key in front.
  func value<T>(
    _ key: Key, _ parse: (String) throws(EngineError) -> T
  ) throws(EngineError) -> T? {
    guard let entry = entries[key] else { return nil }
    do {
      return try parse(entry.value)
    } catch {
      let value = entry.value.quoted
      let context = error.message.hasPrefix(value) ? key.rawValue : "\(key.rawValue) \(value)"
      throw self.error(entry.line, "\(context): \(error.message)")
    }
  }

  /// An error in a line.
  func error(_ line: Int, _ problem: String) -> EngineError { EngineError("\(path):\(line): \(problem)") }
}
