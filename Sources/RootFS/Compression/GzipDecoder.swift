// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CCompression
import Linux

/// Decompresses gzip (RFC 1952) with any number of members, as gzip(1) does, and zero padding behind the last one.
final class GzipDecoder: Decoder {
  private enum State {
    case member
    case between
    case padding
  }

  /// zlib keeps a pointer to the stream that it was initialised with, so that it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private var state = State.member

  init() throws(RootFSError) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard cc_inflate_init_gzip(stream) == Z_OK else {
      stream.deallocate()
      throw RootFSError(.system, "cannot start zlib", errno: Errno.outOfMemory.rawValue)
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  func step(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
  ) throws(RootFSError) -> DecodedStep {
    switch state {
    case .member: return try inflateMember(input, output)
    case .between:
      guard let first = input.first else { return DecodedStep(consumed: 0, produced: 0) }
      state = first == 0 ? .padding : .member
      if state == .member && first != 0x1f { throw junk() }
      guard inflateReset(stream) == Z_OK else { throw damaged("cannot restart") }
      return try step(input, output)
    case .padding:
      guard input.allSatisfy({ $0 == 0 }) else { throw junk() }
      return DecodedStep(consumed: input.count, produced: 0)
    }
  }

  private func inflateMember(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
  ) throws(RootFSError) -> DecodedStep {
    let inputCount = min(input.count, Int(Int32.max))
    let outputCount = min(output.count, Int(Int32.max))
    // SAFETY: zlib only reads from next_in; both buffers outlive the call and the pointers are dropped after it.
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(inputCount)
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(outputCount)
    let result = inflate(stream, Z_NO_FLUSH)
    let step = DecodedStep(
      consumed: inputCount - Int(stream.pointee.avail_in),
      produced: outputCount - Int(stream.pointee.avail_out))
    stream.pointee.next_in = nil
    stream.pointee.next_out = nil
    switch result {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END: state = .between
    case Z_MEM_ERROR: throw RootFSError(.system, "cannot decompress", errno: Errno.outOfMemory.rawValue)
    default: throw damaged(stream.pointee.msg.map { String(cString: $0) } ?? "error \(result)")
    }
    return step
  }

  func finish() throws(RootFSError) {
    if case .member = state { throw damaged("unexpected end of file; the archive is probably truncated") }
  }

  private func junk() -> RootFSError { damaged("data follows the end of the compressed data") }

  private func damaged(_ what: String) -> RootFSError {
    RootFSError(.damagedArchive, "gzip: " + what)
  }
}
