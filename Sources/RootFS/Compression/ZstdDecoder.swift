// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CCompression
import Linux

/// Decompresses zstd (RFC 8878) with any number of frames and a window of at most 128 MiB.
final class ZstdDecoder: Decoder {
  private let context: OpaquePointer
  /// Whether the last frame was read to its end.
  private var isBetweenFrames = true

  init() throws(RootFSError) {
    guard let context = ZSTD_createDCtx() else {
      throw RootFSError(.system, "cannot start libzstd", errno: Errno.outOfMemory.rawValue)
    }
    self.context = context
    let result = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Int32(maximumWindowLog))
    guard ZSTD_isError(result) == 0 else { throw failure(result) }
  }

  deinit { ZSTD_freeDCtx(context) }

  func step(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
  ) throws(RootFSError) -> DecodedStep {
    // Between frames an empty input would count as the beginning of a frame.
    if input.isEmpty && isBetweenFrames { return DecodedStep(consumed: 0, produced: 0) }
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let result = ZSTD_decompressStream(context, &target, &source)
    guard ZSTD_isError(result) == 0 else { throw failure(result) }
    isBetweenFrames = result == 0
    return DecodedStep(consumed: source.pos, produced: target.pos)
  }

  func finish() throws(RootFSError) {
    guard isBetweenFrames else {
      throw RootFSError(
        .damagedArchive, "zstd: unexpected end of file; the archive is probably truncated")
    }
  }

  private func failure(_ result: Int) -> RootFSError {
    switch ZSTD_getErrorCode(result) {
    case ZSTD_error_frameParameter_windowTooLarge:
      RootFSError(.limitExceeded, "zstd: needs a window of more than \(1 << (maximumWindowLog - 20)) MiB")
    case ZSTD_error_prefix_unknown:
      RootFSError(.damagedArchive, "zstd: data follows the end of the compressed data")
    case ZSTD_error_memory_allocation:
      RootFSError(.system, "cannot decompress", errno: Errno.outOfMemory.rawValue)
    default: RootFSError(.damagedArchive, "zstd: " + String(cString: ZSTD_getErrorName(result)))
    }
  }
}
