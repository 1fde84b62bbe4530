// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What one step of a decoder did.
struct DecodedStep {
  /// Bytes of the input that were used.
  var consumed: Int
  /// Bytes of the output that were written.
  var produced: Int
}

/// A streaming decompressor.
///
/// Each decoder follows concatenated members or frames to the end of the input, verifies the checksums of its format
/// and bounds its own memory.
protocol Decoder: AnyObject {
  /// Decompresses some of `input` into `output`. A step that uses and writes nothing wants more input.
  ///
  /// - Throws: `damagedArchive` or `limitExceeded`.
  func step(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
  ) throws(RootFSError) -> DecodedStep

  /// Called when the input is at its end and a step produced nothing more.
  ///
  /// - Throws: `damagedArchive` if the compressed data is incomplete.
  func finish() throws(RootFSError)
}

/// Memory that a decoder may use for its window: enough for every preset of xz(1) and for `zstd --long`.
let maximumWindowLog = 27

extension ArchiveFormat {
  /// A new decoder; nil for archives that are not compressed.
  func makeDecoder() throws(RootFSError) -> (any Decoder)? {
    switch self {
    case .plain: nil
    case .gzip: try GzipDecoder()
    case .xz: try XZDecoder()
    case .zstd: try ZstdDecoder()
    }
  }
}
