// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// Unpacks an archive from wherever its bytes come.
struct UnpackJob {
  let format: ArchiveFormat
  /// Size of the archive; nil while nobody knows.
  let sizeBytes: UInt64?
  let options: UnpackOptions

  /// Unpacks into the empty directory `root`, which nobody else can reach, reading everything once.
  ///
  /// - Parameter read: gives the archive's bytes, on another thread.
  /// - Returns: the digest of the archive and what was made.
  /// - Throws: an error that names the entry. `root` then holds what was made so far.
  func run(
    into root: FD, _ progress: (RootFSProgress) -> Void, read: @escaping ArchiveInput.Read
  ) throws(RootFSError) -> (digest: RootFSDigest, report: UnpackReport) {
    let input = try ArchiveInput(format: format, limit: try limit(for: root), read: read)
    let pipeline = try ArchivePipeline(input)
    defer { pipeline.finish() }
    var limits = TarLimits()
    limits.entries = options.maximumEntries
    var unpacker = try TreeUnpacker(TarReader(pipeline, limits: limits), into: root, options: options)
    progress(.reading(doneBytes: 0, totalBytes: sizeBytes))
    try unpacker.unpack { progress(.reading(doneBytes: pipeline.progress, totalBytes: sizeBytes)) }
    guard let digest = pipeline.finish() else {
      throw RootFSError(.damagedArchive, "the archive was not read to its end")
    }
    guard unpacker.report.entries > 0 else {
      throw RootFSError(.unsupported, "the archive is empty: there is nothing in it to be a root file system")
    }
    return (digest, unpacker.report)
  }

  /// What the archive may unpack to: `maximumRatio` times its own size, and not more than fits.
  private func limit(for root: FD) throws(RootFSError) -> ArchiveInput.OutputLimit {
    let free = try freeBytes(of: root)
    return ArchiveInput.OutputLimit(
      usableBytes: free > options.reservedBytes ? free - options.reservedBytes : 0,
      reservedBytes: options.reservedBytes, ratio: options.maximumRatio,
      ratioFreeBytes: options.ratioFreeBytes,
      sizeBytes: sizeBytes)
  }
}
