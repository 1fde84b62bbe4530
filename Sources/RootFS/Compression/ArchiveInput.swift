// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// Reads an archive's bytes once, hashing them on the way to the decompressor.
///
/// Used by one thread at a time: first by the one that opens the archive, then by the pipeline's.
struct ArchiveInput {
  /// Reads some bytes into the buffer; 0 at the end.
  typealias Read = (UnsafeMutableRawBufferPointer) throws(RootFSError) -> Int

  private let read: Read
  private var hash = SHA256()
  private let decoder: (any Decoder)?
  private let limit: OutputLimit
  private let buffer: UnsafeMutableRawBufferPointer
  private var unread: Range<Int> = 0..<0
  private var isAtEnd = false
  /// Bytes of the file read so far.
  private(set) var bytesRead: UInt64 = 0
  private var bytesProduced: UInt64 = 0

  /// How much an archive may unpack to.
  struct OutputLimit {
    /// What fits on the file system.
    var usableBytes: UInt64
    /// What has to stay free there.
    var reservedBytes: UInt64
    /// Bytes for each of the archive's own, beside `ratioFreeBytes`.
    var ratio: UInt64
    var ratioFreeBytes: UInt64
    /// Size of the archive; nil while nobody knows, when what was read of it counts.
    var sizeBytes: UInt64?

    /// - Throws: `limitExceeded`.
    func check(producedBytes: UInt64, readBytes: UInt64) throws(RootFSError) {
      guard producedBytes <= usableBytes else {
        throw RootFSError(
          .limitExceeded,
          "unpacks to more than \(usableBytes) bytes, which is what the file system has free beyond a reserve of "
            + "\(reservedBytes); free some, or choose another with --root")
      }
      let (product, tooLarge) = (sizeBytes ?? readBytes).multipliedReportingOverflow(by: ratio)
      let (bytes, tooMuch) = product.addingReportingOverflow(ratioFreeBytes)
      guard tooLarge || tooMuch || producedBytes <= bytes else {
        throw RootFSError(
          .limitExceeded,
          "unpacks to more than \(bytes) bytes, \(ratio) times its own size; it looks like a decompression bomb"
        )
      }
    }
  }

  init(format: ArchiveFormat, limit: OutputLimit, read: @escaping Read) throws(RootFSError) {
    self.read = read
    self.limit = limit
    decoder = try format.makeDecoder()
    // Small enough to stay in the processor's cache between read and decompression.
    buffer = .allocate(byteCount: 256 << 10, alignment: 4096)
  }

  /// Frees the buffer; the value is of no use afterwards.
  func deallocate() { buffer.deallocate() }

  /// The digest of all bytes read; meaningful once `fill` has returned 0.
  func digest() -> RootFSDigest { hash.digest() }

  /// Fills `output` with decompressed bytes, wholly unless the archive ends.
  ///
  /// - Returns: the number of bytes; 0 at the end of the archive, which was then found complete.
  mutating func fill(_ output: UnsafeMutableRawBufferPointer) throws(RootFSError) -> Int {
    var count = 0
    while count < output.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: output[count...])
      let produced = try decoder == nil ? readPlain(rest) : decompress(rest)
      if produced == 0 { break }
      count += produced
    }
    bytesProduced += UInt64(count)
    try limit.check(producedBytes: bytesProduced, readBytes: bytesRead)
    return count
  }

  private mutating func readPlain(_ output: UnsafeMutableRawBufferPointer) throws(RootFSError) -> Int {
    let count = try read(output)
    hash.update(UnsafeRawBufferPointer(rebasing: output[..<count]))
    bytesRead += UInt64(count)
    return count
  }

  private mutating func decompress(_ output: UnsafeMutableRawBufferPointer) throws(RootFSError) -> Int {
    guard let decoder else { return 0 }
    while true {
      if unread.isEmpty && !isAtEnd {
        let count = try readPlain(buffer)
        isAtEnd = count == 0
        unread = 0..<count
      }
      // Decoders take an empty input for the end of the file, which it is here.
      let step = try decoder.step(UnsafeRawBufferPointer(rebasing: buffer[unread]), output)
      unread = (unread.lowerBound + step.consumed)..<unread.upperBound
      if step.produced > 0 { return step.produced }
      if unread.isEmpty && isAtEnd {
        try decoder.finish()
        return 0
      }
      guard step.consumed > 0 || unread.isEmpty else {
        throw RootFSError(.damagedArchive, "the compressed data is corrupt")
      }
    }
  }
}
