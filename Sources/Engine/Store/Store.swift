// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// All containers of one engine directory.
///
/// `containers/ID/` holds a container, `names/NAME` is a link whose text is an id. There is no index and no lock over
/// all of them: starting a container takes the same time whether there are none or a thousand.
public struct Store: ~Copyable {
  public let location: StateLocation
  private let containers: Descriptor
  private let names: Descriptor

  /// Opens the engine's directory, making it when it is missing.
  ///
  /// - Throws: ``EngineError`` when the directory is not ours alone, or cannot be made.
  public init(_ location: StateLocation) throws(EngineError) {
    let root = try PrivateDirectory.open(location.path)
    let containers = try PrivateDirectory.open("containers", in: root.fd, path: location.path + "/containers")
    let names = try PrivateDirectory.open("names", in: root.fd, path: location.path + "/names")
    self.location = location
    self.containers = containers
    self.names = names
  }

  /// Where the container with this id keeps its files.
  public static func path(of id: String, _ location: StateLocation) -> String {
    "\(location.path)/containers/\(id)"
  }

  /// Makes a container's directory.
  ///
  /// - Throws: ``EngineError`` when it exists or cannot be made.
  borrowing func create(_ id: String) throws(EngineError) -> ContainerDirectory {
    do {
      try mkdirat(containers.fd, id, mode: 0o700)
    } catch {
      throw EngineError("\(Self.path(of: id, location)): cannot make the container's directory: \(error)")
    }
    guard let directory = try open(id) else {
      throw EngineError("\(Self.path(of: id, location)): vanished while it was being made")
    }
    return directory
  }

  /// Opens a container's directory; nil when there is none.
  public borrowing func open(_ id: String) throws(EngineError) -> ContainerDirectory? {
    let path = Self.path(of: id, location)
    do {
      let directory = try openat(containers.fd, id, [.readOnly, .directory, .noFollow])
      return ContainerDirectory(id: id, path: path, directory: directory)
    } catch let error where error.errno == .noEntry {
      return nil
    } catch {
      throw EngineError("\(path): \(error)")
    }
  }

  /// The ids of all containers, in no order.
  public borrowing func ids() throws(EngineError) -> [String] {
    do {
      let listing = try openat(containers.fd, ".", [.readOnly, .directory])
      return try listDirectory(listing.fd).map(\.name).filter(ContainerName.isID)
    } catch {
      throw EngineError("\(location.path)/containers: \(error)")
    }
  }

  // MARK: Names

  /// Gives a name to a container whose directory exists.
  ///
  /// - Returns: false when another container has the name.
  borrowing func reserve(_ name: String, for id: String) throws(EngineError) -> Bool {
    do {
      if try link(name, to: id) { return true }
      // A name whose container is gone was left by a process that was killed. Only here are names taken away from
      // others, so only here is a lock needed.
      let directory = try openat(names.fd, ".", [.readOnly, .directory])
      guard try flock(directory.fd, exclusive: true, wait: true) else { return false }
      if let owner = try target(of: name) {
        guard try exists(owner) == false else { return false }
        try unlinkat(names.fd, name)
      }
      return try link(name, to: id)
    } catch {
      throw EngineError("\(location.path)/names/\(name): \(error)")
    }
  }

  /// Takes a name away from a container, if it has it.
  borrowing func release(_ name: String, of id: String) throws(EngineError) {
    do {
      if try target(of: name) == id { try unlinkat(names.fd, name) }
    } catch {
      throw EngineError("\(location.path)/names/\(name): \(error)")
    }
  }

  private borrowing func allNames() throws(EngineError) -> [String] {
    do {
      let listing = try openat(names.fd, ".", [.readOnly, .directory])
      return try listDirectory(listing.fd).map(\.name)
    } catch {
      throw EngineError("\(location.path)/names: \(error)")
    }
  }

  private borrowing func link(_ name: String, to id: String) throws(SyscallError) -> Bool {
    do {
      try symlinkat(id, names.fd, name)
      return true
    } catch {
      if error.errno == .exists { return false }
      throw error
    }
  }

  private borrowing func target(of name: String) throws(SyscallError) -> String? {
    do {
      return try readlinkat(names.fd, name)
    } catch {
      if error.errno == .noEntry { return nil }
      throw error
    }
  }

  /// Whether a container's directory is there.
  borrowing func exists(_ id: String) throws(SyscallError) -> Bool {
    do {
      return try fstatat(containers.fd, id, followLinks: false).isDirectory
    } catch {
      if error.errno == .noEntry { return false }
      throw error
    }
  }

  /// Finds a container by its whole id, its name, or an unambiguous beginning of its id, in this order.
  ///
  /// - Throws: ``EngineError`` when there is none, or more than one.
  public borrowing func find(_ text: String) throws(EngineError) -> ContainerDirectory {
    if ContainerName.isID(text), let directory = try open(text) { return directory }
    if ContainerName.isValid(text) {
      let id: String?
      do { id = try target(of: text) } catch { throw EngineError("\(location.path)/names/\(text): \(error)") }
      if let id, ContainerName.isID(id), let directory = try open(id) { return directory }
    }
    guard ContainerName.isIDPrefix(text) else { throw try unknown(text) }
    let matches = try ids().filter { $0.hasPrefix(text) }
    if matches.count > 1 {
      throw EngineError("\(text.quoted) is the beginning of \(matches.count) containers' ids")
    }
    guard let id = matches.first, let directory = try open(id) else { throw try unknown(text) }
    return directory
  }

  private borrowing func unknown(_ text: String) throws(EngineError) -> EngineError {
    EngineError("no such container: \(text.quoted)\(Suggestion.clause(for: text, among: try allNames()))")
  }

  /// Removes a container's directory and its name. The name goes first: it must not lead to what is half gone.
  ///
  /// - Parameter name: nil when it is not known; then all names are looked through.
  borrowing func remove(_ id: String, name: String?) throws(EngineError) {
    if let name {
      try release(name, of: id)
    } else {
      for name in try allNames() { try release(name, of: id) }
    }
    try releaseRange(of: id)
    do {
      try TreeRemover.remove(id, in: containers.fd)
    } catch {
      throw EngineError("\(Self.path(of: id, location)): cannot remove: \(error)")
    }
  }
}
