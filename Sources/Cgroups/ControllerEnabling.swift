// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// Hands controllers of version 2 down from the root of the tree to a cgroup's parent.
///
/// A controller is there in a cgroup when each of its ancestors has it in `cgroup.subtree_control`.
struct ControllerEnabling {
  /// Not getting one of these is an error.
  let required: CgroupControllers
  /// Enabled where the kernel lets us: a parent with processes of its own, or one that is not ours, may refuse.
  let optional: CgroupControllers

  /// - Parameter path: of the cgroup that is to have them.
  func run(_ root: HierarchyRoot, path: String) throws(CgroupError) {
    var ancestors: [String] = []
    var ancestor = path
    repeat {
      ancestor = parentPath(ancestor)
      ancestors.append(ancestor)
    } while ancestor != "/"
    for ancestor in ancestors.reversed() {
      let directory = try root.open(ancestor, [.path, .directory])
      try enable(in: directory.fd, ancestor == "/" ? root.hostPath : root.hostPath + ancestor)
    }
  }

  private func enable(in directory: FD, _ hostPath: String) throws(CgroupError) {
    let file = "cgroup.subtree_control"
    let enabled = try readControllers(directory, file, of: hostPath)
    let missing = required.subtracting(enabled)
    let wished = optional.subtracting(enabled)
    if missing.isEmpty && wished.isEmpty { return }
    if let obstacle = try obstacle(directory, hostPath) {
      if missing.isEmpty { return }
      throw failure(missing, hostPath, SyscallError("write", obstacle))
    }
    do throws(SyscallError) {
      try writeFile(directory, file, request(missing.union(wished)))
      return
    } catch {
      // All or nothing: without the optional ones it may work.
      if missing.isEmpty { return }
      if wished.isEmpty { throw failure(missing, hostPath, error) }
    }
    do throws(SyscallError) {
      try writeFile(directory, file, request(missing))
    } catch {
      throw failure(missing, hostPath, error)
    }
  }

  /// What the kernel answers, or should: with processes in the cgroup it refuses only memory and its like. For cpu,
  /// cpuset and pids it would turn the cgroup into the root of a threaded tree, which no container can be in.
  private func obstacle(_ directory: FD, _ hostPath: String) throws(CgroupError) -> Errno? {
    // The root of the whole tree has no type, and may have processes.
    guard let type = try readBytesIfPresent(directory, "cgroup.type", of: hostPath) else { return nil }
    if type.starts(with: "threaded".utf8) { return .notSupported }
    return try readBytes(directory, "cgroup.procs", of: hostPath).isEmpty ? nil : .busy
  }

  private func request(_ controllers: CgroupControllers) -> String {
    controllers.names(.v2).map { "+" + $0 }.joined(separator: " ")
  }

  private func failure(
    _ controllers: CgroupControllers, _ hostPath: String, _ error: SyscallError
  ) -> CgroupError {
    let remedy: String? =
      switch error.errno {
      case .busy:
        "it has processes of its own, and a cgroup with processes cannot limit its children: "
          + "move them to a child, or choose another linux.cgroupsPath"
      case .notPermitted, .accessDenied:
        "run as root, or have the controllers delegated (systemd: Delegate=yes)"
      case .noEntry: "its parent does not offer them"
      case .notSupported: "it is threaded: choose another linux.cgroupsPath"
      default: nil
      }
    return .refused(
      "cannot enable the cgroup controllers \(controllers) below \(hostPath)", error, remedy: remedy)
  }
}
