// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux
public import OCI

/// A mount that the command line asks for with `--volume`, `--mount` or `--tmpfs`.
public struct MountRequest: Equatable, Sendable {
  /// What appears at the destination.
  public enum Source: Equatable, Sendable {
    /// A file or directory of the host: an absolute path, or one that counts from the caller's directory.
    case host(path: String)
    /// A fresh file system in memory.
    case memory
  }

  /// How far `read-only` reaches below a bind mount.
  public enum ReadOnly: Equatable, Sendable {
    /// Nothing is read-only.
    case no
    /// This mount, and the mounts below it where kernel and runtime can do that.
    case recursive
    /// This mount only.
    case topOnly
  }

  public var source: Source
  /// Absolute and clean, not `/`.
  public var destination: String
  public var readOnly: ReadOnly = .no
  /// Whether mounts below the source come along; bind mounts only.
  public var includesSubmounts = true
  /// Bind mounts only.
  public var propagation: Propagation = .rprivate
  /// Further options in fstab's form: `noexec`, `size=64m`.
  public var options: [String] = []
  /// Whether a source that does not exist is created as a directory, which `--volume` does.
  public var createsSource = false
  /// Whether SELinux labels of the source are to be changed (`z`, `Z`).
  public var relabels = false
  /// The flag and value that asked for it, for messages: `--volume "/a:/b"`.
  public var origin: String

  /// Options of tmpfs that Docker sets unless told otherwise.
  static let memoryDefaults = ["nosuid", "nodev", "noexec"]

  init(source: Source, destination: String, origin: String) throws(EngineError) {
    self.source = source
    self.destination = try Self.checkedDestination(destination)
    self.origin = origin
  }

  private static func checkedDestination(_ path: String) throws(EngineError) -> String {
    guard path.utf8.first == Byte.slash else {
      throw EngineError("the destination \(path.quoted) must be an absolute path in the container")
    }
    if path.utf8.contains(0) { throw EngineError("the destination holds a NUL byte") }
    let path = cleaned(absolutePath: path)
    if path == "/" { throw EngineError("the destination must not be the container's root") }
    return path
  }

  /// The entry of the OCI configuration.
  ///
  /// - Parameters:
  ///   - workingDirectory: Where a relative source counts from; absolute.
  ///   - canReadOnlyRecursively: Whether the runtime knows the mount option `rro`.
  func mount(workingDirectory: String, canReadOnlyRecursively: Bool) -> Mount {
    switch source {
    case .memory:
      return Mount(destination: destination, type: "tmpfs", source: "tmpfs", options: options)
    case .host:
      var all = [includesSubmounts ? "rbind" : "bind", propagation.rawValue]
      switch readOnly {
      case .no: break
      case .topOnly: all.append("ro")
      case .recursive: all += canReadOnlyRecursively && includesSubmounts ? ["ro", "rro"] : ["ro"]
      }
      return Mount(
        destination: destination, type: "bind", source: hostPath(workingDirectory: workingDirectory),
        options: all + options)
    }
  }

  /// The absolute path of a bind mount's source; nil for file systems in memory.
  func hostPath(workingDirectory: String) -> String? {
    guard case .host(let path) = source else { return nil }
    return absolute(path, from: workingDirectory)
  }
}

/// `path` as an absolute path; a relative one counts from `directory`.
func absolute(_ path: String, from directory: String) -> String {
  // Not cleaned as text: `link/..` is not where it seems to be.
  path.utf8.first == Byte.slash ? path : directory + "/" + path
}
