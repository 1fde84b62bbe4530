// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

extension RootFSStore {
  /// Downloads an archive and unpacks it, or finds that this was done before.
  ///
  /// What is stored is used without asking anybody: the archive of an address is taken to stay the same unless
  /// `--pull always` says otherwise, and a checksum needs no address at all.
  func prepareDownload(
    _ url: DownloadURL, _ reference: RootFSReference, _ options: UnpackOptions,
    _ progress: (RootFSProgress) -> Void
  ) throws(RootFSError) -> PreparedRootFS {
    guard url.isSecure || options.expectedDigest != nil else {
      throw RootFSError(
        .unsupported,
        "anybody on the way can exchange what comes over plain HTTP: use https, or say --checksum sha256:DIGEST",
        subject: url.text)
    }
    let name = DownloadIndex.name(url, options)
    if let found = try findDownload(name, options) {
      return prepared(found.digest, found.lease, reference, wasCached: true)
    }
    if options.pull == .never {
      throw RootFSError(.notFound, "is not stored, and --pull never forbids to fetch it", subject: url.text)
    }
    try makeLayout()
    let makers = try lock("url-" + DownloadIndex.key(url), onWait: { progress(.waiting) })
    defer { withExtendedLifetime(makers) {} }
    if let found = try findDownload(name, options) {
      return prepared(found.digest, found.lease, reference, wasCached: true)
    }
    try sweep()
    return try download(url, reference, options, name, progress)
  }

  /// What is stored already and may be used without asking.
  private func findDownload(
    _ name: String, _ options: UnpackOptions
  ) throws(RootFSError) -> (digest: RootFSDigest, lease: RootFSLease)? {
    if let expected = options.expectedDigest {
      let digest = ArchiveIndex.key(expected, options)
      return try lease(on: digest).map { (digest, $0) }
    }
    if options.pull == .always { return nil }
    guard let entry = try readDownloadEntry(name), let lease = try lease(on: entry.digest) else { return nil }
    return (entry.digest, lease)
  }

  private func download(
    _ url: DownloadURL, _ reference: RootFSReference, _ options: UnpackOptions, _ name: String,
    _ progress: (RootFSProgress) -> Void
  ) throws(RootFSError) -> PreparedRootFS {
    // A server may only say "as before" to somebody who wants what was there before.
    let stored = options.expectedDigest == nil ? try storedEntry(name) : nil
    let downloader = Downloader(url: url, options: options, storePath: path, store: directory.fd)
    var part = try PartialDownload.open(DownloadIndex.key(url), store: directory.fd)
    let outcome: Downloader.Outcome
    do throws(RootFSError) {
      outcome = try downloader.fetch(&part, unless: stored?.entry.validator, progress)
    } catch {
      if part.sizeBytes == 0 { try part.remove() }
      throw error.about(url.text)
    }
    if case .unchanged = outcome, let stored {
      try part.remove()
      return prepared(stored.entry.digest, stored.lease, reference, wasCached: true)
    }
    if let expected = options.expectedDigest, part.digest != expected, part.isResumed {
      // What an earlier command left may be what is wrong.
      try part.reset()
      _ = try downloader.fetch(&part, unless: nil, progress)
    }
    do throws(RootFSError) { try checkArchive(part.digest, options, url.text) } catch {
      try part.remove()
      throw error
    }
    let digest = ArchiveIndex.key(part.digest, options)
    var warnings: [String] = []
    var kept = try lease(on: digest)
    let wasCached = kept != nil
    if kept == nil {
      do throws(RootFSError) {
        let archive = try ArchiveFile(path: path + "/" + part.name, name: url.text)
        let made = try unpack(archive, reference, options, progress)
        kept = made.1
        warnings = made.2.warnings
      } catch {
        // Nobody would ever get a better result from these bytes; for lack of space one may.
        if error.code != .system && error.code != .limitExceeded { try part.remove() }
        throw error
      }
    }
    try writeDownloadEntry(name, DownloadIndex.Entry(digest: digest, validator: part.validator))
    try part.remove()
    guard let kept else { throw RootFSError(.system, "the tree \(digest.hex) vanished", subject: path) }
    return prepared(digest, kept, reference, wasCached: wasCached, warnings: warnings)
  }

