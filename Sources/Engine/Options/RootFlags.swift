// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import RootFS

/// How a root file system is made ready: what `--checksum`, `--pull`, `--max-download` and `--with` say.
public struct RootOptions: Equatable, Sendable {
  /// The digest that the archive must have.
  public var checksum: RootFSDigest?
  /// When servers and mirrors are asked.
  public var pull = UnpackOptions.PullPolicy.missing
  /// Bytes that a download may have, above 0; nil for the default.
  public var maximumDownloadBytes: Int64?
  /// Programs, files and directories of the host for a `host:` root, as they were named.
  public var additions: [String] = []

  public init() {}

  /// Reads `sha256:DIGEST`.
  public static func checksum(_ text: String) throws(EngineError) -> RootFSDigest {
    guard text.hasPrefix("sha256:"), let digest = RootFSDigest(text) else {
      throw EngineError("expected sha256: and 64 digits 0-9a-f, as sha256sum prints them")
    }
    return digest
  }

  /// Reads `missing`, `always` or `never`.
  public static func pull(_ text: String) throws(EngineError) -> UnpackOptions.PullPolicy {
    guard let policy = UnpackOptions.PullPolicy(rawValue: text) else {
      throw EngineError("expected missing, always or never")
    }
    return policy
  }

  /// Reads a size above 0.
  public static func maximumDownload(_ text: String) throws(EngineError) -> Int64 {
    let bytes = try SizeText.parse(text)
    guard bytes > 0 else { throw EngineError("the size must be above zero") }
    return bytes
  }
}

/// The flags for it.
enum RootFlags {
  static let flags: [FlagDefinition<RunOptions>] = {
    let group = "Root file system"
    return [
      FlagDefinition(
        "checksum", value: "sha256:DIGEST", in: group, help: "What the archive's SHA-256 must be"
      ) {
        (o: inout RunOptions, v) throws(EngineError) in o.rootOptions.checksum = try RootOptions.checksum(v)
      },
      FlagDefinition(
        "pull", value: "POLICY", in: group, help: "Ask the network: missing (unless stored), always or never"
      ) {
        (o: inout RunOptions, v) throws(EngineError) in o.rootOptions.pull = try RootOptions.pull(v)
      },
      FlagDefinition(
        "max-download", value: "SIZE", in: group, help: "The largest archive to download; 8g unless given"
      ) {
        (o: inout RunOptions, v) throws(EngineError) in
        o.rootOptions.maximumDownloadBytes = try RootOptions.maximumDownload(v)
      },
      FlagDefinition(
        "with", value: "FILE", in: group, help: "Have this program, file or directory in a host: root, too"
      ) {
        (o: inout RunOptions, v) throws(EngineError) in
        guard !v.isEmpty, !v.utf8.contains(0) else { throw EngineError("not a path") }
        o.rootOptions.additions.append(v)
      },
    ]
  }()
}
