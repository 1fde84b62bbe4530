// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import JSON
import OCI
import Testing

@testable import Engine

/// Command lines of `roost run` and the whole OCI configuration that each leads to, compared with the files in
/// `Golden/`. `ROOST_UPDATE_GOLDEN=1` writes them anew; read the difference before you commit it.
@Suite struct GoldenTests {
  private static let cases: [(name: String, arguments: [String])] = [
    ("default", ["./root"]),
    (
      "shell",
      ["--rm", "-it", "-h", "box", "-m", "64m", "--cpus", "0.5", "--pids-limit", "50", "./root", "sh", "-l"]
    ),
    (
      "web",
      [
        "--name", "web", "-u", "web", "-e", "A=1", "-w", "/srv", "--read-only", "--tmpfs", "/run:size=1m",
        "-v", "/data:/data:ro", "--label", "x=y", "--stop-signal", "QUIT", "--init", "./root", "httpd",
      ]
    ),
    ("privileged", ["--privileged", "--network", "host", "./root"]),
    (
      "locked",
      [
        "--cap-drop", "ALL", "--cap-add", "NET_BIND_SERVICE", "--security-opt", "mask=/proc/version",
        "--ulimit",
        "nofile=64:128", "--sysctl", "net.ipv4.ip_forward=0", "--oom-score-adj", "500", "--umask", "0077",
        "./root",
      ]
    ),
    (
      "layered",
      ["--overlay", "--memory", "1g", "--memory-swap", "-1", "--cpuset-cpus", "0-1", "./root", "true"]
    ),
    ("device", ["--device", "/dev/fuse:/dev/fuse:rw", "--group-add", "5", "--shm-size", "1g", "./root"]),
    (
      "open",
      [
        "--security-opt", "systempaths=unconfined", "--security-opt", "seccomp=unconfined", "--security-opt",
        "no-new-privileges=false", "--mount", "type=bind,src=/m,dst=/m,bind-propagation=rslave", "./root",
      ]
    ),
  ]

  private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
    path: "Golden")

  private func spec(_ arguments: [String]) throws -> Spec {
    let options = try RunOptions.parse(arguments)
    var facts = SpecBuilderTests.facts()
    facts.devices = options.devices.map { request in
      [
        Device(
          type: .character, path: request.containerPath, major: 10, minor: 229, fileMode: 0o666, uid: 0,
          gid: 0)
      ]
    }
    facts.allDevices = [
      Device(type: .character, path: "/dev/kmsg", major: 1, minor: 11, fileMode: 0o644, uid: 0, gid: 0)
    ]
    // The built-in profile is the business of another module; one rule stands for it.
    facts.seccomp = options.security.seccomp == .unconfined ? nil : SeccompProfile(defaultAction: .errno)
    return try Blueprint.make(options, facts).spec
  }

  @Test(arguments: cases.map(\.name))
  func configuration(_ name: String) throws {
    let arguments = try #require(Self.cases.first { $0.name == name }).arguments
    let spec = try spec(arguments)
    let text = String(decoding: spec.encoded(.pretty), as: UTF8.self) + "\n"
    let file = Self.directory.appending(path: "\(name).json")
    if ProcessInfo.processInfo.environment["ROOST_UPDATE_GOLDEN"] == "1" {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    let expected = try String(contentsOf: file, encoding: .utf8)
    #expect(text == expected, "\(arguments.joined(separator: " "))")
  }

  /// What the engine writes must be what the specification's rules accept and its readers read back.
  @Test(arguments: cases.map(\.name))
  func validity(_ name: String) throws {
    let arguments = try #require(Self.cases.first { $0.name == name }).arguments
    let spec = try spec(arguments)
    try spec.validate()
    #expect(try Spec(validating: spec.encoded(.compact), source: name) == spec)
  }
}
