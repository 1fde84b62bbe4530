// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// An archive that comes once, from a pipe: nobody can tell its size, and it cannot be read again.
struct ArchiveStream {
  typealias Read = ArchiveInput.Read

  /// What messages call it.
  let name: String
  private let read: Read
  private let prefix: [UInt8]
  private let format: ArchiveFormat

  /// Reads as much as it takes to know the format.
  init(name: String, read: @escaping Read) throws(RootFSError) {
    self.name = name
    self.read = read
    do throws(RootFSError) {
      prefix = try Self.prefix(read)
      format = try ArchiveFormat.detect(prefix)
    } catch {
      throw error.about(name)
    }
  }

  private static func prefix(_ read: Read) throws(RootFSError) -> [UInt8] {
    var failed: RootFSError?
    let bytes = [UInt8](unsafeUninitializedCapacity: ArchiveFormat.prefixBytes) { buffer, count in
      do throws(RootFSError) {
        while count < buffer.count {
          let got = try read(
            UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]))
          if got == 0 { break }
          count += got
        }
      } catch { failed = error }
    }
    if let failed { throw failed }
    return bytes
  }

  /// Unpacks into the empty directory `root`, which nobody else can reach.
  ///
  /// - Returns: the digest of the archive, its size and what was made.
  func unpack(
    into root: FD, _ options: UnpackOptions, _ progress: (RootFSProgress) -> Void
  ) throws(RootFSError) -> (digest: RootFSDigest, bytes: UInt64, report: UnpackReport) {
    let state = State(prefix: prefix)
    let read = read
    do throws(RootFSError) {
      let job = UnpackJob(format: format, sizeBytes: nil, options: options)
      let (digest, report) = try job.run(into: root, progress) { (buffer) throws(RootFSError) -> Int in
        let count = try state.rest.isEmpty ? read(buffer) : state.give(buffer)
        state.bytes += UInt64(count)
        return count
      }
      return (digest, state.bytes, report)
    } catch {
      throw error.about(name)
    }
  }

  /// Belongs to the thread that reads until that has ended.
  private final class State {
    var rest: ArraySlice<UInt8>
    var bytes: UInt64 = 0

    init(prefix: [UInt8]) { rest = prefix[...] }

    func give(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
      let part = rest.prefix(buffer.count)
      buffer.copyBytes(from: part)
      rest = rest.dropFirst(part.count)
      return part.count
    }
  }
}

extension RootFSStore {
  /// Unpacks the archive on standard input.
  func prepareStandardInput(
    _ reference: RootFSReference, _ options: UnpackOptions, _ progress: (RootFSProgress) -> Void
  ) throws(RootFSError) -> PreparedRootFS {
    guard !isTerminal(.standardInput) else {
      throw RootFSError(
        .unsupported,
        "is a terminal: pipe an archive into roost, as in `tar c -C DIR . | roost run - COMMAND`",
        subject: "standard input")
    }
    try makeLayout()
    try sweep()
    let stream = try ArchiveStream(name: "standard input") { (buffer) throws(RootFSError) -> Int in
      do throws(SyscallError) { return try Linux.read(.standardInput, into: buffer) } catch {
        throw .system("read", errno: error.errno.rawValue)
      }
    }
    let (digest, lease, report) = try unpack(stream, reference, options, progress) { () throws(RootFSError) in
    }
    return prepared(digest, lease, reference, wasCached: false, warnings: report.warnings)
  }

  /// Unpacks a stream and keeps the tree.
  ///
  /// - Parameter check: called when everything has come and before the tree is kept.
  func unpack(
    _ stream: ArchiveStream, _ reference: RootFSReference, _ options: UnpackOptions,
    _ progress: (RootFSProgress) -> Void, check: () throws(RootFSError) -> Void
  ) throws(RootFSError) -> (RootFSDigest, RootFSLease, UnpackReport) {
    let tree = try makeTemporaryTree()
    do throws(RootFSError) {
      let (digest, bytes, report) = try stream.unpack(into: tree.root.fd, options, progress)
      try check()
      return try keep(tree, digest, bytes, report, reference, options, progress)
    } catch {
      throw discarding(tree, after: error)
    }
  }
}
