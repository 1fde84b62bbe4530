// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Cgroups
import ContainerPlan
public import Explain
import Linux
public import Networking
public import OCI

/// A container, or one that could be made, with all that can be said about it before it exists.
public struct Exposition: Sendable {
  /// What it is called in headings.
  public var title: String
  public var spec: Spec
  /// How it gets its network; empty where the engine makes none.
  public var network: [NetworkStep] = []
  public var explanation: Explanation
  let plan: Plan
  let frame: ScriptFrame

  /// A bash script that makes the same container and runs.
  ///
  /// - Throws: ``EngineError`` naming the flag or field that a shell's tools have nothing for.
  public func script() throws(EngineError) -> String {
    do throws(PlanError) {
      return try plan.script(frame)
    } catch {
      throw EngineError("--format sh: \(FlagNames.flag(error.pointer) ?? error.pointer): \(error.problem)")
    }
  }
}

extension ContainerEngine {
  /// What `run` would do with these options, without doing any of it.
  ///
  /// - Parameter isScript: whether a script is wanted, which has an id and a directory of its own and unpacks roots itself.
  public func exposition(
    _ options: RunOptions, command: [String], isScript: Bool
  ) throws(EngineError) -> Exposition {
    let title = (["roost", "run"] + command).map(shellQuoted).joined(separator: " ")
    var root = try describeRoot(options.root, options.rootOptions)
    guard isScript else {
      let blueprint = try blueprint(options, root: root)
      return try blueprint.exposition(title: title)
    }
    let id = ContainerName.id(from: Self.randomBytes(32))
    let directory = "/run/by-hand-\(ContainerName.short(id))"
    if !root.isPrepared { root.path = "\(directory)/image" }
    var blueprint = try blueprint(options, root: root, id: id, directory: directory)
    if !root.isPrepared, !(options.environment.contains { $0.key == "HOME" }) {
      // Whose home is where is in the root, which the script looks into when it has made it.
      blueprint.spec.process?.env.removeAll { $0.hasPrefix("HOME=") }
    }
    var frame = ScriptFrame(title: title, directory: directory)
    try ScriptPreparations.fill(&frame, blueprint, try Self.parse(options.root), isPrepared: root.isPrepared)
    return Exposition(
      title: title, spec: blueprint.spec, network: blueprint.network,
      explanation: try blueprint.explanation(),
      plan: try blueprint.plan(), frame: frame)
  }

  /// What a runtime would do with a bundle of any tool.
  ///
  /// - Parameter path: a directory with a `config.json`.
  public func exposition(bundle path: String) throws(EngineError) -> Exposition {
    let bundle = absolute(path, from: caller.workingDirectory)
    let spec = try Self.spec(at: "\(bundle)/config.json")
    let name = bundle.pieces(separatedBy: Byte.slash).last { !$0.isEmpty } ?? ""
    let isName = name.utf8.allSatisfy {
      ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2D
    }
    let id = isName && !name.isEmpty ? name : "CONTAINER"
    var host = HostFacts(effectiveUserID: caller.isRoot ? 0 : 1)
    host.isInUserNamespace = false
    let plan = try Planning.plan(spec, id: id, bundle: bundle, host: host)
    let unique = ContainerName.short(ContainerName.id(from: Self.randomBytes(32)))
    var frame = ScriptFrame(title: "the bundle \(bundle)", directory: "/run/by-hand-\(unique)")
    frame.directoryIsOpen = spec.linux?.namespace(.user) != nil
    return Exposition(title: path, spec: spec, explanation: plan.explanation(), plan: plan, frame: frame)
  }

  /// A container of this engine, as it was configured.
  public func exposition(container name: String) throws(EngineError) -> Exposition {
    let view = try view(name)
    let directory = Store.path(of: view.record.id, location)
    let spec = try Self.spec(at: "\(directory)/\(ContainerDirectory.FileName.configuration)")
    let plan = try Planning.plan(
      spec, id: view.record.id, bundle: directory, host: HostFacts(effectiveUserID: 0), naming: FlagNames.flag
    )
    return Exposition(
      title: view.record.name, spec: spec, explanation: plan.explanation(naming: FlagNames.flag), plan: plan,
      frame: ScriptFrame(title: view.record.name, directory: directory))
  }

  /// A bundle where the path has one, else a container.
  public func exposition(of name: String) throws(EngineError) -> Exposition {
    if hasBundle(name) { return try exposition(bundle: name) }
    do { return try exposition(container: name) } catch {
      throw name.utf8.contains(Byte.slash)
        ? EngineError("\(name.quoted): there is no config.json in this directory, so it is no bundle") : error
    }
  }

  /// Whether a path is a bundle.
  public func hasBundle(_ path: String) -> Bool {
    // bestEffort: a path that cannot be looked at is none
    (try? fstatat(.workingDirectory, "\(path)/config.json").isRegular) ?? false
  }

  private static func spec(at path: String) throws(EngineError) -> Spec {
    let bytes: [UInt8]
    do { bytes = try readFile(.workingDirectory, path, limit: 16 << 20) } catch {
      throw EngineError("\(path): \(error.errno)")
    }
    do throws(SpecError) { return try Spec(validating: bytes, source: path) } catch {
      throw EngineError("\(error)")
    }
  }
}

extension Exposition {
  /// The container's cgroups on the host with the limits that are set there, as `file = value`; without the rules about
  /// devices, which are many.
  var cgroups: [(path: String, limits: [String])] {
    (plan.cgroups?.directories ?? []).map { directory in
      let limits = directory.actions.compactMap { action -> String? in
        guard case .write(let write) = action, !write.file.hasPrefix("devices.") else { return nil }
        return "\(write.file) = \(write.value)"
      }
      return (directory.hostPath, limits)
    }
  }
}

extension Blueprint {
  /// All that can be said about the container.
  ///
  /// - Parameter title: what it is called in headings.
  func exposition(title: String) throws(EngineError) -> Exposition {
    Exposition(
      title: title, spec: spec, network: network, explanation: try explanation(), plan: try plan(),
      frame: ScriptFrame(title: title, directory: directory))
  }
}
