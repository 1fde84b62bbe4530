// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

extension ContainerEngine {
  /// Sends a signal to a container's first process.
  ///
  /// - Throws: ``EngineError`` when the container does not run.
  public func kill(_ name: String, signal: Int32) throws(EngineError) {
    let view = try view(name)
    try kill(view, signal: signal)
  }

  func kill(_ view: ContainerView, signal: Int32) throws(EngineError) {
    guard view.state.phase == .running else {
      throw EngineError("the container \(view.record.name) is not running")
    }
    // Through the runtime: a container in a user namespace, or of another runtime, has its own way to be signalled.
    try view.runtime.call(
      ["kill", view.record.id, String(signal)], log: Store.logPath(of: view.record.id, location))
  }
}

extension ContainerView {
  /// The runtime that the container was started with.
  var runtime: RuntimeCommand { RuntimeCommand(path: record.runtime, root: record.runtimeRoot) }
}

extension Store {
  /// Where runtimes write what goes wrong in operations on a running container.
  static func logPath(of id: String, _ location: StateLocation) -> String {
    "\(path(of: id, location))/\(ContainerDirectory.FileName.operationsLog)"
  }
}
