// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// One flag of a command that takes Docker's command line: how it is spelled, what it does, how it is explained.
///
/// `run`, `exec` and `explain` end their flags where the container's own command begins and follow Docker's grammar
/// to the letter (`-m64m`, `--rm=false`, a value that starts with a dash), which is why a table of these drives them
/// rather than property wrappers.
public struct FlagDefinition<Target>: Sendable {
  /// Whether the flag stands alone or takes a value.
  public enum Kind: Sendable {
    /// On when it stands alone; `--flag=false` turns it off.
    case toggle
    /// Takes the rest of its argument, or the next one.
    case value
  }

  /// The long name, without dashes.
  public let name: String
  /// The one-letter name.
  public let short: Character?
  /// Other spellings of the long name.
  public let aliases: [String]
  public let kind: Kind
  /// What stands for the value in help texts; empty for a toggle.
  public let placeholder: String
  /// One line for help texts.
  public let help: String
  /// The heading under which help lists the flag.
  public let group: String
  /// Applies a value; `true` or `false` for a toggle. Throws without naming the flag.
  let apply: @Sendable (inout Target, String) throws(EngineError) -> Void

  init(
    _ name: String, _ short: Character? = nil, aliases: [String] = [], value placeholder: String,
    in group: String, help: String,
    apply: @escaping @Sendable (inout Target, String) throws(EngineError) -> Void
  ) {
    self.name = name
    self.short = short
    self.aliases = aliases
    self.kind = .value
    self.placeholder = placeholder
    self.help = help
    self.group = group
    self.apply = apply
  }

  init(
    _ name: String, _ short: Character? = nil, aliases: [String] = [], in group: String, help: String,
    set: @escaping @Sendable (inout Target, Bool) throws(EngineError) -> Void
  ) {
    self.name = name
    self.short = short
    self.aliases = aliases
    self.kind = .toggle
    self.placeholder = ""
    self.help = help
    self.group = group
    self.apply = { (target: inout Target, text: String) throws(EngineError) in
      guard let on = boolean(text) else { throw EngineError("expected true or false") }
      try set(&target, on)
    }
  }
}

extension FlagDefinition {
  init(
    _ name: String, _ short: Character?, aliases: [String], _ kind: Kind, _ placeholder: String,
    in group: String,
    help: String, apply: @escaping @Sendable (inout Target, String) throws(EngineError) -> Void
  ) {
    self.name = name
    self.short = short
    self.aliases = aliases
    self.kind = kind
    self.placeholder = placeholder
    self.help = help
    self.group = group
    self.apply = apply
  }
}

/// The flags of one command, and the parser over them.
public struct FlagTable<Target>: Sendable {
  public let flags: [FlagDefinition<Target>]

  /// Flags of Docker's that are known but not available yet, with the reason.
  let unavailable: [(names: [String], reason: String)]

  init(_ flags: [FlagDefinition<Target>], unavailable: [(names: [String], reason: String)] = []) {
    self.flags = flags
    self.unavailable = unavailable
  }

