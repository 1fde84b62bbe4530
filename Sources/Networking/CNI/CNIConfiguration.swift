// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import Linux

/// A network configuration of the Container Network Interface: a chain of plug-ins (CNI specification 1.1, section 1).
struct CNIConfiguration {
  let name: String
  /// Those that the configuration is written for and that we speak, the oldest first; never empty.
  let versions: [String]
  /// Each plug-in's own configuration.
  let plugins: [JSONObject]
  /// Whether the administrator forbids CHECK, and GC.
  let disablesCheck: Bool
  let disablesCollection: Bool
  /// Whether plug-ins in the directory of the network's name do not count.
  private let isComplete: Bool
  let path: String
  /// The text, to be kept for the day of removal; with the plug-ins of the network's own directory.
  let bytes: [UInt8]

  static let directory = "/etc/cni/net.d"
  /// What we speak, the oldest first; 0.4.0 has the same commands as 1.0.0.
  static let spoken = ["0.4.0", "1.0.0", "1.1.0"]

  /// Whether a version has the commands STATUS and GC.
  static func hasCollection(_ version: String) -> Bool { version == "1.1.0" }

  /// Finds a network by its name. As in the specification's reference, files are looked at in the order of their names.
  static func find(_ name: String, in directory: String = Self.directory) throws(NetworkingError)
    -> CNIConfiguration
  {
    var seen: [String] = []
    let files: [String]
    do throws(SyscallError) { files = try list(directory) } catch {
      throw NetworkingError("--network cni:\(name): \(directory): \(error.errno)")
    }
    for file in files where [".conflist", ".conf", ".json"].contains(where: { file.hasSuffix($0) }) {
      let found = try CNIConfiguration(path: "\(directory)/\(file)")
      if found.name == name { return found }
      seen.append(found.name)
    }
    let others = seen.isEmpty ? "there is none at all" : "there are \(seen.joined(separator: ", "))"
    throw NetworkingError("--network cni:\(name): no configuration in \(directory) has this name; \(others)")
  }

  private static func list(_ directory: String) throws(SyscallError) -> [String] {
    let open = try openat(.workingDirectory, directory, [.readOnly, .directory])
    return try listDirectory(open.fd).map(\.name).sorted()
  }

  /// Reads a file, and the plug-ins in the directory beside it that has the network's name.
  private init(path: String) throws(NetworkingError) {
    let main = try CNIConfiguration(bytes: try Self.read(path), path: path)
    let directory = path[...(path.lastIndex(of: "/") ?? path.startIndex)] + main.name
    var others: [JSONObject] = []
    if !main.isComplete {
      for file in try Self.files(of: String(directory)) {
        let bytes = try Self.read(file)
        do throws(JSONError) { others.append(try JSONDocument(bytes, source: file).root.object()) } catch {
          throw NetworkingError("\(error)")
        }
      }
    }
    self = others.isEmpty ? main : try CNIConfiguration(bytes: main.text(with: others), path: path)
    if plugins.isEmpty { throw NetworkingError("\(path): /plugins: empty") }
  }

  private static func files(of directory: String) throws(NetworkingError) -> [String] {
    do throws(SyscallError) {
      return try list(directory).filter { $0.hasSuffix(".conf") }.map { "\(directory)/\($0)" }
    } catch {
      if error.errno == .noEntry || error.errno == .notDirectory { return [] }
      throw NetworkingError("\(directory): \(error.errno)")
    }
  }

  private static func read(_ path: String) throws(NetworkingError) -> [UInt8] {
    do { return try readFile(.workingDirectory, path, limit: 1 << 20) } catch {
      throw NetworkingError("\(path): \(error.errno)")
    }
  }

  /// - Parameter path: Where the text is from, for errors.
  init(bytes: [UInt8], path: String) throws(NetworkingError) {
    let asked: [String]
    do throws(JSONError) {
      let object = try JSONDocument(bytes, source: path).root.object()
      let nameValue = try object.required("name")
      name = try nameValue.string()
      guard Self.isName(name) else {
        throw nameValue.error(
          "expected letters, digits, dashes, dots and underscores, a letter or digit first")
      }
      asked = [try object.string("cniVersion") ?? "0.1.0"] + (try object.strings("cniVersions") ?? [])
      disablesCheck = try object.bool("disableCheck") ?? false
      disablesCollection = try object.bool("disableGC") ?? false
      isComplete = try object.bool("loadOnlyInlinedPlugins") ?? (object["type"] != nil)
      // A file with one plug-in is that plug-in's configuration.
      plugins =
        try object.list("plugins") { (value) throws(JSONError) in try value.object() }
        ?? (object["type"] == nil ? [] : [object])
    } catch { throw NetworkingError("\(error)") }
    self.path = path
    self.bytes = bytes
    versions = Self.spoken.filter(asked.contains)
    guard !versions.isEmpty else {
      let words = asked.map(\.quoted).joined(separator: ", ")
      throw NetworkingError(
        "\(path): /cniVersion: \(words) is not one of \(Self.spoken.joined(separator: ", "))")
    }
  }

  /// Section 1, "name": it is a part of paths.
  private static func isName(_ text: String) -> Bool {
    let isPlain = text.utf8.allSatisfy {
      ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a)
        || [0x2d, 0x2e, 0x5f].contains($0)
    }
    guard isPlain, let first = text.utf8.first else { return false }
    return ![0x2d, 0x2e, 0x5f].contains(first)
  }

  /// The configuration with further plug-ins behind its own, as one text.
  private func text(with others: [JSONObject]) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { (writer: inout JSONWriter) in
      writer.member("cniVersion", versions.first)
      writer.member("cniVersions", versions)
      writer.member("name", name)
      writer.member("disableCheck", disablesCheck)
      writer.member("disableGC", disablesCollection)
      writer.member("plugins") { (writer: inout JSONWriter) in
        writer.array(of: plugins + others) { (writer: inout JSONWriter, plugin: JSONObject) in
          writer.copy(plugin.value)
        }
      }
    }
    return writer.bytes
  }
}
