// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// What has arrived of an archive so far: a file in the store, and beside it what is needed to go on another time.
///
/// The caller holds the lock of the address, so that nobody else touches these files.
struct PartialDownload: ~Copyable {
  /// `downloads/KEY`, relative to the store.
  let name: String
  private let store: FD
  private let file: Descriptor
  private var hash = SHA256()
  private(set) var sizeBytes: UInt64 = 0
  /// By which the server tells whether it still has the same bytes.
  private(set) var validator: String?
  /// The size of the whole archive, where the server said it.
  private(set) var totalBytes: UInt64?
  /// Whether bytes of an earlier command are in it.
  private(set) var isResumed = false

  /// With the boot's id: what a loss of power may have left in the file is not gone on with.
  private static func header() throws(SyscallError) -> String {
    "roost download 1 " + (try readText(.workingDirectory, "/proc/sys/kernel/random/boot_id"))
  }

  private init(name: String, store: FD, file: consuming Descriptor) {
    self.name = name
    self.store = store
    self.file = file
  }

  /// Opens or begins the download `key`.
  static func open(_ key: String, store: FD) throws(RootFSError) -> PartialDownload {
    let name = "downloads/" + key
    let file: Descriptor
    do throws(SyscallError) {
      file = try openat(store, name, [.readWrite, .create, .noFollow, .nonBlocking], mode: 0o600)
    } catch {
      throw .system("open the download", errno: error.errno.rawValue)
    }
    var download = PartialDownload(name: name, store: store, file: file)
    try download.recall()
    return download
  }

  var headerName: String { name + ".headers" }
  private var stateName: String { name + ".state" }

  /// Whether everything is there, so that nobody needs to be asked.
  var isWhole: Bool { sizeBytes > 0 && totalBytes == sizeBytes }

  /// The digest of what is there.
  var digest: RootFSDigest { hash.digest() }

  private mutating func recall() throws(RootFSError) {
    do throws(SyscallError) {
      let lines: [String]
      do throws(SyscallError) {
        let text = String(decoding: try readFile(store, stateName, limit: 4096), as: UTF8.self)
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      } catch {
        if error.errno != .noEntry && !error.errno.isTooLarge { throw error }
        lines = []
      }
      guard lines.count >= 3, try lines[0] == Self.header() else { return try restart() }
      validator = lines[1].isEmpty ? nil : lines[1]
      totalBytes = decimal(Array(lines[2].utf8))
      try hashWhatIsThere()
      isResumed = sizeBytes > 0
      // More than there can be: somebody else's hand.
      if let totalBytes, sizeBytes > totalBytes { try restart() }
    } catch {
      throw .system("look at what was downloaded before", errno: error.errno.rawValue)
    }
  }

  private mutating func hashWhatIsThere() throws(SyscallError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { buffer.deallocate() }
    while true {
      let count = try Linux.read(file.fd, into: buffer)
      if count == 0 { return }
      hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      sizeBytes += UInt64(count)
    }
  }

  private mutating func restart() throws(SyscallError) {
    try ftruncate(file.fd, 0)
    if lseek(file.rawValue, 0, SEEK_SET) < 0 { throw SyscallError("lseek", Errno(errno)) }
    hash = SHA256()
    sizeBytes = 0
    validator = nil
    totalBytes = nil
    isResumed = false
  }

  /// Forgets what is there.
  mutating func reset() throws(RootFSError) {
    do throws(SyscallError) { try restart() } catch {
      throw .system("empty the download", errno: error.errno.rawValue)
    }
  }

  /// Notes what the server said of the archive, before the first byte of it.
  mutating func note(_ headers: ResponseHeaders) throws(RootFSError) {
    validator = headers.validator ?? validator
    totalBytes = headers.totalBytes ?? totalBytes
    try writeState()
  }

  /// Notes that everything has come.
  mutating func noteEnd() throws(RootFSError) {
    totalBytes = sizeBytes
    try writeState()
  }

  private borrowing func writeState() throws(RootFSError) {
    do throws(SyscallError) {
      let text = [try Self.header(), validator ?? "", totalBytes.map { "\($0)" } ?? "", ""]
        .joined(separator: "\n")
      let state = try openat(store, stateName, [.writeOnly, .create, .truncate, .noFollow], mode: 0o600)
      try writeAll(state.fd, Array(text.utf8))
    } catch {
      throw .system("note the state of the download", errno: error.errno.rawValue)
    }
  }

  /// Adds what has arrived.
  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(RootFSError) {
    do throws(SyscallError) { try writeAll(file.fd, bytes) } catch {
      throw .system("write the download", errno: error.errno.rawValue)
    }
    hash.update(bytes)
    sizeBytes += UInt64(bytes.count)
  }

  /// The headers that curl wrote down; none if it had no answer.
  borrowing func headers() throws(RootFSError) -> ResponseHeaders {
    do throws(SyscallError) {
      return ResponseHeaders(try readFile(store, headerName, limit: ResponseHeaders.maximumBytes))
    } catch {
      if error.errno == .noEntry { return ResponseHeaders() }
      throw .system("read the server's headers", errno: error.errno.rawValue)
    }
  }

  /// Removes the headers of an answer.
  borrowing func forgetHeaders() throws(RootFSError) { try Self.unlink(headerName, in: store) }

  /// Removes the files: they were used, or are no good.
  borrowing func remove() throws(RootFSError) {
    for name in [stateName, headerName, name] { try Self.unlink(name, in: store) }
  }

  private static func unlink(_ name: String, in store: FD) throws(RootFSError) {
    do throws(SyscallError) { try unlinkat(store, name) } catch {
      if error.errno != .noEntry { throw .system("remove the download", errno: error.errno.rawValue) }
    }
  }
}
