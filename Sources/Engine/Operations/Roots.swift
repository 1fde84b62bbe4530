// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

extension ContainerEngine {
  /// Makes the root file system that the command line names ready.
  ///
  /// - Throws: ``EngineError`` naming the root.
  public func prepareRoot(_ name: String) throws(EngineError) -> RootSource {
    var path = name
    if name.hasPrefix("dir:") { path = String(name.dropFirst(4)) }
    let absolutePath = absolute(path, from: caller.workingDirectory)
    do {
      let directory = try openat(.workingDirectory, absolutePath, [.path, .directory])
      // The kernel's own name for it: links resolved, nothing to be cleaned up as text.
      return RootSource(
        path: try readlinkat(.workingDirectory, "/proc/self/fd/\(directory.rawValue)"), isShared: false)
    } catch {
      throw EngineError("the root file system \(name.quoted): \(error)")
    }
  }

  /// What `run` would do with these options, without doing any of it and without needing privileges.
  ///
  /// - Throws: ``EngineError`` naming the flag.
  public func blueprint(_ options: RunOptions, root: RootSource) throws(EngineError) -> Blueprint {
    // An id that says that it is none: what is printed must not pretend to exist.
    let id = String(repeating: "0", count: 64)
    let facts = try FactsReader(options: options, caller: caller)
      .read(id: id, directory: Store.path(of: id, location), root: root)
    return try Blueprint.make(options, facts)
  }
}
