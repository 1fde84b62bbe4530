// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import Linux

/// A network configuration of the Container Network Interface: a chain of plug-ins (CNI specification 1.1, section 1).
struct CNIConfiguration {
  let name: String
  let version: String
  /// Each plug-in's own configuration.
  let plugins: [JSONObject]
  let path: String
  /// The file's text, to be kept for the day of removal.
  let bytes: [UInt8]

  static let directory = "/etc/cni/net.d"
  /// What we speak; 0.4.0 has the same commands.
  static let versions = ["0.4.0", "1.0.0", "1.1.0"]

  /// Finds a network by its name. As in the specification's reference, files are looked at in the order of their names.
  static func find(_ name: String, in directory: String = Self.directory) throws(NetworkingError)
    -> CNIConfiguration
  {
    var seen: [String] = []
    let files: [String]
    do throws(SyscallError) {
      let open = try openat(.workingDirectory, directory, [.readOnly, .directory])
      files = try listDirectory(open.fd).map(\.name).sorted()
    } catch { throw NetworkingError("--network cni:\(name): \(directory): \(error.errno)") }
    for file in files where [".conflist", ".conf", ".json"].contains(where: { file.hasSuffix($0) }) {
      let found = try CNIConfiguration(path: "\(directory)/\(file)")
      if found.name == name { return found }
      seen.append(found.name)
    }
    let others = seen.isEmpty ? "there is none at all" : "there are \(seen.joined(separator: ", "))"
    throw NetworkingError("--network cni:\(name): no configuration in \(directory) has this name; \(others)")
  }

  init(path: String) throws(NetworkingError) {
    let bytes: [UInt8]
    do { bytes = try readFile(.workingDirectory, path, limit: 1 << 20) } catch {
      throw NetworkingError("\(path): \(error.errno)")
    }
    try self.init(bytes: bytes, path: path)
  }

  init(bytes: [UInt8], path: String) throws(NetworkingError) {
    do throws(JSONError) {
      let object = try JSONDocument(bytes, source: path).root.object()
      name = try object.required("name").string()
      version = try object.string("cniVersion") ?? "0.1.0"
      // A file with one plug-in is that plug-in's configuration.
      plugins = try object.list("plugins") { (value) throws(JSONError) in try value.object() } ?? [object]
    } catch { throw NetworkingError("\(error)") }
    self.path = path
    self.bytes = bytes
    guard !plugins.isEmpty else { throw NetworkingError("\(path): /plugins: empty") }
    guard Self.versions.contains(version) else {
      throw NetworkingError(
        "\(path): /cniVersion: \(version.quoted) is not one of \(Self.versions.joined(separator: ", "))")
    }
  }
}

extension JSONWriter {
  /// Writes a value as it stands in another document.
  mutating func copy(_ value: JSONValue) throws(JSONError) {
    switch value.kind {
    case .null: null()
    case .boolean: self.value(try value.bool())
    case .integer: self.value(try value.integer(in: Int64.min...Int64.max))
    case .decimal: throw value.error("numbers with fractions have no place here")
    case .string: self.value(try value.string())
    case .array:
      try array { (writer: inout JSONWriter) throws(JSONError) in
        for element in try value.array() { try writer.copy(element) }
      }
    case .object:
      try object { (writer: inout JSONWriter) throws(JSONError) in
        for member in try value.object().members {
          try writer.member(member.key) { (writer: inout JSONWriter) throws(JSONError) in
            try writer.copy(member.value)
          }
        }
      }
    }
  }
}
