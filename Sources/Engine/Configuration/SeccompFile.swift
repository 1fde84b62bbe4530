// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import JSON
import Linux
import OCI
import Seccomp

/// A seccomp profile from a file in Docker's format: the OCI's, where rules may besides depend on capabilities,
/// architectures and kernel versions (`includes`, `excludes`), and architectures on the machine (`archMap`).
enum SeccompFile {
  /// What rules may depend on.
  struct Circumstances {
    /// The container's, with `CAP_`.
    var capabilities: [String]
    var architecture: NativeArchitecture
    /// Major and minor.
    var kernel: (Int, Int)
  }

  /// Reads a profile.
  ///
  /// - Throws: ``EngineError`` naming the file and the place in it.
  static func read(_ path: String, _ circumstances: Circumstances) throws(EngineError) -> SeccompProfile {
    do {
      let bytes = try readFile(.workingDirectory, path, limit: FactsReader.longestFile)
      return try profile(try JSONDocument(bytes, source: path).root, circumstances)
    } catch let error as SyscallError {
      throw EngineError("\(error.errno)")
    } catch {
      throw EngineError("\(error)")
    }
  }

  static func profile(_ json: JSONValue, _ circumstances: Circumstances) throws(JSONError) -> SeccompProfile {
    var profile = try SeccompProfile(json: json)
    let object = try json.object()
    if let map = object["archMap"] {
      guard profile.architectures.isEmpty else {
        throw map.error("cannot stand beside architectures")
      }
      profile.architectures = try architectures(map, circumstances.architecture)
    }
    // The rules were decoded one to one, in their order.
    let conditions =
      try object["syscalls"]?.list { value throws(JSONError) in try applies(value, circumstances) } ?? []
    profile.syscalls = zip(profile.syscalls, conditions).filter(\.1).map(\.0)
    return profile
  }

  private static func architectures(
    _ map: JSONValue, _ native: NativeArchitecture
  ) throws(JSONError) -> [SeccompArchitecture] {
    for entry in try map.array() {
      let object = try entry.object()
      let names =
        [try object.required("architecture").string()] + (try object.strings("subArchitectures") ?? [])
      guard names[0] == seccompName(native) else { continue }
      var result: [SeccompArchitecture] = []
      for name in names {
        guard let architecture = SeccompArchitecture(rawValue: name) else {
          throw entry.error("\(name) is no architecture")
        }
        result.append(architecture)
      }
      return result
    }
    return []
  }

  /// Whether a rule counts in this container.
  private static func applies(_ rule: JSONValue, _ circumstances: Circumstances) throws(JSONError) -> Bool {
    let object = try rule.object()
    if let includes = try object.object("includes") {
      let capabilities = try includes.strings("caps") ?? []
      guard capabilities.allSatisfy(circumstances.capabilities.contains) else { return false }
      if let names = try includes.strings("arches"), !names.isEmpty {
        guard names.contains(goName(circumstances.architecture)) else { return false }
      }
      if let kernel = try minimumKernel(includes), circumstances.kernel < kernel { return false }
    }
    if let excludes = try object.object("excludes") {
      let capabilities = try excludes.strings("caps") ?? []
      guard !capabilities.contains(where: circumstances.capabilities.contains) else { return false }
      guard try excludes.strings("arches")?.contains(goName(circumstances.architecture)) != true else {
        return false
      }
      if let kernel = try minimumKernel(excludes), circumstances.kernel >= kernel { return false }
    }
    return true
  }

  private static func minimumKernel(_ object: JSONObject) throws(JSONError) -> (Int, Int)? {
    guard let value = object["minKernel"], !value.isNull else { return nil }
    guard let version = kernelVersion(try value.string()) else {
      throw value.error("expected a kernel version such as 4.8")
    }
    return version
  }

  /// Major and minor number at the front of a kernel's release.
  static func kernelVersion(_ release: String) -> (Int, Int)? {
    let parts = release.pieces(separatedBy: Byte.dot, limit: 3)
    guard parts.count >= 2, let major = decimal(parts[0], as: UInt16.self) else { return nil }
    let digits = String(Substring(parts[1].utf8.prefix(while: Byte.isDigit)))
    guard let minor = decimal(digits, as: UInt16.self) else { return nil }
    return (Int(major), Int(minor))
  }

  private static func seccompName(_ architecture: NativeArchitecture) -> String {
    switch architecture {
    case .x86_64: SeccompArchitecture.x86_64.rawValue
    case .aarch64: SeccompArchitecture.aarch64.rawValue
    }
  }

  /// The names of the Go compiler, which the format uses in `arches`.
  private static func goName(_ architecture: NativeArchitecture) -> String {
    switch architecture {
    case .x86_64: "amd64"
    case .aarch64: "arm64"
    }
  }
}
