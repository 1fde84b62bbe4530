// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CCompression
import Linux

/// Decompresses .xz with any number of streams, as xz(1) does, checking each block's checksum.
final class XZDecoder: Decoder {
  private let stream: UnsafeMutablePointer<lzma_stream>
  private var isEnded = false

  init() throws(RootFSError) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: cc_lzma_stream())
    // The dictionary, and a little for the decoder itself.
    let memoryBytes = UInt64(1 << maximumWindowLog) + (1 << 20)
    guard lzma_stream_decoder(stream, memoryBytes, cc_lzma_concatenated) == LZMA_OK else {
      stream.deallocate()
      throw RootFSError(.system, "cannot start liblzma", errno: Errno.outOfMemory.rawValue)
    }
  }

  deinit {
    lzma_end(stream)
    stream.deallocate()
  }

  func step(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
  ) throws(RootFSError) -> DecodedStep {
    if isEnded { return DecodedStep(consumed: 0, produced: 0) }
    // An empty input is the end of the file: only then does liblzma know that no further stream follows.
    let action = input.isEmpty ? LZMA_FINISH : LZMA_RUN
    // SAFETY: both buffers outlive the call and the pointers are dropped after it.
    stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = input.count
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = output.count
    let result = lzma_code(stream, action)
    let step = DecodedStep(
      consumed: input.count - stream.pointee.avail_in, produced: output.count - stream.pointee.avail_out)
    stream.pointee.next_in = nil
    stream.pointee.next_out = nil
    switch result {
    case LZMA_OK: break
    case LZMA_STREAM_END: isEnded = true
    case LZMA_BUF_ERROR:
      if action == LZMA_FINISH { throw damaged("unexpected end of file; the archive is probably truncated") }
    case LZMA_MEM_ERROR: throw RootFSError(.system, "cannot decompress", errno: Errno.outOfMemory.rawValue)
    case LZMA_MEMLIMIT_ERROR:
      throw RootFSError(
        .limitExceeded, "xz: needs a dictionary of more than \(1 << (maximumWindowLog - 20)) MiB")
    case LZMA_FORMAT_ERROR: throw damaged("data follows the end of the compressed data")
    case LZMA_OPTIONS_ERROR: throw damaged("unknown options")
    case LZMA_DATA_ERROR: throw damaged("the compressed data is corrupt")
    default: throw damaged("error \(result.rawValue)")
    }
    return step
  }

  func finish() throws(RootFSError) {
    guard isEnded else { throw damaged("unexpected end of file; the archive is probably truncated") }
  }

  private func damaged(_ what: String) -> RootFSError {
    RootFSError(.damagedArchive, "xz: " + what)
  }
}
