// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

// `ids/RANGE` is a link whose text is the id of the container that has the range; `containers/ID/ids` is a link whose
// text is the range, for the way back.
extension Store {
  private static let directoryName = "ids"

  /// Finds a range of ids that no other container has, and gives it to a container whose directory exists.
  ///
  /// - Parameter wanted: the range to try first.
  borrowing func reserveRange(_ wanted: UInt32, for id: String) throws(EngineError) -> UInt32 {
    let path = "\(location.path)/\(Self.directoryName)"
    let root = try PrivateDirectory.open(location.path)
    let ranges = try PrivateDirectory.open(Self.directoryName, in: root.fd, path: path)
    var range = wanted
    do {
      // A range whose container is gone may be taken; two who do that at once must not both succeed.
      guard try flock(ranges.fd, exclusive: true, wait: true) else { throw SyscallError("flock", .busy) }
      while try !take(range, for: id, in: ranges.fd) {
        range = IdentityRanges.next(range)
        if range == wanted { throw SyscallError("symlink", .noSpace, "all ranges are in use") }
      }
      try symlinkat(String(range), root.fd, "containers/\(id)/\(Self.directoryName)")
      return range
    } catch {
      throw EngineError("--userns auto: \(path): \(error)")
    }
  }

  private borrowing func take(_ range: UInt32, for id: String, in ranges: FD) throws(SyscallError) -> Bool {
    let name = String(range)
    do {
      try symlinkat(id, ranges, name)
      return true
    } catch {
      if error.errno != .exists { throw error }
    }
    if try exists(try readlinkat(ranges, name)) { return false }
    try unlinkat(ranges, name)
    try symlinkat(id, ranges, name)
    return true
  }

  /// Takes the range of a container back, if it has one.
  borrowing func releaseRange(of id: String) throws(EngineError) {
    do {
      let range = try readlinkat(.workingDirectory, "\(Self.path(of: id, location))/\(Self.directoryName)")
      let link = "\(location.path)/\(Self.directoryName)/\(range)"
      if try readlinkat(.workingDirectory, link) == id { try unlinkat(.workingDirectory, link) }
    } catch {
      if error.errno == .noEntry { return }
      throw EngineError("\(Self.path(of: id, location)): \(error)")
    }
  }
}
