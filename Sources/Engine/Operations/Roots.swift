// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
public import RootFS

/// A root file system that is ready to be used, or would be.
public struct RootSource: Sendable {
  /// On the host, absolute.
  public var path: String
  /// Whether other containers use it too, so that nobody may write to it.
  public var isShared: Bool
  /// Whether it is there. Otherwise this only tells where it would be.
  public var isPrepared = true
  /// What to run when the command line names nothing.
  public var defaultCommand: [String]
  /// What stored trees are called; nil for a directory that is used in place.
  public var digest: String?
  /// What the user may want to know, one line each.
  public var warnings: [String] = []
  /// Keeps a stored tree from being removed while the container lives.
  public var lease: RootFSLease?

  public init(path: String, isShared: Bool, defaultCommand: [String] = ["/bin/sh"]) {
    self.path = path
    self.isShared = isShared
    self.defaultCommand = defaultCommand
  }
}

extension ContainerEngine {
  /// Makes the root file system that the command line names ready: downloads and unpacks an archive, collects host programs,
  /// installs packages, or finds that this was done before.
  ///
  /// - Parameter progress: Called some times a second while that lasts.
  /// - Throws: ``EngineError`` naming the root.
  public func prepareRoot(
    _ name: String, _ wanted: RootOptions = RootOptions(), progress: (RootFSProgress) -> Void = { _ in }
  ) throws(EngineError) -> RootSource {
    let reference = try Self.parse(name)
    // Ours alone, before anything is made in it.
    _ = try PrivateDirectory.open(location.path)
    var options = UnpackOptions()
    options.expectedDigest = wanted.checksum
    options.pull = wanted.pull
    if let bytes = wanted.maximumDownloadBytes { options.maximumDownloadBytes = UInt64(clamping: bytes) }
    options.additions = wanted.additions.map(hostPath)
    // With one id there is nobody else whom files could belong to.
    if let maps = try caller.identityMaps(), maps.areOwn { options.ownership = .caller }
    do {
      let prepared = try RootFSStore(path: rootStorePath).prepare(
        reference, options: options, progress: progress)
      var source = RootSource(
        path: prepared.path, isShared: prepared.isShared, defaultCommand: Self.defaultCommand(of: reference))
      source.digest = prepared.digest?.hex
      source.warnings = prepared.warnings
      source.lease = prepared.lease
      return source
    } catch {
      throw EngineError(error.description)
    }
  }

  /// What ``prepareRoot(_:progress:)`` would give, without unpacking or making anything. The contents of an archive, and
  /// with them its users, are not known before it was unpacked.
  ///
  /// - Throws: ``EngineError`` naming the root.
  public func describeRoot(
    _ name: String, _ wanted: RootOptions = RootOptions()
  ) throws(EngineError) -> RootSource {
    let reference = try Self.parse(name)
    do {
      switch reference {
      case .directory(let path): return try describeDirectory(path)
      case .path(let path):
        if try fstatat(.workingDirectory, path).isDirectory { return try describeDirectory(path) }
      case .archive(let path): _ = try fstatat(.workingDirectory, path)
      case .host(let names):
        _ = try RootFSStore.explain(host: names, additions: wanted.additions.map(hostPath))
      case .url, .standardInput, .debootstrap: break
      }
    } catch {
      throw EngineError("\(error)")
    }
    var source = RootSource(
      path: "\(rootStorePath)/sha256/DIGEST/root", isShared: true,
      defaultCommand: Self.defaultCommand(of: reference))
    source.isPrepared = false
    return source
  }

  private func describeDirectory(_ path: String) throws(SyscallError) -> RootSource {
    let directory = try openat(.workingDirectory, path, [.path, .directory])
    return RootSource(
      path: try readlinkat(.workingDirectory, "/proc/self/fd/\(directory.rawValue)"), isShared: false)
  }

  /// Where unpacked roots are kept.
  var rootStorePath: String { location.path + "/roots" }

  /// A path of the host that the caller named.
  func hostPath(_ path: String) -> String { absolute(path, from: caller.workingDirectory) }

  static func parse(_ name: String) throws(EngineError) -> RootFSReference {
    do {
      return try RootFSReference.parse(name)
    } catch {
      throw EngineError(error.description)
    }
  }

  /// A shell where the root is a whole system; the first of the programs where it is made from programs.
  private static func defaultCommand(of reference: RootFSReference) -> [String] {
    if case .host(let names) = reference, let first = names.first { return [first] }
    return ["/bin/sh"]
  }

  /// Stands for the id of a container that is only talked about: what is printed must not pretend to exist.
  static let unnamed = "CONTAINER"

  /// What `run` would do with these options, without doing any of it and without needing privileges.
  ///
  /// - Throws: ``EngineError`` naming the flag.
  public func blueprint(_ options: RunOptions, root: RootSource) throws(EngineError) -> Blueprint {
    try blueprint(options, root: root, id: Self.unnamed, directory: Store.path(of: Self.unnamed, location))
  }

  /// - Parameter directory: where the container's files would be, absolute.
  func blueprint(
    _ asked: RunOptions, root: RootSource, id: String, directory: String
  ) throws(EngineError) -> Blueprint {
    let options = try caller.decidingNetwork(asked)
    var facts = try FactsReader(options: options, caller: caller).read(
      id: id, directory: directory, root: root)
    let steps = try previewNetwork(options, container: id, facts: &facts)
    var blueprint = try Blueprint.make(options, facts)
    blueprint.network = steps
    return blueprint
  }
}
