// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import ContainerPlan
import Engine
import Explain

/// `roost explain`: what `run` would do, without doing it.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show how a container is made, step by step.",
    usage: "roost explain [flags] ROOT [COMMAND [ARG…]]")

  @ParentCommand var parent: Roost

  @Argument(parsing: .captureForPassthrough, help: .hidden)
  var arguments: [String] = []

  func run() throws { try Self.run(arguments, root: parent.root) }

  /// - Parameter root: The value of roost's own `--root`.
  static func run(_ arguments: [String], root: String?) throws {
    if asksForHelp(arguments, ExplainRequest.table) { return try Output.write(help) }
    let (request, subject) = try ExplainRequest.parse(arguments)
    let engine = try Roost.engine(root: root)
    let isScript = request.format == .sh
    switch subject {
    case .two(let first, let second):
      let difference = try Difference(engine.exposition(of: first), engine.exposition(of: second))
      try Output.write(request.format == .json ? difference.json() : difference.text())
    case .bundleOrRoot(let name, _) where engine.hasBundle(name):
      try show(try engine.exposition(bundle: name), request.format)
    case .bundleOrRoot(let name, let options):
      try show(try engine.exposition(options, command: [name], isScript: isScript), request.format)
    case .run(let options, let arguments):
      try show(try engine.exposition(options, command: arguments, isScript: isScript), request.format)
    }
  }

  private static func show(_ exposition: Exposition, _ format: ExplainRequest.Format) throws {
    switch format {
    case .text: try Output.write(Colour.headings(exposition.explanation.text()) + "\n")
    case .json: try Output.write(String(decoding: exposition.explanation.json(), as: UTF8.self) + "\n")
    case .sh: try Output.write(try exposition.script())
    case .dot: try Output.write(Picture(exposition).dot())
    case .svg: try Output.write(Picture(exposition).svg())
    }
  }

  static var help: String {
    """
    Show how a container is made, step by step: what, why there, who asked for it, the system calls, the manual pages.

    USAGE: roost explain [flags] ROOT [COMMAND [ARG…]]   what `roost run` would do
           roost explain [--format …] BUNDLE             what a runtime does with another tool's OCI bundle
           roost explain --diff A B                      what differs between two containers or bundles

    ROOT is as for `roost run`; a directory with a config.json, and no command behind it, is a bundle.
    \(ExplainRequest.table.help())\(Examples.section("explain"))
    """
  }
}
