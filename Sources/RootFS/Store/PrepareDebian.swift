// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

extension RootFSStore {
  /// Makes a Debian system, or finds that this was done before.
  func prepareDebian(
    _ suite: String, _ mirror: String?, _ reference: RootFSReference, _ options: UnpackOptions,
    _ progress: (RootFSProgress) -> Void
  ) throws(RootFSError) -> PreparedRootFS {
    let source = try Self.source(suite, mirror)
    let identity = [source.uri, source.suite, source.components.joined(separator: " ")].joined(
      separator: "\n")
    let key = RootFSDigest(hashing: Array(identity.utf8)).hex
    let name = "debootstrap-" + key + ArchiveIndex.variant(options)
    if options.pull != .always, let found = try lookUp(name) {
      return prepared(found.digest, found.lease, reference, wasCached: true)
    }
    if options.pull == .never {
      throw RootFSError(
        .notFound, "is not stored, and --pull never forbids to make it", subject: reference.description)
    }
    guard options.ownership != .caller else {
      throw RootFSError(
        .unsupported,
        "packages have files of many users, and you may be only one: have the administrator give you subordinate ids "
          + "(usermod --add-subuids 100000-165535 --add-subgids 100000-165535 NAME)",
        subject: reference.description)
    }
    try makeLayout()
    let makers = try lock("debootstrap-" + key, onWait: { progress(.waiting) })
    defer { withExtendedLifetime(makers) {} }
    if options.pull != .always, let found = try lookUp(name) {
      return prepared(found.digest, found.lease, reference, wasCached: true)
    }
    try sweep()
    let (digest, lease, report) = try bootstrap(source, key, reference, options, progress)
    try record(digest, as: name)
    return prepared(digest, lease, reference, wasCached: false, warnings: report.warnings)
  }

  private static func source(_ suite: String, _ mirror: String?) throws(RootFSError) -> AptSource {
    let sources = try AptSources.read()
    var source: AptSource
    if let mirror {
      source = Bootstrap.fallback
      source.uri = mirror
      // The keys of a mirror that the host uses, too, are known.
      source.keyring = sources.first { $0.uri == mirror && $0.keyring != nil }?.keyring
    } else {
      source = AptSources.choose(suite, from: sources) ?? Bootstrap.fallback
    }
    source.suite = suite
    return source
  }

  private func bootstrap(
    _ source: AptSource, _ key: String, _ reference: RootFSReference, _ options: UnpackOptions,
    _ progress: (RootFSProgress) -> Void
  ) throws(RootFSError) -> (RootFSDigest, RootFSLease, UnpackReport) {
    let packages = "packages/" + key
    for name in ["packages", packages] {
      do throws(SyscallError) { try mkdirat(directory.fd, name, mode: 0o700) } catch {
        if error.errno != .exists { throw failure("create \(name)", error) }
      }
    }
    // Removed here in the end, and by the next command if this one is killed.
    let scratch = try makeTemporaryTree()
    do throws(RootFSError) {
      do throws(SyscallError) { try Linux.fchmod(scratch.root.fd, 0o755) } catch {
        throw failure("set the mode of the tree", error)
      }
      let work = Bootstrap(
        source: source, packages: path + "/" + packages, scratch: path + "/" + scratch.name + "/root")
      let result = try run(work, reference, options, progress)
      try discard(scratch)
      return result
    } catch {
      throw discarding(scratch, after: error.about(reference.description))
    }
  }

  private func run(
    _ work: Bootstrap, _ reference: RootFSReference, _ options: UnpackOptions,
    _ progress: (RootFSProgress) -> Void
  ) throws(RootFSError) -> (RootFSDigest, RootFSLease, UnpackReport) {
    let isInitial: Bool
    do throws(SyscallError) { isInitial = try isInInitialUserNamespace() } catch {
      throw .system("find out about the user namespace", errno: error.errno.rawValue)
    }
    progress(.building("starting"))
    let program = try work.start(isMachineRoot: geteuid() == 0 && isInitial)
    func checkEnd() throws(RootFSError) {
      let (status, lines) = try program.finish()
      guard status == .exited(0) else {
        throw RootFSError(.buildFailed, "cannot be made: " + Bootstrap.reason(lines))
      }
    }
    do throws(RootFSError) {
      try program.waitForOutput { progress(.building($0)) }
      let stream = try ArchiveStream(name: reference.description) { (buffer) throws(RootFSError) -> Int in
        try program.read(into: buffer)
      }
      return try unpack(stream, reference, options, progress, check: checkEnd)
    } catch {
      program.stop()
      // What the program says of its failure is worth more than that its archive ends early.
      if error.code == .unsupported || error.code == .damagedArchive { try checkEnd() }
      throw error
    }
  }

  /// Removes the packages that no command works with now.
  func prunePackages() throws(RootFSError) {
    do throws(SyscallError) {
      let packages = try openat(directory.fd, "packages", [.readOnly, .directory, .noFollow])
      for entry in try listDirectory(packages.fd) {
        let lock = try openat(
          directory.fd, "locks/debootstrap-" + entry.name, [.readWrite, .create, .noFollow, .nonBlocking],
          mode: 0o600)
        guard try flock(lock.fd, exclusive: true, wait: false) else { continue }
        try TreeRemover.remove(entry.name, from: packages.fd)
      }
    } catch {
      if error.errno != .noEntry { throw failure("remove packages", error) }
    }
  }
}
