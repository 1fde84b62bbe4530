// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

extension ContainerEngine {
  /// Removes a container.
  ///
  /// - Parameter force: Whether one that runs is killed first.
  /// - Throws: ``EngineError`` when it runs and `force` is false, or when something of it cannot be removed.
  public func remove(_ name: String, force: Bool) throws(EngineError) {
    let store = try Store(location)
    let directory = try store.find(name)
    let id = directory.id
    let view: ContainerView
    do {
      guard let found = try ContainerView(directory) else { return try removeUnfinished(directory, store) }
      view = found
    } catch {
      guard force else { throw error }
      return try removeDamaged(directory, store)
    }
    if view.state.phase == .running || view.isAlive {
      guard force else {
        throw EngineError(
          "the container \(view.record.name) is running: `roost stop \(view.record.name)` ends it, --force kills it"
        )
      }
      try end(view)
    }
    guard try waitForLock(directory) else {
      throw EngineError(
        "the container \(view.record.name) is still being watched over after \(Self.patienceSeconds) s")
    }
    // A container that removes itself has done so by now.
    guard try store.open(id) != nil else { return }
    try view.runtime.forget(id, log: Store.logPath(of: id, location))
    try store.remove(id, name: view.record.name)
  }

  /// How long the end of a killed container may take.
  private static let patienceSeconds: Int64 = 10

  /// What a process that was killed left of a container that it was making.
  private func removeUnfinished(
    _ directory: borrowing ContainerDirectory, _ store: borrowing Store
  ) throws(EngineError) {
    guard try directory.lock() else {
      throw EngineError("the container \(ContainerName.short(directory.id)) is just being made")
    }
    try store.remove(directory.id, name: nil)
  }

  /// A container whose files cannot be read: what is known of its process is killed, the rest removed.
  private func removeDamaged(
    _ directory: borrowing ContainerDirectory, _ store: borrowing Store
  ) throws(EngineError) {
    // bestEffort: a state that cannot be read either names no process; a monitor that lives shows in the lock.
    if let state = try? directory.readState() {
      do {
        if let process = try Liveness.open(state) { try pidfdSendSignal(process.fd, SIGKILL) }
      } catch {
        if error.errno != .noProcess { throw EngineError("\(directory.path): \(error)") }
      }
    }
    guard try waitForLock(directory) else {
      throw EngineError(
        "\(directory.path): the container is still being watched over after \(Self.patienceSeconds) s")
    }
    guard try store.open(directory.id) != nil else { return }
    try store.remove(directory.id, name: nil)
  }

  /// Kills a running container and waits for its process.
  private func end(_ view: ContainerView) throws(EngineError) {
    do {
      guard let process = try Liveness.open(view.state) else { return }
      try kill(view, signal: SIGKILL)
      var entries = [PollEntry(process.fd)]
      guard try poll(&entries, timeoutMilliseconds: Int32(Self.patienceSeconds) * 1000) > 0 else {
        throw EngineError(
          "the container \(view.record.name) is still there \(Self.patienceSeconds) s after SIGKILL")
      }
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError("\(view.record.name): \(error)")
    }
  }

  /// Waits until the container's monitor has recorded the end and is gone.
  private func waitForLock(_ directory: borrowing ContainerDirectory) throws(EngineError) -> Bool {
    let deadline = monotonicNanoseconds() + Self.patienceSeconds * 1_000_000_000
    var pause: UInt32 = 500
    while try !directory.lock() {
      if monotonicNanoseconds() >= deadline { return false }
      usleep(pause)
      pause = min(pause * 2, 20_000)
    }
    return true
  }
}
