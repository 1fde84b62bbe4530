// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// A cgroup with those below it, which may appear and vanish at any time.
struct CgroupTree {
  let hostPath: String

  /// The processes of all of them, as the caller's PID namespace numbers them; 0 for one that it does not show.
  ///
  /// - Returns: nothing when the cgroup does not exist.
  func processes() throws(CgroupError) -> [Int32] {
    var result: [Int32] = []
    _ = try walk(
      entering: { (directory) throws(CgroupError) in try CgroupTree.append(directory, hostPath, to: &result)
      },
      leaving: nil)
    return result
  }

  /// Removes what is below the cgroup, deepest first, as far as it can be; processes keep theirs.
  func removeChildren() throws(CgroupError) {
    _ = try walk(
      entering: { _ throws(CgroupError) in },
      leaving: { (parent, name) throws(CgroupError) in
        do throws(SyscallError) {
          try unlinkat(parent, name, isDirectory: true)
        } catch {
          let isLater = error.errno == .noEntry || error.errno == .busy || error.errno == .notEmpty
          if !isLater { throw .refused("cannot remove the cgroup \(name) below \(hostPath)", error) }
        }
      })
  }

  /// Visits the cgroup and all below it. A container may nest them as deep as it likes, so this holds one
  /// descriptor at a time and no path: it goes up again by `..`, which in these file systems is where it came from.
  ///
  /// - Returns: false when the cgroup does not exist.
  private func walk(
    entering: (FD) throws(CgroupError) -> Void, leaving: ((FD, String) throws(CgroupError) -> Void)?
  ) throws(CgroupError) -> Bool {
    guard var current = try open(.workingDirectory, hostPath) else { return false }
    try entering(current.fd)
    var pending = [try children(current.fd)]
    var names: [String] = []
    while !pending.isEmpty {
      if let name = pending[pending.count - 1].popLast() {
        guard let child = try open(current.fd, name) else { continue }
        current = child
        names.append(name)
        try entering(current.fd)
        pending.append(try children(current.fd))
      } else {
        pending.removeLast()
        guard let name = names.popLast() else { break }
        guard let parent = try open(current.fd, "..") else { break }
        current = parent
        if let leaving { try leaving(current.fd, name) }
      }
    }
    return true
  }

  private func open(_ base: FD, _ name: String) throws(CgroupError) -> Descriptor? {
    do throws(SyscallError) {
      return try openat(base, name, [.readOnly, .directory, .noFollow])
    } catch {
      if isGone(error) { return nil }
      throw .refused("cannot open the cgroup \(hostPath) or one below it (\(name))", error)
    }
  }

  private func children(_ directory: FD) throws(CgroupError) -> [String] {
    do throws(SyscallError) {
      // The kernel counts a directory, its name and its subdirectories' "..".
      if try fstat(directory).linkCount == 2 { return [] }
      return try listDirectory(directory).compactMap { $0.isDirectory ? $0.name : nil }
    } catch {
      if isGone(error) { return [] }
      throw .refused("cannot list the cgroups below \(hostPath)", error)
    }
  }

  /// Adds the processes of one cgroup.
  static func append(_ directory: FD, _ hostPath: String, to result: inout [Int32]) throws(CgroupError) {
    var bytes: [UInt8] = []
    do throws(SyscallError) {
      bytes = try readFile(directory, "cgroup.procs", limit: 1 << 26)
    } catch {
      if isGone(error) { return }
      // In a threaded cgroup of version 2 only threads can be listed.
      guard error.errno == .notSupported else {
        throw .refused("cannot read cgroup.procs of \(hostPath)", error)
      }
      do throws(SyscallError) {
        bytes = try readFile(directory, "cgroup.threads", limit: 1 << 26)
      } catch {
        if isGone(error) { return }
        throw .refused("cannot read cgroup.threads of \(hostPath)", error)
      }
    }
    for line in lines(bytes) {
      guard let number = parseNumber(line), let pid = Int32(exactly: number) else {
        let text = String(decoding: line, as: UTF8.self)
        throw CgroupError(.refused, "cgroup.procs of \(hostPath) has a line \"\(text)\"")
      }
      result.append(pid)
    }
  }
}

/// Whether an error says that the cgroup was removed.
func isGone(_ error: SyscallError) -> Bool {
  error.errno == .noEntry || error.errno == .noDevice
}
