// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// A runtime's commands, with a state directory of its own.
struct RuntimeDriver: Sendable {
  let contender: Contender
  let workshop: Workshop

  func command(_ words: [String]) -> [String] {
    [contender.path, "--root", "\(workshop.directory)/root-\(contender.name)"] + words
  }

  /// An id that no other contender or round uses.
  func id(_ suffix: String) -> String { "\(workshop.word)-\(contender.name)-\(suffix)" }

  private var pidFile: String { "\(workshop.directory)/pid-\(contender.name)" }

  func createCommand(_ id: String, bundle: String) -> [String] {
    command(["create", "--bundle", bundle, "--pid-file", pidFile, id])
  }

  func create(_ id: String, bundle: String) throws(BenchError) {
    try workshop.spawner.mustRun(createCommand(id, bundle: bundle))
  }

  func createAndStart(_ id: String, bundle: String) throws(BenchError) {
    try create(id, bundle: bundle)
    try workshop.spawner.mustRun(command(["start", id]))
  }

  /// Init of the container that was created last.
  func lastPID() throws(BenchError) -> Int32 {
    let text = try attempting("pid file of \(contender.name)") { () throws(SyscallError) in
      try readText(.workingDirectory, pidFile)
    }
    guard let pid = Int32(text) else { throw BenchError("\(contender.name) wrote \(text) as a pid") }
    return pid
  }

  /// Ends a container's init without the runtime, and reaps it: its parent is PID 1, which is the bench.
  func killInit(_ pid: Int32) throws(BenchError) {
    try attempting("end of a container of \(contender.name)") { () throws(SyscallError) in
      let pidfd: Descriptor
      do throws(SyscallError) {
        pidfd = try pidfdOpen(pid)
      } catch {
        if error.errno == .noProcess { return }
        throw error
      }
      try pidfdSendSignal(pidfd.fd, SIGKILL)
      _ = try waitid(pidfd.fd)
    }
  }

  func delete(_ id: String) throws(BenchError) {
    try workshop.spawner.mustRun(command(["delete", id]))
  }

  func endAndDelete(_ id: String, pid: Int32) throws(BenchError) {
    try killInit(pid)
    try delete(id)
  }
}