  /// Applies the flags at the front of `arguments` to `target`.
  ///
  /// Flags end at the first argument that does not start with a dash, at a single `-`, or behind `--`. Everything
  /// behind that point is left alone.
  ///
  /// - Returns: The index of the first argument that is not a flag.
  /// - Throws: ``EngineError`` naming the flag and the value, such as `--memory "64q": not a size: …`.
  public func parse(_ arguments: [String], into target: inout Target) throws(EngineError) -> Int {
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      guard argument.utf8.first == Byte.dash, argument != "-" else { return index }
      index += 1
      if argument == "--" { return index }
      if argument.hasPrefix("--") {
        try parseLong(argument, arguments, &index, &target)
      } else {
        try parseShorts(argument, arguments, &index, &target)
      }
    }
    return index
  }

  /// The arguments that are flags, without their values: what ``parse(_:into:)`` would look at.
  public func flagArguments(_ arguments: [String]) -> [String] {
    var result: [String] = []
    var index = 0
    while index < arguments.count, arguments[index].utf8.first == Byte.dash, arguments[index] != "-" {
      let argument = arguments[index]
      if argument == "--" { break }
      result.append(argument)
      index += 1 + (takesNext(argument) ? 1 : 0)
    }
    return result
  }

  /// Whether the value of a flag is in the next argument.
  private func takesNext(_ argument: String) -> Bool {
    if argument.hasPrefix("--") {
      let name = String(argument.dropFirst(2))
      return flags.contains { $0.kind == .value && ($0.name == name || $0.aliases.contains(name)) }
    }
    var rest = argument.dropFirst()
    while let letter = rest.popFirst() {
      guard let flag = flags.first(where: { $0.short == letter }), flag.kind == .value else { continue }
      return rest.isEmpty
    }
    return false
  }

  private func parseLong(
    _ argument: String, _ arguments: [String], _ index: inout Int, _ target: inout Target
  ) throws(EngineError) {
    let (spelled, inline) = argument.cut(at: Byte.equals)
    let name = String(spelled.dropFirst(2))
    guard let flag = flags.first(where: { $0.name == name || $0.aliases.contains(name) }) else {
      throw unknown(spelled, name)
    }
    if let inline { return try apply(flag, inline, &target) }
    switch flag.kind {
    case .toggle: try apply(flag, "true", &target)
    case .value: try apply(flag, try next(for: spelled, arguments, &index), &target)
    }
  }

  /// `-it`, `-m64m`, `-m=64m`, `-m 64m`: toggles may be bundled, a flag with a value takes what is left.
  private func parseShorts(
    _ argument: String, _ arguments: [String], _ index: inout Int, _ target: inout Target
  ) throws(EngineError) {
    var rest = argument.dropFirst()
    while let letter = rest.popFirst() {
      guard let flag = flags.first(where: { $0.short == letter }) else {
        throw unknown("-\(letter)", String(letter))
      }
      if rest.utf8.first == Byte.equals { return try apply(flag, String(rest.dropFirst()), &target) }
      switch flag.kind {
      case .toggle:
        try apply(flag, "true", &target)
      case .value where rest.isEmpty:
        return try apply(flag, try next(for: "-\(letter)", arguments, &index), &target)
      case .value:
        return try apply(flag, String(rest), &target)
      }
    }
  }

  private func next(for spelled: String, _ arguments: [String], _ index: inout Int) throws(EngineError)
    -> String
  {
    guard index < arguments.count else { throw EngineError("\(spelled): a value is missing behind it") }
    defer { index += 1 }
    return arguments[index]
  }

  private func apply(_ flag: FlagDefinition<Target>, _ value: String, _ target: inout Target)
    throws(EngineError)
  {
    do {
      try flag.apply(&target, value)
    } catch {
      throw error.within("--\(flag.name) \(value.quoted)")
    }
  }

  private func unknown(_ spelled: String, _ name: String) -> EngineError {
    for (names, reason) in unavailable where names.contains(name) {
      return EngineError("\(spelled): \(reason)")
    }
    let known = flags.flatMap { [$0.name] + $0.aliases }.map { "--\($0)" } + ["--help"]
    let meant = Suggestion.clause(for: spelled, among: known)
    return EngineError(
      "\(spelled): unknown flag\(meant.isEmpty ? "; --help lists those that there are" : meant)")
  }

  /// The help text of all flags, under their headings, in the order of the table.
  public func help() -> String {
    var result = ""
    var heading = ""
    for flag in flags {
      if flag.group != heading {
        heading = flag.group
        result += "\n\(heading):\n"
      }
      var left = flag.short.map { "  -\($0), --" } ?? "      --"
      left += flag.name
      if flag.kind == .value { left += " \(flag.placeholder)" }
      let padding =
        left.utf8.count < 34
        ? String(repeating: " ", count: 34 - left.utf8.count)
        : "\n"
          + String(
            repeating: " ", count: 34)
      result += "\(left)\(padding)\(flag.help)\n"
    }
    return result
  }
}
