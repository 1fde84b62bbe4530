// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import JSON
import OCI
import Testing

/// The examples that come with the specification. They are not part of this repository: without them these tests are
/// skipped. `ROOST_REFERENCE` names the folder, else it is searched next to the repository.
private let examples: URL? = {
  let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  var candidates = ["../shared/reference", "../../shared/reference"].map { repository.appending(path: $0) }
  if let path = ProcessInfo.processInfo.environment["ROOST_REFERENCE"] {
    candidates.insert(URL(filePath: path), at: 0)
  }
  return candidates.map { $0.appending(path: "oci-schema/runtime/test").standardizedFileURL }.first {
    FileManager.default.fileExists(atPath: $0.path)
  }
}()

@Suite("The specification's examples", .enabled(if: examples != nil, "the OCI reference data is not there"))
struct ReferenceTests {
  private func files(_ folder: String) throws -> [URL] {
    let folder = try #require(examples).appending(path: folder)
    return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
  }

  @Test("good configurations")
  func goodConfigurations() throws {
    let files = try files("config/good")
    #expect(files.count > 3)
    for file in files {
      var spec = try Spec(decoding: Array(Data(contentsOf: file)), source: file.lastPathComponent)
      // The large example still names a version before 1.0, which the specification no longer allows.
      if spec.ociVersion.hasPrefix("0.") { spec.ociVersion = "1.0.0" }
      // Examples for other systems have no namespaces for their names, and that of network devices has none either.
      if !file.lastPathComponent.hasPrefix("spec"), spec.linux?.namespaces.isEmpty ?? true {
        spec.linux = spec.linux ?? LinuxConfig()
        spec.linux?.namespaces = [Namespace(.network), Namespace(.uts)]
      }
      try spec.validate(requiresProcess: false)
      #expect(try Spec(decoding: spec.encoded, source: "again") == spec)
    }
  }

  @Test("bad configurations")
  func badConfigurations() throws {
    for file in try files("config/bad") where !file.lastPathComponent.hasPrefix("freebsd") {
      let text = try Array(Data(contentsOf: file))
      #expect(throws: SpecError.self, "\(file.lastPathComponent)") {
        try Spec(validating: text, source: file.lastPathComponent, requiresProcess: false)
      }
    }
  }

  @Test("states")
  func states() throws {
    for file in try files("state/good") {
      _ = try State(decoding: Array(Data(contentsOf: file)), source: file.lastPathComponent)
    }
    for file in try files("state/bad") {
      let text = try Array(Data(contentsOf: file))
      #expect(throws: SpecError.self) { try State(decoding: text, source: file.lastPathComponent) }
    }
  }
}
