// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

// From the start of `roost` to the first instruction of the container's program, for each of the five systems of
// docs/seeds, with its root file system made before. The program says when that was (Benchmarks/first.c).

extension Scenario {
  static let firstInstructions = System.all.flatMap { system in
    [("none", 15.0, system.name), ("default", 22.0, "\(system.name)-network")].map { network, limit, name in
      firstInstruction(name, system, network: network, limitMilliseconds: limit)
    }
  }

  private static func firstInstruction(
    _ name: String, _ system: System, network: String, limitMilliseconds: Double
  ) -> Scenario {
    Scenario(
      name: "first-\(name)",
      summary:
        "roost \(system.verb) --network \(network), \(system.summary), to the program's first instruction",
      limitMilliseconds: limitMilliseconds, subject: "roost", modes: Mode.allCases
    ) { contender, workshop in
      guard contender.kind == .engine else { return nil }
      let place = System.Place(directory: "\(workshop.directory)/first-\(name)")
      let output = "\(workshop.directory)/first"
      return Trial(
        contender: contender,
        setUp: { () throws(BenchError) in try place.make(workshop) },
        prepare: { _ in
          [contender.path, system.verb, "--network", network] + system.arguments(place)
        },
        environment: Spawner.environment + ["ROOST_ROOT=\(workshop.directory)/engine"],
        output: output,
        moment: { () throws(BenchError) in try System.moment(in: output) })
    }
  }
}

/// One of the five systems, as a command.
private struct System: Sendable {
  let name: String
  let summary: String
  var verb = "run"
  let arguments: @Sendable (Place) -> [String]

  static let all = [
    System(name: "archive", summary: "a cached tarball") {
      ["--rm", "--memory", "64m", $0.archive, "/bin/first"]
    },
    System(name: "settings", summary: "a container directory") { ["--settings", $0.directory] },
    System(name: "host", summary: "a program of the host") { ["--rm", "host:\($0.program)", $0.program] },
    System(name: "overlay", summary: "a directory below a layer") {
      ["--rm", "--overlay", $0.root, "/bin/first"]
    },
    System(name: "directory", summary: "a directory in place") {
      ["--rm", "--hostname", "box", $0.root, "/bin/first"]
    },
    System(name: "mydocker", summary: "limits and a user namespace", verb: "mydocker") {
      ["-aUc", "-M", "67108864", "--root", $0.root, "/bin/first"]
    },
  ]

  /// A container directory, and beside its root file system the same as an archive.
  struct Place: Sendable {
    let directory: String
    var root: String { "\(directory)/chroot" }
    var program: String { "\(root)/bin/first" }
    var archive: String { "\(directory)/rootfs.tar" }

    func make(_ workshop: Workshop) throws(BenchError) {
      try attempting(directory) { () throws(SyscallError) in
        try mkdirat(.workingDirectory, directory, mode: 0o755)
        let file = try openat(
          .workingDirectory, "\(directory)/settings", [.writeOnly, .create, .exclusive], mode: 0o644)
        let lines = [
          "user: 99", "group: 98", "memlimit: 4194304", "cpupercent: 5", "process: /bin/first", "",
        ]
        try writeAll(file.fd, Array(lines.joined(separator: "\n").utf8))
      }
      try workshop.spawner.mustRun(["/bin/cp", "-a", workshop.rootfs, root])
      try workshop.spawner.mustRun(["/bin/cp", workshop.firstProgram, program])
      try workshop.spawner.mustRun(["/bin/tar", "-C", root, "-cf", archive, "."])
    }
  }

  /// What the program has written; a container directory is reported with lines around it.
  static func moment(in path: String) throws(BenchError) -> Int64 {
    let text = try attempting(path) { () throws(SyscallError) in try readText(.workingDirectory, path) }
    guard let moment = text.split(separator: "\n").compactMap({ Int64($0) }).last else {
      throw BenchError("\(path): no time in it")
    }
    return moment
  }
}
