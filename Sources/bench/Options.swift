// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The command line of the bench.
struct Options {
  static let usage = """
    usage: bench [--runs N] [--idle-ms N] [--only NAME]… [--bin DIR] [--floor PATH] [--seccomp FILE]
                 [--json FILE] [--strict] [--list]

      --runs N         measured rounds of each scenario (50)
      --idle-ms N      the pause before each command in the rounds "after idling" (100)
      --only NAME      only scenarios whose name begins so; may be given several times
      --bin DIR        where roost-runtime, roost, floor, peak and first are (bin)
      --floor PATH     the C floor, when it is elsewhere
      --seccomp FILE   a linux.seccomp object; adds the scenario run-seccomp
      --json FILE      write all figures to a file too
      --strict         exit 1 when a target is missed
      --list           name the scenarios and exit
    """

  var runs = 50
  var idleMilliseconds = 100
  var only: [String] = []
  var bin = "bin"
  var floor: String?
  var seccomp: String?
  var json: String?
  var strict = false
  var listing = false
  var help = false

  init(_ words: [String]) throws(BenchError) {
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "--runs": runs = try Options.number(word, &rest, 1...100_000)
      case "--idle-ms": idleMilliseconds = try Options.number(word, &rest, 0...60_000)
      case "--only": only.append(try Options.value(word, &rest))
      case "--bin": bin = try Options.value(word, &rest)
      case "--floor": floor = try Options.value(word, &rest)
      case "--seccomp": seccomp = try Options.value(word, &rest)
      case "--json": json = try Options.value(word, &rest)
      case "--strict": strict = true
      case "--list": listing = true
      case "-h", "--help": help = true
      default: throw BenchError("unknown argument \(word)\n\(Options.usage)")
      }
    }
  }

  func selects(_ name: String) -> Bool { only.isEmpty || only.contains { name.hasPrefix($0) } }

  private static func value(_ flag: String, _ rest: inout ArraySlice<String>) throws(BenchError) -> String {
    guard let value = rest.popFirst() else { throw BenchError("\(flag) needs a value") }
    return value
  }

  private static func number(
    _ flag: String, _ rest: inout ArraySlice<String>, _ range: ClosedRange<Int>
  ) throws(BenchError) -> Int {
    let text = try value(flag, &rest)
    guard let number = Int(text), range.contains(number) else {
      throw BenchError("\(flag) \(text): a number from \(range.lowerBound) to \(range.upperBound) is needed")
    }
    return number
  }
}
