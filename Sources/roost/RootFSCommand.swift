// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ArgumentParser
import Engine

/// `roost rootfs`: root file systems that are stored, and what one is made of.
struct RootFSCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rootfs", abstract: "Manage root file systems.",
    discussion: """
      A ROOT that is an archive, an address, programs of the host or a Debian suite is made once and stored under its \
      digest; containers share it and write to layers of their own.

      TREE is the digest, its beginning, or the ROOT that it was made from.

      EXAMPLES
        roost rootfs pull https://example.org/root.tar.gz --checksum sha256:…
        roost rootfs explain host:bash --with /etc/ssl/certs
        roost rootfs ls --format '{{.ID}} {{.Source}}'
        roost rootfs export debootstrap:bookworm --output bookworm.tar.gz
      """,
    subcommands: [
      Pull.self, List.self, Inspect.self, Explain.self, Mount.self, Export.self, Remove.self, Prune.self,
    ])

  @ParentCommand var parent: Roost

  struct Pull: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a root file system ready without running anything; prints its digest.")

    @ParentCommand var parent: RootFSCommand
    @Option(help: "What the archive's SHA-256 must be, as sha256:DIGEST.") var checksum: String?
    @Option(help: "Ask the network: missing (unless stored), always or never.") var pull: String?
    @Option(help: "The largest archive to download; 8g unless given.") var maxDownload: String?
    @Option(help: "Have this program, file or directory in a host: root, too.") var with: [String] = []
    @Flag(name: .shortAndLong, help: "Show no progress.") var quiet = false
    @Argument(help: ArgumentHelp(valueName: "root")) var root: String

    func run() throws {
      var options = RootOptions()
      options.additions = with
      if let checksum { options.checksum = try parse("--checksum", checksum, RootOptions.checksum) }
      if let pull { options.pull = try parse("--pull", pull, RootOptions.pull) }
      if let maxDownload {
        options.maximumDownloadBytes = try parse("--max-download", maxDownload, RootOptions.maximumDownload)
      }
      let engine = try parent.parent.engine()
      try engine.enterOwnNamespace()
      let source = try prepareRoot(root, options, engine, quiet: quiet)
      try Output.write((source.digest.map { "sha256:" + $0 } ?? source.path) + "\n")
    }

    private func parse<T>(
      _ flag: String, _ value: String, _ parser: (String) throws(EngineError) -> T
    ) throws(EngineError) -> T {
      do { return try parser(value) } catch { throw error.within("\(flag) \(value)") }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "List what is stored.", aliases: ["list"])

    @ParentCommand var parent: RootFSCommand
    @Flag(name: .shortAndLong, help: "Show only digests.") var quiet = false
    @Flag(help: "Show digests whole.") var noTrunc = false
    @Option(help: "table, json, or a template such as '{{.ID}} {{.Source}}'.") var format: String?

    func run() throws {
      let format = try ListFormat(format)
      let rows = try parent.parent.engine().listRoots(full: noTrunc)
      try Output.write(
        quiet
          ? rows.map { ($0["ID"]?.text ?? "") + "\n" }.joined()
          : try format.text(
            rows, columns: ContainerEngine.rootColumns, headings: ContainerEngine.rootHeadings))
    }
  }

  struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show everything about stored root file systems.")

    @ParentCommand var parent: RootFSCommand
    @Option(name: .shortAndLong, help: "A template such as '{{.Path}}', or json for one line each.")
    var format: String?
    @Argument(help: ArgumentHelp(valueName: "tree")) var trees: [String]

    func run() throws {
      let (text, errors) = try parent.parent.engine().inspectRoots(trees, format: format)
      try Output.write(text)
      for error in errors { Program.report(error) }
      if !errors.isEmpty { throw ExitStatus(code: 1) }
    }
  }

  struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what would be in a host: root, and why.",
      discussion: "EXAMPLE: roost rootfs explain host:bash,ls --format '{{.Path}}: {{.Why}}'")

    @ParentCommand var parent: RootFSCommand
    @Option(help: "Have this program, file or directory, too.") var with: [String] = []
    @Option(help: "table, json, or a template such as '{{.Path}} {{.Why}}'.") var format: String?
    @Argument(help: ArgumentHelp(valueName: "root")) var root: String

    func run() throws {
      let format = try ListFormat(format)
      var options = RootOptions()
      options.additions = with
      let rows = try parent.parent.engine().explainRoot(root, options)
      try Output.write(
        try format.text(
          rows, columns: ContainerEngine.explainedRootColumns, headings: ["SizeBytes": "BYTES"]))
    }
  }

  struct Mount: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show a stored root file system, read-only, on a directory; umount(8) ends it.")

    @ParentCommand var parent: RootFSCommand
    @Argument(help: ArgumentHelp(valueName: "tree")) var tree: String
    @Argument var directory: String

    func run() throws { try parent.parent.engine().mountRoot(tree, on: directory) }
  }

  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write a stored root file system as a tar archive to standard output.")

    @ParentCommand var parent: RootFSCommand
    @Option(
      name: .shortAndLong,
      help: ArgumentHelp("Write to this file, compressed as its name says.", valueName: "file"))
    var output: String?
    @Argument(help: ArgumentHelp(valueName: "tree")) var tree: String

    func run() throws {
      let engine = try parent.parent.engine()
      try engine.enterOwnNamespace()
      try engine.exportRoot(tree, to: output)
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rm", abstract: "Remove stored root file systems that no container needs.")

    @ParentCommand var parent: RootFSCommand
    @Argument(help: ArgumentHelp(valueName: "tree")) var trees: [String]

    func run() throws {
      let engine = try parent.parent.engine()
      try engine.enterOwnNamespace()
      try forEach(trees) { (name) throws(EngineError) in
        try Output.write(try engine.removeRoot(name) + "\n")
      }
    }
  }

  struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Remove all that no container needs, kept packages, and what interrupted commands left.")

    @ParentCommand var parent: RootFSCommand

    func run() throws {
      let engine = try parent.parent.engine()
      try engine.enterOwnNamespace()
      let (digests, bytes) = try engine.pruneRoots()
      for digest in digests { try Output.write(digest + "\n") }
      try Output.write("freed \(SizeText.format(bytes))\n")
    }
  }
}

/// Makes a root ready, with a bar that tells how far that is, and says what the user may want to know.
func prepareRoot(
  _ name: String, _ options: RootOptions, _ engine: ContainerEngine, quiet: Bool
) throws -> RootSource {
  var bar = ProgressBar(isOn: !quiet)
  let root: RootSource
  do {
    root = try engine.prepareRoot(name, options) { bar.show($0) }
    bar.clear()
  } catch {
    bar.clear()
    throw error
  }
  for warning in root.warnings where !quiet { Output.error("\(name): \(warning)") }
  return root
}
