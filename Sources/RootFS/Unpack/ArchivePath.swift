// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// A member's name as a walk below the root: components that are neither empty nor `.` nor `..`.
///
/// Names are bytes, not text: archives hold names in any encoding and unpacking must not change them.
struct ArchivePath: Hashable {
  /// The components, each ended by a NUL byte, so that every one of them is a C string in place.
  private var storage: [UInt8] = []
  /// Where each component begins in `storage`.
  private var starts: [Int] = []

  /// Longest path in bytes, as the kernel bounds it.
  static let maximumBytes = 4095
  /// Longest component in bytes (`NAME_MAX` of every Linux file system).
  static let maximumComponentBytes = 255
  /// Deepest nesting of directories.
  static let maximumDepth = 255

  /// The root itself.
  init() {}

  /// Reads `name` as tar(1) does: leading slashes, `.` components and repeated slashes do not count.
  ///
  /// - Throws: `refusedEntry` for a `..` component, `limitExceeded` beyond the bounds above.
  init(_ name: some Collection<UInt8>) throws(RootFSError) {
    guard name.count <= Self.maximumBytes else {
      throw RootFSError(.limitExceeded, "the name has \(name.count) bytes; at most 4095 are possible")
    }
    storage.reserveCapacity(name.count + 1)
    for part in name.split(separator: slash) {
      if part.elementsEqual([UInt8(ascii: ".")]) { continue }
      if part.elementsEqual([UInt8(ascii: "."), UInt8(ascii: ".")]) {
        throw RootFSError(.refusedEntry, "the name contains \"..\", which could leave the root")
      }
      try append(part)
    }
  }

  var isRoot: Bool { starts.isEmpty }
  var depth: Int { starts.count }

  /// Adds a component that is neither empty nor `.` nor `..` and has no slash.
  mutating func append(_ component: some Collection<UInt8>) throws(RootFSError) {
    guard component.count <= Self.maximumComponentBytes else {
      throw RootFSError(
        .limitExceeded, "a component of the name has \(component.count) bytes; at most 255 are possible")
    }
    guard starts.count < Self.maximumDepth else {
      throw RootFSError(.limitExceeded, "is nested deeper than \(Self.maximumDepth) directories")
    }
    guard !component.contains(0) else { throw RootFSError(.refusedEntry, "the name contains a NUL byte") }
    starts.append(storage.count)
    storage.append(contentsOf: component)
    storage.append(0)
  }

  /// The bytes of the component at `index`, without the NUL.
  func component(_ index: Int) -> ArraySlice<UInt8> {
    let end = index + 1 < starts.count ? starts[index + 1] : storage.count
    return storage[starts[index]..<(end - 1)]
  }

  /// Calls `body` with the component at `index` as a C string.
  func withComponent<R>(_ index: Int, _ body: (UnsafePointer<CChar>) -> R) -> R {
    withCString(storage, from: starts[index], body)
  }

  /// Calls `body` with the last component as a C string. The path must not be the root.
  func withLastComponent<R>(_ body: (UnsafePointer<CChar>) -> R) -> R {
    withComponent(starts.count - 1, body)
  }

  /// The path without its last component; the root's is the root.
  var parent: ArchivePath {
    var result = self
    if let start = result.starts.popLast() { result.storage.removeSubrange(start...) }
    return result
  }

  /// Whether the first `count` components are those of `other`.
  func sharesComponents(_ count: Int, with other: ArchivePath) -> Bool {
    guard depth >= count, other.depth >= count else { return false }
    if count == 0 { return true }
    let end = count < starts.count ? starts[count] : storage.count
    let otherEnd = count < other.starts.count ? other.starts[count] : other.storage.count
    return end == otherEnd && storage[..<end] == other.storage[..<end]
  }

  /// The path with slashes between components.
  var bytes: [UInt8] { storage.dropLast().map { $0 == 0 ? slash : $0 } }
}

/// Calls `body` with the C string that begins at `start` of `storage`, which holds a NUL at or behind it.
func withCString<R>(_ storage: [UInt8], from start: Int = 0, _ body: (UnsafePointer<CChar>) -> R) -> R {
  storage.withUnsafeBytes { buffer in
    // SAFETY: the storage holds at least the NUL, hence has an address; UInt8 and CChar share their layout.
    body((buffer.baseAddress.unsafelyUnwrapped + start).assumingMemoryBound(to: CChar.self))
  }
}
