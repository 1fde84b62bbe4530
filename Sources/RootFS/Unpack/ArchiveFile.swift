// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// How far the preparation of a root file system has come.
public enum RootFSProgress: Sendable, Equatable {
  /// Another process prepares the same tree; this one waits for it.
  case waiting
  /// So many bytes of the archive have arrived, of so many if the server says.
  case downloading(doneBytes: UInt64, totalBytes: UInt64?)
  /// A program makes the tree, and this is the last that it said.
  case building(String)
  /// So many bytes of the archive were read, of so many if that is known.
  case reading(doneBytes: UInt64, totalBytes: UInt64?)
  /// Everything was written; the kernel brings it to the disk.
  case syncing
}

/// An open archive of the host.
struct ArchiveFile: ~Copyable {
  /// What messages call it.
  let path: String
  let status: FileStatus
  private let file: Descriptor

  /// Opens `path`, which may be a link.
  ///
  /// - Parameter name: what messages call it, if not by its path.
  /// - Throws: `notFound`, `unsupported` for anything but a regular file, `system`.
  init(path: String, name: String? = nil) throws(RootFSError) {
    let file = try Self.open(path)
    let status: FileStatus
    do throws(SyscallError) {
      status = try Linux.fstat(file.fd)
    } catch {
      throw Self.failure(error, path)
    }
    guard status.isRegular, status.sizeBytes >= 0 else {
      throw RootFSError(.unsupported, "is not a regular file", subject: path)
    }
    self.path = name ?? path
    self.file = file
    self.status = status
  }

  private static func open(_ path: String) throws(RootFSError) -> Descriptor {
    do throws(SyscallError) {
      // Without O_NONBLOCK a FIFO would block until somebody writes to it.
      // path: the archive that the caller named
      return try openat(.workingDirectory, path, [.readOnly, .nonBlocking, .noControllingTerminal])
    } catch {
      throw failure(error, path)
    }
  }

  static func failure(_ error: SyscallError, _ path: String) -> RootFSError {
    let isMissing = error.errno == .noEntry || error.errno == .notDirectory
    return RootFSError(
      isMissing ? .notFound : .system, "cannot open", subject: path, errno: error.errno.rawValue)
  }

  /// Size of the file in bytes.
  var sizeBytes: UInt64 { UInt64(clamping: status.sizeBytes) }

  /// The digest of the file, without unpacking it.
  borrowing func digest() throws(RootFSError) -> RootFSDigest {
    var hash = SHA256()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { buffer.deallocate() }
    let fd = file.fd
    while true {
      let count = try Self.read(fd, into: buffer)
      if count == 0 { break }
      hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    try checkUnchanged()
    try rewind()
    return hash.digest()
  }

  /// Unpacks the archive into the empty directory `root`, which nobody else can reach, reading the file once.
  ///
  /// - Returns: the digest of the file and what was made.
  /// - Throws: an error that names the archive and the entry. `root` then holds what was made so far.
  borrowing func unpack(
    into root: FD, options: UnpackOptions, progress: (RootFSProgress) -> Void
  ) throws(RootFSError) -> (digest: RootFSDigest, report: UnpackReport) {
    do throws(RootFSError) {
      let fd = file.fd
      let job = UnpackJob(format: try format(), sizeBytes: sizeBytes, options: options)
      let result = try job.run(into: root, progress) { (buffer) throws(RootFSError) -> Int in
        try Self.read(fd, into: buffer)
      }
      try checkUnchanged()
      return result
    } catch {
      throw error.about(path)
    }
  }

  private borrowing func format() throws(RootFSError) -> ArchiveFormat {
    let prefix: [UInt8]
    do throws(SyscallError) {
      prefix = try Linux.read(file.fd, upTo: ArchiveFormat.prefixBytes)
    } catch {
      throw .system("read", errno: error.errno.rawValue)
    }
    try rewind()
    return try ArchiveFormat.detect(prefix)
  }

  private borrowing func rewind() throws(RootFSError) {
    if lseek(file.rawValue, 0, SEEK_SET) < 0 { throw .system("rewind", errno: errno) }
  }

  private static func read(_ fd: FD, into buffer: UnsafeMutableRawBufferPointer) throws(RootFSError) -> Int {
    do throws(SyscallError) {
      return try Linux.read(fd, into: buffer)
    } catch {
      throw .system("read", errno: error.errno.rawValue)
    }
  }

  private borrowing func checkUnchanged() throws(RootFSError) {
    do throws(SyscallError) {
      let now = try Linux.fstat(file.fd)
      guard now.sizeBytes == status.sizeBytes, now.modifiedNanoseconds == status.modifiedNanoseconds,
        now.changedNanoseconds == status.changedNanoseconds
      else { throw SyscallError("read", .busy) }
    } catch {
      throw RootFSError(.inputChanged, "the file changed while it was read", subject: path)
    }
  }
}
