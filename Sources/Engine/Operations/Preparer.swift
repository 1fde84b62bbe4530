// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// Carries out the engine's own steps of a blueprint, in a container's directory.
enum Preparer {
  static func carryOut(
    _ steps: [Preparation], in container: borrowing ContainerDirectory
  ) throws(EngineError) {
    for step in steps { try carryOut(step, in: container) }
  }

  private static func carryOut(
    _ step: Preparation, in container: borrowing ContainerDirectory
  ) throws(EngineError) {
    switch step {
    case .createBindSource(let path, let origin): try createBindSource(path, origin)
    case .writeFile(let name, let text): try container.create(name, Array(text.utf8), mode: 0o644)
    case .createDirectory(let name, let mode): try container.makeDirectory(name, mode: mode)
    case .enterUserNamespace: break
    case .mountMapped(let source, let target, let maps):
      try Overlay.mountMapped(source, on: "\(container.path)/\(target)", maps)
    case .unshareMounts: try Overlay.unshareMounts()
    case .mountOverlay(let lower, let upper, let work, let target, let volatile):
      try copyRootAttributes(from: lower, to: "\(container.path)/\(upper)")
      try Overlay.mount(
        lower: lower, upper: "\(container.path)/\(upper)", work: "\(container.path)/\(work)",
        target: "\(container.path)/\(target)", volatile: volatile)
    }
  }

  /// The container's `/` has the owner and mode of the upper layer, which must be those of the root below it.
  private static func copyRootAttributes(from lower: String, to upper: String) throws(EngineError) {
    do {
      let status = try fstatat(.workingDirectory, lower)
      let directory = try openat(.workingDirectory, upper, [.readOnly, .directory, .noFollow])
      try fchown(directory.fd, uid: status.uid, gid: status.gid)
      try fchmod(directory.fd, status.mode & 0o7777)
    } catch {
      throw EngineError("\(upper): \(error)")
    }
  }

  /// As Docker's `--volume`: what is missing becomes a directory.
  private static func createBindSource(_ path: String, _ origin: String) throws(EngineError) {
    var prefix = ""
    for part in path.pieces(separatedBy: Byte.slash) where !part.isEmpty {
      prefix += "/" + part
      do {
        _ = try fstatat(.workingDirectory, prefix)
        continue
      } catch {
        if error.errno != .noEntry { throw EngineError("\(origin): \(prefix.quoted): \(error.errno)") }
      }
      do {
        try mkdirat(.workingDirectory, prefix, mode: 0o755)
      } catch {
        if error.errno != .exists {
          throw EngineError("\(origin): cannot make the directory \(prefix.quoted): \(error.errno)")
        }
      }
    }
  }

  /// Takes the container's layer, and what is below it, out of this mount namespace; nothing mounted is fine.
  static func unmount(_ container: borrowing ContainerDirectory) throws(EngineError) {
    for name in [SpecBuilder.FileName.root, SpecBuilder.FileName.lower] {
      try unmount("\(container.path)/\(name)")
    }
  }

  private static func unmount(_ path: String) throws(EngineError) {
    do {
      try detachMount(path)
    } catch {
      // No such directory, or no mount on it: the root is used in place, or the mount never came to be.
      if error.errno == .noEntry || error.errno == .invalidArgument { return }
      throw EngineError("\(path): \(error)")
    }
  }
}
