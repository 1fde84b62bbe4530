// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// Fetches one archive, in as many requests as it takes.
struct Downloader {
  let url: DownloadURL
  let options: UnpackOptions
  /// The store's path, for the files that curl writes by itself.
  let storePath: String
  let store: FD

  /// What became of it.
  enum Outcome: Equatable {
    /// Everything is there.
    case whole
    /// The server still has what is in the store already.
    case unchanged
  }

  /// Requests in a row that may bring nothing.
  private static let patience = 3
  /// All requests together: a server that cuts after each byte is no server.
  private static let maximumRequests = 40

  /// Fetches what is missing of `download`.
  ///
  /// - Parameter unless: by what the server tells that the archive is the one that is stored; then nothing is fetched.
  func fetch(
    _ download: inout PartialDownload, unless: String?, _ progress: (RootFSProgress) -> Void
  ) throws(RootFSError) -> Outcome {
    if download.isWhole { return .whole }
    // Without anything to recognise the archive by, what comes next may belong to another one.
    if download.validator == nil && options.expectedDigest == nil { try download.reset() }
    var idle = 0
    for _ in 0..<Self.maximumRequests {
      let before = download.sizeBytes
      let (failure, headers) = try request(&download, unless: unless, progress)
      switch failure {
      case nil where headers.status == 304:
        return .unchanged
      case nil where headers.status == 416 && before > 0, .noRange? where before > 0:
        try download.reset()
      case nil:
        try download.noteEnd()
        return .whole
      case .noRange?: throw failed("the server answers with a part of the archive that nobody asked for")
      case .final(let reason)?: throw failed(reason)
      case .interrupted(let reason)?:
        idle = download.sizeBytes > before ? 0 : idle + 1
        if idle >= Self.patience { throw interrupted(reason, download) }
        sleepNanoseconds(Int64(200_000_000) << Int64(idle))
      }
    }
    throw interrupted("after \(Self.maximumRequests) requests", download)
  }

  private func failed(_ reason: String) -> RootFSError {
    RootFSError(.downloadFailed, reason, subject: url.text)
  }

  private func interrupted(_ reason: String, _ download: borrowing PartialDownload) -> RootFSError {
    let whole = download.totalBytes.map { " of \($0)" } ?? ""
    let canGoOn = download.sizeBytes > 0 && (download.validator != nil || options.expectedDigest != nil)
    let remedy = canGoOn ? "; the same command goes on from there" : ""
    return failed("the download ended after \(download.sizeBytes)\(whole) bytes (\(reason))\(remedy)")
  }

  /// One request. What arrives is in `download` afterwards, whatever happened.
  private func request(
    _ download: inout PartialDownload, unless: String?, _ progress: (RootFSProgress) -> Void
  ) throws(RootFSError) -> (Curl.Failure?, ResponseHeaders) {
    try download.forgetHeaders()
    var request = Curl.Request(
      url: url, allowsPlain: options.expectedDigest != nil, offset: download.sizeBytes,
      headerFile: storePath + "/" + download.headerName)
    if download.sizeBytes > 0, let validator = download.validator {
      request.headers.append("If-Range: \(validator)")
    } else if let unless {
      let isTag = unless.utf8.first == UInt8(ascii: "\"")
      request.headers.append("\(isTag ? "If-None-Match" : "If-Modified-Since"): \(unless)")
    }
    let curl = try Curl.start(request)
    do throws(RootFSError) {
      try receive(from: curl, into: &download, progress)
    } catch {
      curl.stop()
      // bestEffort: the first failure is the one to report, and the program has been told to end
      _ = try? curl.finish()
      throw error
    }
    let (status, lines) = try curl.finish()
    let headers = try download.headers()
    try download.forgetHeaders()
    return (Curl.failure(status, lines), headers)
  }

  private func receive(
    from curl: HelperProgram, into download: inout PartialDownload, _ progress: (RootFSProgress) -> Void
  ) throws(RootFSError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
    defer { buffer.deallocate() }
    let limit = try limit(download.sizeBytes)
    var isFirst = true
    var shown: Int64 = 0
    while true {
      let count = try curl.read(into: buffer)
      if count == 0 { return }
      if isFirst {
        // curl writes the headers down before it passes on the first byte behind them.
        try download.note(try download.headers())
        isFirst = false
      }
      guard download.sizeBytes + UInt64(count) <= limit.bytes else {
        try download.remove()
        throw RootFSError(.limitExceeded, limit.reason, subject: url.text)
      }
      do throws(RootFSError) { try download.append(UnsafeRawBufferPointer(rebasing: buffer[..<count])) } catch
      {
        // A full disk is not helped by what will never be used.
        if error.errno == ENOSPC || error.errno == EDQUOT { try download.remove() }
        throw error.about(url.text)
      }
      let now = monotonicNanoseconds()
      if now - shown > 100_000_000 {
        shown = now
        progress(.downloading(doneBytes: download.sizeBytes, totalBytes: download.totalBytes))
      }
    }
  }

  /// How large the archive may become, and what is said when it does not stop there.
  private func limit(_ doneBytes: UInt64) throws(RootFSError) -> (bytes: UInt64, reason: String) {
    let free = try freeBytes(of: store)
    let usable = free > options.reservedBytes ? free - options.reservedBytes : 0
    let (bySpace, overflow) = doneBytes.addingReportingOverflow(usable)
    if !overflow && bySpace < options.maximumDownloadBytes {
      return (
        bySpace,
        "does not fit: the file system of \(storePath) has \(usable) bytes free beyond a reserve of "
          + "\(options.reservedBytes); free some, or choose another with --root"
      )
    }
    return (
      options.maximumDownloadBytes,
      "is larger than \(options.maximumDownloadBytes) bytes; --max-download sets another limit"
    )
  }
}

/// Bytes that ordinary users may still write to the file system of an open directory.
func freeBytes(of directory: FD) throws(RootFSError) -> UInt64 {
  var space = statvfs()
  if fstatvfs(directory.rawValue, &space) < 0 { throw .system("look for free space", errno: errno) }
  let (available, overflow) = UInt64(space.f_bavail).multipliedReportingOverflow(by: UInt64(space.f_frsize))
  return overflow ? .max : available
}
