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
    var view: ContainerView?
    do {
      view = try ContainerView(directory)
    } catch {
      // What is damaged can still be removed, if that is what is wanted.
      guard force else { throw error }
    }
    if let view, view.isAlive, !force {
      throw EngineError(
        "the container \(view.record.name) is running: `roost stop \(view.record.name)` ends it, --force kills it"
      )
    }
    try end(directory, view, force: force)
    // A container that removes itself has done so by now.
    guard try store.open(id) != nil else { return }
    try view?.runtime.forget(id, log: Store.logPath(of: id, location))
    try store.remove(id, name: view?.record.name)
  }

  /// How long the end of a killed container may take.
  private static let patienceSeconds: Int64 = 10

  /// Waits until nothing of a container runs and nobody watches over it; with `force`, kills what runs. Holds the
  /// container's lock afterwards.
  private func end(
    _ directory: borrowing ContainerDirectory, _ view: ContainerView?, force: Bool
  ) throws(EngineError) {
    let shown = view?.record.name ?? ContainerName.short(directory.id)
    let deadline = monotonicNanoseconds() + Self.patienceSeconds * 1_000_000_000
    var pause: UInt32 = 500
    while true {
      // Looked at again each time: a container that is just being started gets its process only now.
      let isGone = try killProcess(of: directory, view, force: force)
      if isGone, try directory.lock() { return }
      guard monotonicNanoseconds() < deadline else {
        throw EngineError("the container \(shown) has not ended within \(Self.patienceSeconds) s")
      }
      usleep(pause)
      pause = min(pause * 2, 20_000)
    }
  }

  /// Kills a container's recorded process, if it lives.
  ///
  /// - Returns: whether there is none.
  private func killProcess(
    of directory: borrowing ContainerDirectory, _ view: ContainerView?, force: Bool
  ) throws(EngineError) -> Bool {
    let state: ContainerState
    do {
      state = try directory.readState()
    } catch {
      // A state that cannot be read names no process; a monitor that lives shows in the lock.
      return true
    }
    do {
      guard let process = try Liveness.open(state) else { return true }
      guard force else { return false }
      if let view {
        do {
          try view.runtime.call(
            ["kill", view.record.id, String(SIGKILL)], log: Store.logPath(of: view.record.id, location))
        } catch {
          // It may have ended in between. If not, the next round tells why it cannot be killed.
          if try Liveness.open(state) != nil { throw error }
        }
      } else {
        try pidfdSendSignal(process.fd, SIGKILL)
      }
      var entries = [PollEntry(process.fd)]
      return try poll(&entries, timeoutMilliseconds: 1000) > 0
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError("\(directory.path): \(error)")
    }
  }
}
