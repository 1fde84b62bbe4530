// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What `roost explain` was asked for: its own flags among those of `run`.
public struct ExplainRequest: Equatable, Sendable {
  /// How the answer is printed.
  public enum Format: String, CaseIterable, Sendable {
    case text, json, sh, dot, svg
  }

  public var format = Format.text
  public var comparesTwo = false
  var run = RunOptions()

  /// What is explained.
  public enum Subject: Equatable, Sendable {
    /// A container that `run` would make; with the arguments behind `run`.
    case run(RunOptions, arguments: [String])
    /// One argument: a bundle if it holds a `config.json`, else a root.
    case bundleOrRoot(String, RunOptions)
    case two(String, String)
  }

  public static let table = FlagTable<ExplainRequest>(
    own
      + RunFlags.table.flags.map { flag in
        flag.lifted {
          $0.run
        } set: {
          $0.run = $1
        }
      },
    unavailable: RunFlags.table.unavailable)

  private static let own: [FlagDefinition<ExplainRequest>] = {
    let group = "Explanation"
    return [
      FlagDefinition(
        "format", value: "FORMAT", in: group, help: "text, json, sh (a script that runs), dot or svg"
      ) {
        (o: inout ExplainRequest, v) throws(EngineError) in
        guard let format = Format(rawValue: v) else {
          throw EngineError("expected one of \(Format.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        o.format = format
      },
      FlagDefinition("diff", in: group, help: "Compare two containers or bundles: --diff A B") {
        $0.comparesTwo = $1
      },
    ]
  }()

  /// Parses the arguments behind `explain`.
  ///
  /// - Throws: ``EngineError`` naming the flag.
  public static func parse(_ arguments: [String]) throws(EngineError) -> (ExplainRequest, Subject) {
    var request = ExplainRequest()
    let index = try table.parse(arguments, into: &request)
    let rest = Array(arguments[index...])
    if request.comparesTwo {
      guard rest.count == 2, request.run == RunOptions() else {
        throw EngineError("--diff: two containers or bundles are expected, without flags of run")
      }
      guard [.text, .json].contains(request.format) else {
        throw EngineError("--format \(request.format.rawValue): a comparison is text or json")
      }
      return (request, .two(rest[0], rest[1]))
    }
    if rest.count == 1, request.run == RunOptions() {
      var options = RunOptions()
      options.root = rest[0]
      return (request, .bundleOrRoot(rest[0], options))
    }
    let all = withoutOwn(Array(arguments[..<index])) + rest
    return (request, .run(try RunOptions.parse(all), arguments: all))
  }

  /// The command line as `run` would have it.
  private static func withoutOwn(_ arguments: [String]) -> [String] {
    var result: [String] = []
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      if argument == "--format" {
        index += 1
      } else if !argument.hasPrefix("--format=") {
        result.append(argument)
      }
    }
    return result
  }
}

extension FlagDefinition {
  /// The same flag on something that contains its target.
  func lifted<Whole>(
    _ get: @escaping @Sendable (Whole) -> Target, set: @escaping @Sendable (inout Whole, Target) -> Void
  ) -> FlagDefinition<Whole> {
    FlagDefinition<Whole>(
      name, short, aliases: aliases, kind == .value ? .value : .toggle, placeholder, in: group, help: help
    ) {
      (whole: inout Whole, text: String) throws(EngineError) in
      var part = get(whole)
      try apply(&part, text)
      set(&whole, part)
    }
  }
}
