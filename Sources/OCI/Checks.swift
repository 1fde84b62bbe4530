// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import JSON

// What the rules of `validate` are written with. Pointers and messages are closures: they cost nothing while all is
// well.

/// Demands a condition.
func check(
  _ holds: Bool, _ pointer: @autoclosure () -> String, _ problem: @autoclosure () -> String
) throws(SpecError) {
  guard !holds else { return }
  throw SpecError(pointer: pointer(), problem: problem())
}

/// A text in quotation marks for a message, control characters escaped, long ones cut.
func quoted(_ text: String) -> String {
  let limit = 100
  if text.unicodeScalars.count <= limit { return JSONWriter.quoted(text) }
  return JSONWriter.quoted(String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit)))) + "…"
}

/// Demands that a text has no control characters: it becomes a line of a file, or an argument among others.
func checkPrintable(
  _ text: String?, except allowed: [UInt8] = [], _ pointer: @autoclosure () -> String
) throws(SpecError) {
  guard let text else { return }
  for byte in text.utf8 where (byte < 0x20 || byte == 0x7F) && !allowed.contains(byte) {
    throw SpecError(pointer: pointer(), problem: "\(quoted(text)) contains a control character")
  }
}

func checkAbsolute(_ path: String, _ pointer: @autoclosure () -> String) throws(SpecError) {
  try check(path.utf8.first == UInt8(ascii: "/"), pointer(), "\(quoted(path)) is not an absolute path")
}

/// The parts of a path between its slashes, empty ones included.
func components(of path: String) -> [Substring.UTF8View] {
  path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
}

extension Substring.UTF8View {
  func isEqual(to text: StaticString) -> Bool {
    text.withUTF8Buffer { elementsEqual($0) }
  }
}

/// Demands `KEY=VALUE`, with a key that is not empty and has no control characters.
func checkEnvironment(_ entries: [String], _ pointer: @autoclosure () -> String) throws(SpecError) {
  for (index, entry) in entries.enumerated() {
    var keyLength = 0
    var hasEquals = false
    for byte in entry.utf8 {
      hasEquals = byte == UInt8(ascii: "=")
      if hasEquals { break }
      try check(
        byte >= 0x20 && byte != 0x7F, "\(pointer())/\(index)",
        "the key of \(quoted(entry)) contains a control character")
      keyLength += 1
    }
    try check(hasEquals, "\(pointer())/\(index)", "\(quoted(entry)) is not of the form KEY=VALUE")
    try check(keyLength > 0, "\(pointer())/\(index)", "\(quoted(entry)) has an empty key")
  }
}

/// Demands a network interface's name as the kernel does (`dev_valid_name` in `net/core/dev.c`).
func checkInterfaceName(_ name: String, _ pointer: @autoclosure () -> String) throws(SpecError) {
  let bytes = name.utf8
  let isValid =
    1...15 ~= bytes.count && name != "." && name != ".."
    && bytes.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
  try check(
    isValid, pointer(),
    "\(quoted(name)) is not an interface name: 1 to 15 bytes without spaces, slashes and colons")
}

/// Lists of processors and memory nodes.
enum IndexList {
  /// More than any kernel supports; bounds what a reader of the list allocates.
  private static let highest = 65535

  /// Whether a text is a list like `0-3,7`. Spaces around the parts are allowed.
  static func isValid(_ text: String) -> Bool {
    parts(text).allSatisfy {
      isRange($0.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false))
    }
  }

  /// Whether a text is a list in the kernel's full syntax (`bitmap_parselist`): also `all`, `N` for the last index, and
  /// `0-31:2/4` for two of every four.
  static func isValidForCpuset(_ text: String) -> Bool {
    parts(text).allSatisfy { part in
      if part.isEqual(to: "all") { return true }
      let halves = part.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      let bounds = halves[0].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
      guard isRange(bounds, allowsLast: true), halves.count <= 2 else { return false }
      guard halves.count == 2 else { return true }
      let group = halves[1].split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      guard group.count == 2, let used = number(group[0]), let size = number(group[1]) else { return false }
      return used <= size && size > 0
    }
  }

  private static func parts(_ text: String) -> [Substring.UTF8View] {
    text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { part in
      var part = part.drop { $0 == 0x20 }
      while part.last == 0x20 { part.removeLast() }
      return part
    }
  }

  private static func isRange(_ bounds: [Substring.UTF8View], allowsLast: Bool = false) -> Bool {
    guard 1...2 ~= bounds.count else { return false }
    var lowest = 0
    for bound in bounds {
      if allowsLast, bound.isEqual(to: "N") {
        lowest = highest
        continue
      }
      guard let number = number(bound), number >= lowest else { return false }
      lowest = number
    }
    return true
  }

  private static func number(_ digits: Substring.UTF8View) -> Int? {
    guard 1...9 ~= digits.count else { return nil }
    var value = 0
    for digit in digits {
      guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return value <= highest ? value : nil
  }
}
