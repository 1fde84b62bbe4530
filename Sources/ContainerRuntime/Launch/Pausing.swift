// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import Linux

extension RuntimeSide {
  /// Tells the watcher where the container stands, and waits until it may go on.
  ///
  /// One packet each way (`docs/sync-protocol.md`): the name of the group that comes next and the number of the container's
  /// process, 0 for none; then any answer. End of file means that the container is not wanted any more.
  func pause(before group: StepGroup) throws(StepFailure) {
    guard let watcher = launch.watcher else { return }
    try letOthersIn()
    let answer = try step("--step-fd") { () throws(SyscallError) in
      try Linux.send(watcher.fd, Array("\(group.rawValue) \(process?.pid ?? 0)".utf8))
      return try Linux.receive(watcher.fd, limit: 64).bytes
    }
    try shutOthersOut()
    guard !answer.isEmpty else {
      throw StepFailure("ended before \"\(group.title)\", as asked")
    }
  }

  /// From the moment it is on record the half-made container can be looked at, entered and removed while it waits.
  private func letOthersIn() throws(StepFailure) {
    guard launch.record.summary.process != nil else { return }
    try step("state of \(launch.record.summary.id)") { () throws(SyscallError) in
      try launch.directory.unlock()
    }
  }

  private func shutOthersOut() throws(StepFailure) {
    guard launch.record.summary.process != nil else { return }
    let isThere = try step("state of \(launch.record.summary.id)") { () throws(SyscallError) in
      try launch.directory.lock()
    }
    guard !isThere else { return }
    launch.isRemoved = true
    throw StepFailure("container \(launch.record.summary.id) was removed while it waited")
  }
}
