// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import OCI
import Testing

@testable import Cgroups

/// What the tests with the real kernel need, and whether it is there.
enum Kernel {
  static let host: CgroupHost? = {
    guard geteuid() == 0 else { return nil }
    do { return try CgroupHost.detect() } catch { return nil }
  }()

  /// Root, and version 1 with the usual controllers.
  static var hasV1: Bool {
    guard let host else { return false }
    let needed: [CgroupControllers] = [.memory, .cpu, .cpuset, .pids, .devices, .freezer]
    return needed.allSatisfy { controller in
      host.index(of: controller).map { host.hierarchies[$0].version == .v1 } ?? false
    }
  }

  /// Root, and nothing but version 2, with the usual controllers.
  static var isV2: Bool {
    guard let host, host.layout == .v2 else { return false }
    return host.index(of: [.memory, .cpu, .cpuset, .pids]) != nil
  }

  /// Root, and a tree of version 2.
  static var hasV2: Bool { host?.unified != nil }
}

/// All that touches the kernel, one test at a time: processes that are started side by side inherit one another's pipes.
@Suite(.serialized) struct KernelTests {}

/// A container's cgroups under a name of this test process, with processes in them; all gone at the end.
final class Sandbox {
  let name: String
  let host: CgroupHost
  private(set) var set = CgroupSet(records: [])
  private(set) var membership: CgroupMembership?
  private var children: [Foundation.Process] = []
  private var extraDirectories: [String] = []

  private static let counter = Counter()

  private final class Counter: @unchecked Sendable {
    private var value = 0
    private let lock = NSLock()
    func next() -> Int {
      lock.withLock {
        value += 1; return value
      }
    }
  }

  /// - Parameter versions: the hierarchies to use, all when empty.
  init(only controllers: CgroupControllers? = nil, version: CgroupVersion? = nil) throws {
    name = "roost-test-\(getpid())-\(Sandbox.counter.next())"
    var host = try #require(Kernel.host)
    host.hierarchies.removeAll { hierarchy in
      if let version, hierarchy.version != version { return true }
      if let controllers, !hierarchy.controllers.isSuperset(of: controllers) { return true }
      return false
    }
    self.host = host
  }

  @discardableResult
  func create(_ resources: Resources? = nil, path: String? = nil, options: CgroupOptions? = nil) throws
    -> CgroupMembership
  {
    let plan = try CgroupPlan(
      resources: resources, cgroupsPath: path, id: name, host: host, options: options ?? CgroupOptions())
    let membership = try plan.create()
    self.membership = membership
    set = CgroupSet(records: membership.records)
    return membership
  }

  func path(_ controllers: CgroupControllers) throws -> String {
    try #require(set.record(controllers)?.hostPath)
  }

  var unifiedPath: String {
    get throws { try #require(set.unified?.hostPath) }
  }

  func read(_ controllers: CgroupControllers, _ file: String) throws -> String {
    try text(path(controllers) + "/" + file)
  }

  /// A directory of the test's own that is removed at the end.
  func makeDirectory(_ path: String) throws {
    guard mkdir(path, 0o755) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    extraDirectories.append(path)
  }

  /// Starts a program inside the container's cgroups: it waits outside until it has been moved.
  @discardableResult
  func start(_ script: String, below: String = "", input: Pipe = Pipe(), output: Pipe? = nil) throws
    -> Foundation.Process
  {
    let process = Foundation.Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "read go; " + script]
    process.standardInput = input
    process.standardOutput = output ?? FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    children.append(process)
    for record in set.records {
      try write("\(process.processIdentifier)", to: record.hostPath + below + "/cgroup.procs")
    }
    try input.fileHandleForWriting.write(contentsOf: Data("go\n".utf8))
    return process
  }

  /// Ends everything; a failure to leave nothing behind is the test's failure.
  func remove() {
    for child in children where child.isRunning { kill(child.processIdentifier, SIGKILL) }
    do {
      try set.remove(killing: true)
      #expect(try !set.exists())
    } catch { Issue.record("\(error)") }
    for child in children { child.waitUntilExit() }
    for path in extraDirectories.reversed() where rmdir(path) != 0 && errno != ENOENT {
      Issue.record("cannot remove \(path)")
    }
  }
}

func text(_ path: String) throws -> String {
  try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .newlines)
}

func write(_ value: String, to path: String) throws {
  let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  try handle.write(contentsOf: Data(value.utf8))
  try handle.close()
}

func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

/// Waits until something is so, as long as a slow machine may need.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
  for _ in 0..<2000 {
    if try condition() { return true }
    usleep(5000)
  }
  return false
}
