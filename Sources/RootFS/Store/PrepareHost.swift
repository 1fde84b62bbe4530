// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

extension RootFSStore {
  func prepareHost(
    _ names: [String], _ reference: RootFSReference, _ options: UnpackOptions, _ searchPath: String,
    _ progress: (RootFSProgress) -> Void
  ) throws(RootFSError) -> PreparedRootFS {
    let request = Array((names + [searchPath] + options.additions).joined(separator: "\0").utf8)
    let name = "host-" + RootFSDigest(hashing: request).hex
    if let found = try lookUpHost(name) {
      return prepared(found.digest, found.lease, reference, wasCached: true)
    }
    try makeLayout()
    let makers = try lock(name, onWait: { progress(.waiting) })
    defer { withExtendedLifetime(makers) {} }
    if let found = try lookUpHost(name) {
      return prepared(found.digest, found.lease, reference, wasCached: true)
    }
    let closure = try HostClosure(of: names, additions: options.additions, searchPath: searchPath)
    let digest = HostManifest.digest(of: closure.members)
    var wasCached = true
    var warnings: [String] = []
    let lease: RootFSLease
    if let existing = try self.lease(on: digest) {
      lease = existing
    } else {
      try sweep()
      let report: UnpackReport
      (lease, report) = try write(closure, as: digest, reference)
      warnings = report.warnings
      wasCached = false
    }
    try record(HostManifest.encode(digest, closure.files.answers, listed: closure.files.listed), as: name)
    return prepared(digest, lease, reference, wasCached: wasCached, warnings: warnings)
  }

  private func write(
    _ closure: HostClosure, as digest: RootFSDigest, _ reference: RootFSReference
  ) throws(RootFSError) -> (RootFSLease, UnpackReport) {
    let tree = try makeTemporaryTree()
    do throws(RootFSError) {
      var writer = try HostTreeWriter(root: tree.root.fd)
      try writer.write(closure.members)
      do throws(SyscallError) { try Linux.fchmod(tree.root.fd, 0o755) } catch {
        throw failure("set the mode of the tree", error)
      }
      var mark = TreeMark()
      mark.source = reference.description
      mark.createdSeconds = Int64(time(nil))
      mark.report = writer.report
      return (try commit(tree, as: digest, mark), writer.report)
    } catch {
      throw discarding(tree, after: error)
    }
  }

  private func lookUpHost(_ name: String) throws(RootFSError) -> (digest: RootFSDigest, lease: RootFSLease)? {
    let manifest: [UInt8]
    do throws(SyscallError) {
      manifest = try readFile(directory.fd, "index/" + name, limit: HostManifest.maximumBytes)
    } catch {
      if error.errno == .noEntry { return nil }
      throw failure("read the index", error)
    }
    guard let digest = HostManifest.validDigest(manifest), let lease = try lease(on: digest) else {
      return nil
    }
    return (digest, lease)
  }

  /// Writes the manifest. The caller holds the lock of this name.
  private func record(_ manifest: [UInt8], as name: String) throws(RootFSError) {
    let temporary = "index/new-" + name
    do throws(SyscallError) {
      let file = try openat(
        directory.fd, temporary, [.writeOnly, .create, .truncate, .noFollow], mode: 0o600)
      try writeAll(file.fd, manifest)
      try renameat(directory.fd, temporary, directory.fd, "index/" + name)
    } catch {
      throw failure("write the index", error)
    }
  }
}
