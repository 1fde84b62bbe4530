// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import JSON
internal import Linux
internal import SafePath

/// The directory that holds a directory per container; `--root` on the command line.
///
/// There is no database and no lock over all containers: what one command costs does not depend on how many there are.
public final class StateStore: Sendable {
  public let path: String
  let directory: Descriptor

  /// Opens the directory, making it (mode 0700) where it is missing.
  ///
  /// - Throws: when somebody else owns it or may write to it: who can change a record can make the runtime kill
  ///   processes and remove cgroups.
  public init(path: String) throws(RuntimeError) {
    self.path = path
    directory = try StateStore.openVerified(path)
  }

  private static func openVerified(_ path: String) throws(RuntimeError) -> Descriptor {
    do throws(SyscallError) {
      let directory = try openOrMake(path)
      let status = try fstat(directory.fd)
      guard status.uid == effectiveUserID() else {
        throw SyscallError("open", .notPermitted, "\(path) is owned by user \(status.uid)")
      }
      guard status.mode & 0o022 == 0 else {
        throw SyscallError(
          "open", .notPermitted,
          "\(path) is writable by others (mode \(String(status.mode & 0o7777, radix: 8))): chmod go-w it")
      }
      return directory
    } catch {
      throw RuntimeError(error, "state directory \(path)")
    }
  }

  private static func openOrMake(_ path: String) throws(SyscallError) -> Descriptor {
    do throws(SyscallError) {
      // path: the caller's `--root`; owner and mode are checked on what was opened
      return try openat(.workingDirectory, path, [.readOnly, .directory])
    } catch {
      guard error.errno == .noEntry else { throw error }
    }
    let parts = components(path)
    // path: the same, from the top
    var current = try openat(.workingDirectory, path.utf8.first == 0x2F ? "/" : ".", [.path, .directory])
    for part in parts {
      do throws(SyscallError) { try mkdirat(current.fd, part, mode: 0o700) } catch {
        if error.errno != .exists { throw SyscallError("mkdir", error.errno, path) }
      }
      current = try openat(current.fd, part, [.path, .directory])
    }
    // path: the caller's `--root`; owner and mode are checked on what was opened
    return try openat(.workingDirectory, path, [.readOnly, .directory])
  }

  /// Makes the directory of a new container, locked by this process.
  public func create(_ id: String) throws(RuntimeError) -> ContainerDirectory {
    do throws(SyscallError) {
      try mkdirat(directory.fd, id, mode: 0o700)
      let opened = try openat(directory.fd, id, [.readOnly, .directory, .noFollow])
      let container = ContainerDirectory(id: id, path: "\(path)/\(id)", directory: opened)
      _ = try flock(container.directory.fd, exclusive: true, wait: true)
      return container
    } catch {
      if error.errno == .exists { throw RuntimeError("container with given ID already exists: \(id)") }
      throw RuntimeError(error, "state directory of \(id)")
    }
  }

  /// Opens the directory of an existing container.
  ///
  /// - Parameter lock: whether to wait until no other command is changing the container.
  public func open(_ id: String, lock: Lock = .exclusive) throws(RuntimeError) -> ContainerDirectory {
    do throws(SyscallError) {
      while true {
        let container = try directory(of: id)
        if lock == .none { return container }
        // The container may have been removed while we waited, and another have its name by now.
        if try container.lock(exclusive: lock == .exclusive) { return container }
      }
    } catch { throw failure(error, id) }
  }

  /// Opens the directory of a container for a command that comes to the rescue. Whoever holds the lock may be stopped,
  /// by a signal or in a frozen cgroup, so that waiting has an end here.
  ///
  /// - Parameter onBusy: called once, with the container, when the lock is not to be had at once.
  func openForRescue(
    _ id: String, lock: Lock, onBusy: (ContainerDirectory) throws(RuntimeError) -> Void
  ) throws(RuntimeError) -> ContainerDirectory {
    let deadline = monotonicNanoseconds() + StateStore.patienceSeconds * 1_000_000_000
    var isFirst = true
    while true {
      let container: ContainerDirectory
      do throws(SyscallError) {
        container = try directory(of: id)
        switch try container.tryLock(exclusive: lock == .exclusive) {
        case .locked: return container
        case .removed: continue
        case .busy: break
        }
      } catch { throw failure(error, id) }
      if isFirst { try onBusy(container) }
      isFirst = false
      guard monotonicNanoseconds() < deadline else { throw container.isBusy() }
      sleepNanoseconds(5_000_000)
    }
  }

  /// How long a command waits for others that it came to end.
  private static let patienceSeconds: Int64 = 10

  private func directory(of id: String) throws(SyscallError) -> ContainerDirectory {
    let opened = try openat(directory.fd, id, [.readOnly, .directory, .noFollow])
    return ContainerDirectory(id: id, path: "\(path)/\(id)", directory: opened)
  }

  private func failure(_ error: SyscallError, _ id: String) -> RuntimeError {
    if error.errno == .noEntry { return RuntimeError("container does not exist: \(id)") }
    return RuntimeError(error, "state directory of \(id)")
  }

  /// What the record of a container says first, without opening its directory; nil where there is none, or no container.
  ///
  /// What only looks at containers needs no lock: a record is replaced in one step.
  func readSummary(_ id: String) throws(RuntimeError) -> RecordSummary? {
    try ContainerDirectory.read(
      directory.fd, "\(id)/\(ContainerDirectory.recordName)", in: path, RecordSummary.init(decoding:))
  }

