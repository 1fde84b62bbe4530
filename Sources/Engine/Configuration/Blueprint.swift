// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Networking
public import OCI

/// A container as `roost run` is going to make it: the OCI configuration, and the engine's own steps around the
/// runtime. Pure data: `run` carries it out, `explain` prints it, tests compare it with golden files.
public struct Blueprint: Equatable, Sendable {
  /// The content of the bundle's `config.json`.
  public var spec: Spec
  /// How the container gets its network, before everything else.
  public var network: [NetworkStep] = []
  /// What the engine does before it starts the runtime, in order.
  public var preparations: [Preparation]
  /// The container's id and its directory, as the facts have them.
  public var id = ""
  public var directory = ""

  /// Computes the blueprint.
  ///
  /// - Throws: ``EngineError`` naming the flag.
  public static func make(_ options: RunOptions, _ facts: Facts) throws(EngineError) -> Blueprint {
    let builder = SpecBuilder(options: options, facts: facts)
    let spec = try builder.spec()
    return Blueprint(
      spec: spec, preparations: try builder.preparations(), id: facts.id, directory: facts.directory)
  }
}

/// A step of the engine's own, before the runtime takes over.
public enum Preparation: Equatable, Sendable {
  /// The engine becomes root of a user namespace with the ids that its caller may use, and of a mount namespace. Done
  /// before anything else, as roots are unpacked in it.
  case enterUserNamespace(IdentityMaps)
  /// A directory that `--volume` names and that does not exist yet, made on the host.
  case createBindSource(path: String, origin: String)
  /// A file of the container's own, written into the container's directory.
  case writeFile(name: String, text: String)
  /// A directory inside the container's directory.
  case createDirectory(name: String, mode: UInt32)
  /// A mount namespace of the engine's own, into which the host's mounts still propagate. What is mounted in it ends
  /// with the last process that is in it, whatever ends that process.
  case unshareMounts
  /// The files of `source` at `target`, owned by the ids that stand behind the container's own.
  case mountMapped(source: String, target: String, IdentityMaps)
  /// A file system that shows `lower` and writes to `upper`; the names count from the container's directory.
  case mountOverlay(lower: String, upper: String, work: String, target: String, volatile: Bool)
}

extension Preparation {
  /// What the step does, in one line.
  public var summary: String {
    switch self {
    case .enterUserNamespace(let maps): "become root of a user namespace: \(maps.words)"
    case .mountMapped(let source, let target, let maps):
      "mount \(source) on \(target), mapped to the container's ids: \(maps.words)"
    case .createBindSource(let path, let origin): "make the directory \(path) if it is missing (\(origin))"
    case .writeFile(let name, _): "write the container's own \(name)"
    case .createDirectory(let name, _): "make the directory \(name)"
    case .unshareMounts: "enter a mount namespace of our own, so that the layer ends with the container"
    case .mountOverlay(let lower, let upper, _, let target, _):
      "mount an overlay on \(target): \(upper) over \(lower)"
    }
  }
}

extension IdentityMaps {
  /// The maps in words, for people.
  fileprivate var words: String {
    func text(_ mappings: [IDMapping]) -> String {
      mappings.map { "\($0.containerID) is \($0.hostID) (\($0.size))" }.joined(separator: ", ")
    }
    return "users \(text(users)); groups \(text(groups))"
  }
}
