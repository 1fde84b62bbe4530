// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Linux

/// A root file system that is ready to be used.
public struct PreparedRootFS: Sendable {
  /// Absolute path of the root directory.
  public let path: String
  /// Whether other containers use the same directory. Then nothing may ever be written to it: it is the lower directory
  /// of an overlay. Hard links to the host's own files may be in it.
  public let isShared: Bool
  /// The digest under which the tree is stored; nil for a directory that is used in place.
  public let digest: RootFSDigest?
  /// The reference that it was made from, as in `RootFSReference.description`.
  public let source: String
  /// Whether the tree was there already.
  public let wasCached: Bool
  /// What the user may want to know about an archive that was unpacked just now, one line each.
  public let warnings: [String]
  /// Keeps the tree from being removed; nil for a directory that is used in place.
  public let lease: RootFSLease?
}

/// Keeps a stored tree from being removed, for as long as the lease or a duplicate of its descriptor is open.
///
/// A lease is a shared lock of flock(2): the kernel drops it when the last process that holds it dies, so that nothing
/// needs cleaning up after a crash. A monitor that inherits the descriptor protects the tree of its container.
public final class RootFSLease: Sendable {
  private let mark: Descriptor

  init(_ mark: consuming Descriptor) { self.mark = mark }

  /// A descriptor for another process to inherit, close-on-exec until it is told otherwise.
  public func duplicate() throws(SyscallError) -> Descriptor { try mark.duplicate() }
}
