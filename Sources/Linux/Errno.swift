// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// An error number of the kernel (errno(3)).
public struct Errno: Error, Equatable, Hashable, Sendable {
  /// The positive number, such as `ENOENT`.
  public let rawValue: Int32

  public init(_ rawValue: Int32) { self.rawValue = rawValue }

  public static let notPermitted = Errno(EPERM)
  public static let noEntry = Errno(ENOENT)
  public static let noProcess = Errno(ESRCH)
  public static let interrupted = Errno(EINTR)
  public static let badDescriptor = Errno(EBADF)
  public static let tryAgain = Errno(EAGAIN)
  public static let outOfMemory = Errno(ENOMEM)
  public static let accessDenied = Errno(EACCES)
  public static let busy = Errno(EBUSY)
  public static let exists = Errno(EEXIST)
  public static let crossDevice = Errno(EXDEV)
  public static let noDevice = Errno(ENODEV)
  public static let notDirectory = Errno(ENOTDIR)
  public static let isDirectory = Errno(EISDIR)
  public static let invalidArgument = Errno(EINVAL)
  public static let noSpace = Errno(ENOSPC)
  public static let readOnlyFileSystem = Errno(EROFS)
  public static let notEmpty = Errno(ENOTEMPTY)
  public static let tooManyLinks = Errno(ELOOP)
  public static let nameTooLong = Errno(ENAMETOOLONG)
  public static let noSystemCall = Errno(ENOSYS)
  public static let notSupported = Errno(EOPNOTSUPP)
  public static let execFormat = Errno(ENOEXEC)
  public static let noChild = Errno(ECHILD)
  public static let overflow = Errno(EOVERFLOW)
  public static let quotaExceeded = Errno(EDQUOT)
  public static let connectionReset = Errno(ECONNRESET)
  public static let textBusy = Errno(ETXTBSY)
  public static let badMessage = Errno(EBADMSG)
  public static let addressInUse = Errno(EADDRINUSE)
  public static let addressNotAvailable = Errno(EADDRNOTAVAIL)
  public static let familyNotSupported = Errno(EAFNOSUPPORT)
  public static let unreachable = Errno(ENETUNREACH)
  public static let timedOut = Errno(ETIMEDOUT)
  public static let outOfRange = Errno(ERANGE)
  public static let stale = Errno(ESTALE)
}

extension Errno: CustomStringConvertible {
  /// The kernel's words in lower case, as Go's runtimes print them: "no such file or directory".
  public var description: String {
    guard let text = strerror(rawValue) else { return "errno \(rawValue)" }
    var words = String(cString: text)
    // Callers search for the lower case form; only a leading capital followed by a small letter is a word.
    if let first = words.utf8.first, first >= 0x41, first <= 0x5A,
      let second = words.utf8.dropFirst().first, second >= 0x61 || second == 0x20
    {
      words.replaceSubrange(
        words.startIndex..<words.index(after: words.startIndex),
        with: String(UnicodeScalar(first + 0x20)))
    }
    return words
  }

  /// The symbolic name, such as `ENOENT`.
  public var name: String {
    guard let text = strerrorname_np(rawValue) else { return "errno \(rawValue)" }
    return String(cString: text)
  }
}

/// A system call that failed: which, why, and on what.
public struct SyscallError: Error, Equatable, Sendable {
  /// The call's name as in its man page.
  public let call: String
  public let errno: Errno
  /// The object: a path, a name, a value. Empty when the call says enough.
  public let detail: String

  public init(_ call: String, _ errno: Errno, _ detail: String = "") {
    self.call = call
    self.errno = errno
    self.detail = detail
  }
}

extension SyscallError: CustomStringConvertible {
  public var description: String {
    detail.isEmpty ? "\(call): \(errno)" : "\(call) \(detail): \(errno)"
  }
}

/// Turns the result of a `CLinux` wrapper, a value or `-errno`, into a value or an error.
@inline(__always)
@discardableResult
internal func check(
  _ result: Int, _ call: StaticString, _ detail: @autoclosure () -> String = ""
) throws(SyscallError) -> Int {
  if result < 0 { throw failure(result, call, detail()) }
  return result
}

@inline(never)
internal func failure(_ result: Int, _ call: StaticString, _ detail: String) -> SyscallError {
  SyscallError("\(call)", Errno(Int32(truncatingIfNeeded: -result)), detail)
}

/// Like `check`, and repeats a call that a signal interrupted.
@inline(__always)
@discardableResult
internal func checkRetrying(
  _ call: StaticString, _ detail: @autoclosure () -> String = "", _ body: () -> Int
) throws(SyscallError) -> Int {
  while true {
    let result = body()
    if result >= 0 { return result }
    if result != -Int(EINTR) { throw failure(result, call, detail()) }
  }
}

extension Errno {
  /// `EFBIG`: a file is larger than the caller's limit.
  public var isTooLarge: Bool { rawValue == EFBIG }
}