  /// What was downloaded from the address the last time, for asking whether it has changed.
  private func storedEntry(
    _ name: String
  ) throws(RootFSError) -> (entry: DownloadIndex.Entry, lease: RootFSLease)? {
    guard let entry = try readDownloadEntry(name), entry.validator != nil,
      let lease = try lease(on: entry.digest)
    else { return nil }
    return (entry, lease)
  }

  private func readDownloadEntry(_ name: String) throws(RootFSError) -> DownloadIndex.Entry? {
    do throws(SyscallError) {
      return DownloadIndex.Entry(
        try readFile(directory.fd, "index/" + name, limit: DownloadIndex.maximumBytes))
    } catch {
      if error.errno == .noEntry { return nil }
      throw failure("read the index", error)
    }
  }

  /// The caller holds the lock of this name.
  private func writeDownloadEntry(_ name: String, _ entry: DownloadIndex.Entry) throws(RootFSError) {
    let temporary = "index/new-" + name
    do throws(SyscallError) {
      let file = try openat(
        directory.fd, temporary, [.writeOnly, .create, .truncate, .noFollow], mode: 0o600)
      try writeAll(file.fd, entry.encoded)
      try renameat(directory.fd, temporary, directory.fd, "index/" + name)
    } catch {
      throw failure("write the index", error)
    }
  }

  /// Removes what interrupted downloads have left, unless somebody goes on with them now.
  ///
  /// - Returns: how many there were.
  func pruneDownloads() throws(RootFSError) -> Int {
    var count = 0
    do throws(SyscallError) {
      let downloads = try openat(directory.fd, "downloads", [.readOnly, .directory, .noFollow])
      for entry in try listDirectory(downloads.fd) {
        let key = String(entry.name.prefix(64))
        let lock = try openat(
          directory.fd, "locks/url-" + key, [.readWrite, .create, .noFollow, .nonBlocking], mode: 0o600)
        guard try flock(lock.fd, exclusive: true, wait: false) else { continue }
        try unlinkat(downloads.fd, entry.name)
        if entry.name == key { count += 1 }
      }
    } catch {
      if error.errno != .noEntry { throw failure("remove interrupted downloads", error) }
    }
    return count
  }
}

/// How the archive of an address is found again.
enum DownloadIndex {
  static let maximumBytes = 4096

  /// The address as a file name.
  static func key(_ url: DownloadURL) -> String { RootFSDigest(hashing: Array(url.text.utf8)).hex }

  /// The name of the index entry. The lock is one for the address, whatever is made of its archive: the download is.
  static func name(_ url: DownloadURL, _ options: UnpackOptions) -> String {
    "url-" + key(url) + ArchiveIndex.variant(options)
  }

  /// What is known of an address.
  struct Entry: Equatable {
    /// The tree.
    var digest: RootFSDigest
    /// By what the server tells whether it has another archive by now.
    var validator: String?

    init(digest: RootFSDigest, validator: String?) {
      self.digest = digest
      self.validator = validator
    }

    /// - Returns: nil for what is no entry, which is then as good as none.
    init?(_ bytes: [UInt8]) {
      let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
      guard lines.count >= 2, let digest = RootFSDigest(String(decoding: lines[0], as: UTF8.self)) else {
        return nil
      }
      self.digest = digest
      validator = lines[1].isEmpty ? nil : String(decoding: lines[1], as: UTF8.self)
    }

    var encoded: [UInt8] { Array("\(digest.hex)\n\(validator ?? "")\n".utf8) }
  }
}
