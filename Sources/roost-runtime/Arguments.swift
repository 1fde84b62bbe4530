// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The options of a command and what follows them, in the style of getopt_long(3).
///
/// `--name value`, `--name=value`, `-n value`, `-nvalue`; `--flag`, `--flag=false`; combined `-it`. Options end at `--` or
/// at the first word that is none, so that the container's own arguments are left alone.
struct Arguments {
  /// An option that a command takes.
  struct Option: Sendable {
    let long: String
    let short: Character?
    let takesValue: Bool
    let help: String

    static func flag(_ long: String, _ short: Character? = nil, _ help: String) -> Option {
      Option(long: long, short: short, takesValue: false, help: help)
    }

    static func value(_ long: String, _ short: Character? = nil, _ help: String) -> Option {
      Option(long: long, short: short, takesValue: true, help: help)
    }
  }

  private var values: [(name: String, value: String)] = []
  /// What follows the options.
  private(set) var positional: [String] = []

  /// - Parameter interspersed: options may also follow positional words, as runc's callers write `kill --all ID 9` and
  ///   `delete ID --force`.
  init(_ words: [String], options: [Option], interspersed: Bool = true) throws(CommandFailure) {
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        positional += rest
        return
      }
      if word.utf8.count < 2 || word.utf8.first != 0x2D || word.isNegativeNumber {
        positional.append(word)
        if interspersed { continue }
        positional += rest
        return
      }
      if word.utf8.starts(with: "--".utf8) {
        try parseLong(word, &rest, options)
      } else {
        try parseShort(word, &rest, options)
      }
    }
  }

  private mutating func parseLong(
    _ word: String, _ rest: inout ArraySlice<String>, _ options: [Option]
  ) throws(CommandFailure) {
    let body = word.dropFirst(2)
    let equals = body.firstIndex(of: "=")
    let name = String(body[..<(equals ?? body.endIndex)])
    guard let option = options.first(where: { $0.long == name }) else {
      throw CommandFailure("unknown option --\(name)")
    }
    if let equals {
      values.append((name, String(body[body.index(after: equals)...])))
    } else if option.takesValue {
      guard let value = rest.popFirst() else { throw CommandFailure("--\(name) needs a value") }
      values.append((name, value))
    } else {
      values.append((name, "true"))
    }
  }

  private mutating func parseShort(
    _ word: String, _ rest: inout ArraySlice<String>, _ options: [Option]
  ) throws(CommandFailure) {
    var letters = word.dropFirst()
    while let letter = letters.popFirst() {
      guard let option = options.first(where: { $0.short == letter }) else {
        throw CommandFailure("unknown option -\(letter)")
      }
      guard option.takesValue else {
        values.append((option.long, "true"))
        continue
      }
      if letters.isEmpty {
        guard let value = rest.popFirst() else { throw CommandFailure("-\(letter) needs a value") }
        values.append((option.long, value))
      } else {
        values.append((option.long, String(letters.first == "=" ? letters.dropFirst() : letters)))
      }
      return
    }
  }

  /// The last value given for an option.
  func value(_ name: String) -> String? { values.last { $0.name == name }?.value }

  /// All values given for an option, in order.
  func all(_ name: String) -> [String] { values.filter { $0.name == name }.map { $0.value } }

  func flag(_ name: String) throws(CommandFailure) -> Bool {
    switch value(name) {
    case nil, "false": return false
    case "true": return true
    case let other?: throw CommandFailure("--\(name): expected true or false, found \"\(other)\"")
    }
  }

  func number<T: FixedWidthInteger>(_ name: String, in range: ClosedRange<T>) throws(CommandFailure) -> T? {
    guard let text = value(name) else { return nil }
    guard let number = T(text), range.contains(number) else {
      throw CommandFailure(
        "--\(name): expected a number from \(range.lowerBound) to \(range.upperBound), found \"\(text)\"")
    }
    return number
  }
}

extension String {
  fileprivate var isNegativeNumber: Bool {
    utf8.count > 1 && utf8.first == 0x2D && utf8.dropFirst().allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
  }
}