  /// What a command does with others that work on the same container.
  public enum Lock: Sendable {
    case none, shared, exclusive
  }

  /// The ids of all containers, sorted.
  public func list() throws(RuntimeError) -> [String] {
    do throws(SyscallError) {
      return try listDirectory(directory.fd).filter { $0.isDirectory }.map { $0.name }.sorted()
    } catch {
      throw RuntimeError(error, "state directory \(path)")
    }
  }

  /// Removes the emptied directory of a container.
  func remove(_ id: String) throws(SyscallError) {
    try unlinkat(directory.fd, id, isDirectory: true)
  }
}

/// The directory of one container. Its lock is held until the value goes away, also when the process is killed.
public final class ContainerDirectory: Sendable {
  public let id: String
  public let path: String
  let directory: Descriptor

  init(id: String, path: String, directory: consuming Descriptor) {
    self.id = id
    self.path = path
    self.directory = directory
  }

  fileprivate static let recordName = "state.json"
  private static let temporaryName = "state.json.new"
  static let configName = "config.json"
  static let startSocketName = "start.sock"

  /// Closes the copy that a child of the runtime has inherited. A lock belongs to the open file that parent and child
  /// share: the child would keep it when the parent is gone.
  func abandon() { closeInherited(directory.rawValue) }

  /// Lets other commands change the container.
  func unlock() throws(SyscallError) { try Linux.unlock(directory.fd) }

  /// Waits until no other command is changing the container.
  ///
  /// - Returns: false when the container was removed meanwhile. Its name, its cgroups' names with it, can be another
  ///   container's by now.
  func lock(exclusive: Bool = true) throws(SyscallError) -> Bool {
    _ = try flock(directory.fd, exclusive: exclusive, wait: true)
    return try fstat(directory.fd).linkCount > 0
  }

  enum LockResult { case locked, busy, removed }

  func tryLock(exclusive: Bool) throws(SyscallError) -> LockResult {
    guard try flock(directory.fd, exclusive: exclusive, wait: false) else { return .busy }
    return try fstat(directory.fd).linkCount > 0 ? .locked : .removed
  }

  /// Replaces the record; readers see the old one or the new one.
  func write(_ record: Record) throws(SyscallError) {
    try writeNew(ContainerDirectory.temporaryName, record.encoded)
    try renameat(
      directory.fd, ContainerDirectory.temporaryName, directory.fd, ContainerDirectory.recordName)
  }

  /// Keeps the configuration as it was at creation: later edits of the bundle change nothing.
  func writeConfig(_ bytes: [UInt8]) throws(SyscallError) {
    try writeNew(ContainerDirectory.configName, bytes)
  }

  private func writeNew(_ name: String, _ bytes: [UInt8]) throws(SyscallError) {
    let file = try openat(
      directory.fd, name, [.writeOnly, .create, .truncate, .noFollow], mode: 0o600)
    do throws(SyscallError) {
      try writeAll(file.fd, bytes)
    } catch {
      throw SyscallError("write", error.errno, "\(path)/\(name)")
    }
  }

  /// Reads the record; nil when the runtime was interrupted before it wrote one.
  public func readRecord() throws(RuntimeError) -> Record? {
    try ContainerDirectory.read(directory.fd, ContainerDirectory.recordName, in: path, Record.init(decoding:))
  }

  /// - Parameters:
  ///   - place: the path of `base`, for messages.
  ///   - decode: makes something of the record's bytes.
  fileprivate static func read<T>(
    _ base: FD, _ name: String, in place: String, _ decode: ([UInt8]) throws(JSONError) -> T
  ) throws(RuntimeError) -> T? {
    let bytes: [UInt8]
    do throws(SyscallError) {
      let file = try openat2(base, name, .readOnly, resolve: [.beneath, .noSymlinks])
      bytes = try readUntilShort(file.fd)
    } catch {
      if error.errno == .noEntry { return nil }
      throw RuntimeError(error, "\(place)/\(name)")
    }
    do throws(JSONError) { return try decode(bytes) } catch {
      var error = error
      error.source = "\(place)/\(name)"
      throw RuntimeError("\(error)")
    }
  }

  /// The configuration that the container was made from.
  public func readConfig() throws(RuntimeError) -> [UInt8] {
    do throws(SyscallError) {
      return try readFile(directory.fd, ContainerDirectory.configName, limit: 17 << 20)
    } catch {
      throw RuntimeError(error, "\(path)/\(ContainerDirectory.configName)")
    }
  }

  /// A path of at most 107 bytes for a socket in here, however deep the state directory is.
  func socketPath(_ name: String) -> String {
    "/proc/self/fd/\(directory.rawValue)/\(name)"
  }

  /// Removes everything in here, where directories hold only files; the directory itself is the store's to remove.
  func removeContents() throws(SyscallError) {
    for entry in try listDirectory(directory.fd) {
      if entry.isDirectory {
        let inner = try openat(directory.fd, entry.name, [.readOnly, .directory, .noFollow])
        for file in try listDirectory(inner.fd) { try unlinkat(inner.fd, file.name) }
      }
      try unlinkat(directory.fd, entry.name, isDirectory: entry.isDirectory)
    }
  }
}
