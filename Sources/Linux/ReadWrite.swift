// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// read(2): at most `count` bytes; empty at the end of the file.
public func read(_ fd: FD, upTo count: Int) throws(SyscallError) -> [UInt8] {
  var length = 0
  var failed: SyscallError?
  let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
    do throws(SyscallError) {
      length = try read(fd, into: UnsafeMutableRawBufferPointer(buffer))
    } catch { failed = error }
    initialized = length
  }
  if let failed { throw failed }
  return bytes
}

/// read(2) into a buffer; 0 at the end of the file.
public func read(_ fd: FD, into buffer: UnsafeMutableRawBufferPointer) throws(SyscallError) -> Int {
  try checkRetrying("read") { cl_read(fd.rawValue, buffer.baseAddress, buffer.count) }
}

/// Reads the rest of a file.
///
/// - Parameter limit: more than so many bytes is `EFBIG`.
public func readAll(_ fd: FD, limit: Int) throws(SyscallError) -> [UInt8] {
  var bytes: [UInt8] = []
  var chunk = 4096
  let status = try fstat(fd)
  let hasSize = status.isRegular && status.sizeBytes > 0
  if hasSize { chunk = min(limit, Int(clamping: status.sizeBytes)) + 1 }
  while true {
    let part = try read(fd, upTo: chunk)
    let isLast = part.isEmpty || hasSize && part.count < chunk
    if part.count > limit - bytes.count { throw SyscallError("read", Errno(EFBIG)) }
    if bytes.isEmpty { bytes = part } else { bytes += part }
    if isLast { return bytes }
    chunk = 65536
  }
}

/// Reads a whole file by name.
public func readFile(_ directory: FD, _ path: String, limit: Int) throws(SyscallError) -> [UInt8] {
  // A FIFO without a writer would block the opening.
  let file = try openat(directory, path, [.readOnly, .nonBlocking, .noControllingTerminal])
  do throws(SyscallError) {
    return try readAll(file.fd, limit: limit)
  } catch {
    throw SyscallError(error.call, error.errno, path)
  }
}

/// Reads a whole file that the kernel shows as one record, as it does most of cgroups and many of proc(5).
public func readKernelFile(_ directory: FD, _ path: String) throws(SyscallError) -> [UInt8] {
  let file = try openat(directory, path, .readOnly)
  do throws(SyscallError) { return try readUntilShort(file.fd) } catch {
    throw SyscallError(error.call, error.errno, path)
  }
}

/// Reads the rest of a file of which a read that does not fill the buffer is the last: one on a disk or in memory that nobody
/// extends, or one as for ``readKernelFile(_:_:)``. That saves asking for its size and asking again.
///
/// More than 16 MiB is `EFBIG`.
public func readUntilShort(_ fd: FD) throws(SyscallError) -> [UInt8] {
  var bytes = try read(fd, upTo: 4096)
  var size = bytes.count
  while size == 4096 || size == 65536 {
    let more = try read(fd, upTo: 65536)
    bytes += more
    size = more.count
    if bytes.count > 1 << 24 { throw SyscallError("read", Errno(EFBIG)) }
  }
  return bytes
}

/// Reads a small text file, such as those of proc(5), without its last line feed.
public func readText(_ directory: FD, _ path: String, limit: Int = 1 << 20) throws(SyscallError) -> String {
  var bytes = try readFile(directory, path, limit: limit)
  if bytes.last == 0x0A { bytes.removeLast() }
  return String(decoding: bytes, as: UTF8.self)
}

/// Writes all bytes, going on after partial writes.
public func writeAll(_ fd: FD, _ bytes: UnsafeRawBufferPointer) throws(SyscallError) {
  var rest = bytes
  while !rest.isEmpty {
    let written = try checkRetrying("write") { cl_write(fd.rawValue, rest.baseAddress, rest.count) }
    rest = UnsafeRawBufferPointer(rebasing: rest[written...])
  }
}

/// write(2): what the descriptor takes at once.
public func writeSome(_ fd: FD, _ bytes: [UInt8]) throws(SyscallError) -> Int {
  try checkRetrying("write") { cl_write(fd.rawValue, bytes, bytes.count) }
}

/// Writes all bytes, going on after partial writes.
public func writeAll(_ fd: FD, _ bytes: [UInt8]) throws(SyscallError) {
  try bytes.withUnsafeBytes { buffer -> Result<Void, SyscallError> in
    do throws(SyscallError) { return .success(try writeAll(fd, buffer)) } catch { return .failure(error) }
  }.get()
}

/// Writes a text in one call, as the files of proc, sysfs and cgroups want it; a partial write is `EIO`.
public func writeOnce(_ fd: FD, _ text: String) throws(SyscallError) {
  var text = text
  let (result, count) = text.withUTF8 { bytes in
    var result = cl_write(fd.rawValue, bytes.baseAddress, bytes.count)
    while result == -Int(EINTR) { result = cl_write(fd.rawValue, bytes.baseAddress, bytes.count) }
    return (result, bytes.count)
  }
  if try check(result, "write") != count { throw SyscallError("write", Errno(EIO)) }
}

/// Opens an existing file for writing and writes a text in one call.
public func writeFile(_ directory: FD, _ path: String, _ text: String) throws(SyscallError) {
  let file = try openat(directory, path, .writeOnly)
  do throws(SyscallError) {
    try writeOnce(file.fd, text)
  } catch {
    throw SyscallError("write", error.errno, path)
  }
}

/// Scratch memory on the stack for a call's buffer.
@inline(__always)
internal func withTemporaryBytes<R>(
  _ count: Int, _ body: (UnsafeMutableRawBufferPointer) throws(SyscallError) -> R
) throws(SyscallError) -> R {
  let result = withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) {
    buffer -> Result<R, SyscallError> in
    do throws(SyscallError) { return .success(try body(buffer)) } catch { return .failure(error) }
  }
  return try result.get()
}

/// pread(2): at most `count` bytes from an offset.
public func pread(_ fd: FD, upTo count: Int, at offset: Int64) throws(SyscallError) -> [UInt8] {
  var length = 0
  let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
    length = cl_pread(fd.rawValue, buffer.baseAddress, buffer.count, offset)
    initialized = max(0, length)
  }
  try check(length, "pread")
  return bytes
}

/// Reads from the start of a file, at most `limit` bytes, without moving its offset.
public func preadAll(_ fd: FD, limit: Int) throws(SyscallError) -> [UInt8] {
  try pread(fd, upTo: limit, at: 0)
}

/// ftruncate(2): the file is this many bytes long from now on.
public func ftruncate(_ fd: FD, _ lengthBytes: Int64) throws(SyscallError) {
  try check(cl_ftruncate(fd.rawValue, lengthBytes), "ftruncate")
}

/// Writes at the start of a file without moving its offset (pwrite(2)).
public func pwriteAll(_ fd: FD, _ bytes: [UInt8]) throws(SyscallError) {
  var written = 0
  while written < bytes.count {
    let start = written
    written += try checkRetrying("pwrite") {
      bytes.withUnsafeBytes { buffer in
        cl_pwrite(fd.rawValue, buffer.baseAddress?.advanced(by: start), buffer.count - start, Int64(start))
      }
    }
  }
}

/// memfd_create(2), close-on-exec: a file that only its descriptors know.
public func memfdCreate(_ name: String) throws(SyscallError) -> Descriptor {
  Descriptor(owning: Int32(try check(cl_memfd_create(name, UInt32(cl_mfd_cloexec)), "memfd_create")))
}
